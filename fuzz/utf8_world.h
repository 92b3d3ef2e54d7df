/* SPDX-License-Identifier: MIT */
/* utf8_world: what is asked about the bytes of an input, each question with a number for an answer. */

/* 1 for bytes that are UTF-8, else minus 1 minus the length of the start that is. */
static inline long long is_utf8(const char *p, size_t n) {
    cow_str x = cow_str_borrow(p, n);
    size_t end = n + 1;
    if (cow_str_is_utf8(&x, &end)) return end == n;
    check(cow_error() == COW_INVALID, "malformed UTF-8 was refused for another reason");
    return -1 - (long long)end;
}

/* A code point, and in the upper half how many bytes it takes, or where it begins. */
static inline long long pair(size_t place, uint32_t c) { return (long long)place << 32 | c; }

static inline long long decode(const char *p, size_t n) {
    uint32_t c = 0;
    size_t used = cow_utf8_decode(p, n, &c);
    return pair(used, c);
}

/* The bytes of a code point as a number, -1 when it is none. */
static inline long long encode(long long c) {
    char bytes[4] = {0};
    size_t n = cow_utf8_encode((uint32_t)c, bytes);
    long long number = 0;
    if (!n) check(cow_error() == COW_RANGE, "a code point was refused for another reason");
    for (size_t i = 0; i < n; i++) number = number << 8 | (unsigned char)bytes[i];
    return n ? number : -1;
}

static inline long long next(const char *p, size_t n, size_t i) {
    cow_str x = cow_str_borrow(p, n);
    uint32_t c = 0;
    return cow_str_next_code_point(&x, &i, &c) ? pair(i, c) : -1;
}

static inline long long previous(const char *p, size_t n, size_t i) {
    cow_str x = cow_str_borrow(p, n);
    uint32_t c = 0;
    return cow_str_prev_code_point(&x, &i, &c) ? pair(i, c) : -1;
}

static inline size_t code_points(const char *p, size_t n) {
    cow_str x = cow_str_borrow(p, n);
    return cow_str_count_code_points(&x);
}

static inline bool is_boundary(const char *p, size_t n, size_t i) {
    cow_str x = cow_str_borrow(p, n);
    return cow_str_is_boundary(&x, i);
}

static inline size_t boundary_before(const char *p, size_t n, size_t i) {
    cow_str x = cow_str_borrow(p, n);
    return cow_str_boundary_before(&x, i);
}

static inline size_t boundary_after(const char *p, size_t n, size_t i) {
    cow_str x = cow_str_borrow(p, n);
    return cow_str_boundary_after(&x, i);
}
