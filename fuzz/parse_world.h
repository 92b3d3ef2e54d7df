/* SPDX-License-Identifier: MIT */
/* parse_world: numbers read from bytes and printed again. A reading has three answers: the error, or COW_OK; where it stopped;
   the value. */
enum answer { ERROR, STOPPED, VALUE, WHOLE };

static inline long long bits_of(double x) {
    long long bits;
    if (!(x <= x)) return -1;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double double_of(long long bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* WHOLE is the error when everything must be the number. */
static inline long long parse_int(const char *p, size_t n, long long base, enum answer wanted) {
    cow_str x = cow_str_borrow(p, n);
    int64_t got = 42;
    size_t end = n + 1;
    bool ok = cow_str_parse_int(&x, (int)base, &got, wanted == WHOLE ? NULL : &end);
    check(ok || got == 42, "a failed reading changed *out");
    if (wanted == VALUE) return got;
    return wanted == STOPPED ? (long long)end : ok ? COW_OK : (long long)cow_error();
}

static inline long long parse_uint(const char *p, size_t n, long long base, enum answer wanted) {
    cow_str x = cow_str_borrow(p, n);
    uint64_t got = 42;
    size_t end = n + 1;
    bool ok = cow_str_parse_uint(&x, (int)base, &got, wanted == WHOLE ? NULL : &end);
    check(ok || got == 42, "a failed reading changed *out");
    if (wanted == VALUE) return (long long)got;
    return wanted == STOPPED ? (long long)end : ok ? COW_OK : (long long)cow_error();
}

static inline long long parse_double(const char *p, size_t n, enum answer wanted) {
    cow_str x = cow_str_borrow(p, n);
    double got = 42;
    size_t end = n + 1;
    bool ok = cow_str_parse_double(&x, &got, wanted == WHOLE ? NULL : &end);
    check(ok || bits_of(got) == bits_of(42), "a failed reading changed *out");
    if (wanted == VALUE) return bits_of(got);
    return wanted == STOPPED ? (long long)end : ok ? COW_OK : (long long)cow_error();
}

static inline long long parse_c_double(const char *number) { return parse_double(number, strlen(number), VALUE); }

/* The digits among the bytes, `zeros` zeros, a one, and an exponent that makes the digits a whole number again: a number that
   only its last digit keeps from lying between two doubles, when the digits are chosen well. */
static inline const char *stretched(const char *p, size_t n, long long zeros) {
    static char number[1200];
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        if (p[i] >= '0' && p[i] <= '9') number[size++] = p[i];
    for (long long i = 0; i < zeros; i++) number[size++] = '0';
    (void)snprintf(number + size, sizeof number - size, "1e%lld", -zeros - 1);
    return number;
}

/* Whether a number was printed like this. */
static inline bool printed(bool ok, cow_str *x, const char *as) {
    bool same = cow_str_is(x, as);
    if (!same) (void)fprintf(stderr, "printed: %s; should be: %s\n", cow_str_cstr(x), as);
    cow_str_drop(x);
    return ok && same;
}

static cow_str out;
