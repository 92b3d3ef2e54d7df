/* SPDX-License-Identifier: MIT */
/* str_world: six strings that share their bytes with each other and with the text of the input, and what each should be. */
enum { STRINGS = 6, MOST = 1400 };

static cow_str s[STRINGS];
static struct {
    char v[MOST];
    size_t n;
} wanted[STRINGS];

/* Blocks that strings have adopted and not given back. */
static size_t adopted;

static inline void want(size_t i, size_t n, const char *v) {
    wanted[i].n = n;
    memcpy(wanted[i].v, v, n);
}

static void check_all(void) {
    for (size_t i = 0; i < STRINGS; i++) {
        check(cow_str_len(&s[i]) == wanted[i].n, "a string has another length than it should");
        check(memcmp(cow_str_data(&s[i]), wanted[i].v, wanted[i].n) == 0, "a string is not what it should be");
    }
}

/* Frozen texts are never freed, which millions of inputs would notice: so we do it at the end, once each. */
static cow__text *frozen[512];
static size_t frozen_count;

static inline void freeze(cow_str *x) {
    cow__text *h = cow__str_header(x);
    if (h && !h->end) return; /* adopted bytes would never be given back */
    for (size_t i = 0; i < frozen_count; i++)
        if (frozen[i] == h) h = NULL;
    if (h) frozen[frozen_count++] = h;
    cow_str_freeze(x);
}

static void finish(void) {
    for (size_t i = 0; i < STRINGS; i++) cow_str_drop(&s[i]);
#if !COW__LIVE /* debug builds keep a list of them */
    for (size_t i = 0; i < frozen_count; i++) kit_free(frozen[i], cow__text_bytes(frozen[i]));
#endif
    frozen_count = 0;
    check(adopted == 0, "adopted bytes were not given back");
    check_blocks();
}

static inline void replace(cow_str *x, cow_str by) {
    cow_str_drop(x);
    *x = by;
}

/* Replaces a string by the one that a call makes. */
static cow_str made;

static inline bool replace_when(bool ok, cow_str *x) {
    if (ok) replace(x, made);
    return ok;
}

static inline void give_back(void *ctx, const void *p, size_t n) {
    (void)ctx, (void)n;
    adopted--;
    free((void *)(uintptr_t)p);
}

static inline bool adopt_copy(cow_str *out, const char *p, size_t n) {
    char *copy = malloc(n + 1);
    if (!copy) abort();
    memcpy(copy, p, n);
    adopted++;
    if (cow_str_adopt(out, copy, n, give_back, NULL)) return true;
    give_back(NULL, copy, n);
    return false;
}

#define LITERALS(X) X("") X("b") X("aB, \tc") X("twenty-two bytes long!") X("this one has 23 bytes!!")
#define LITERAL_STRING(text) COW_STR_INIT(text),
#define LITERAL_TEXT(text) text,
static const cow_str literals[] = {LITERALS(LITERAL_STRING)};
static const char *const literal_texts[] = {LITERALS(LITERAL_TEXT)};

/* Bytes of a string, for a call that changes the same or another. */
static inline const char *in(size_t i, size_t byte) { return cow_str_data(&s[i]) + byte; }

/* n bytes as a C string. Two of them may be in use. */
static inline const char *c_text(const char *p, size_t n) {
    static char texts[2][MOST + 1];
    static size_t turn;
    char *to = texts[turn++ % 2];
    memcpy(to, p, n);
    to[n] = 0;
    return to;
}

static inline bool has_nul(cow_str *x) {
    const char *p = cow_str_cstr(x);
    check(!p || p[cow_str_len(x)] == 0, "a C string has no end");
    return p != NULL;
}

/* A call that is given a part of the very string as a C string. */
static inline bool append_own(cow_str *x, size_t byte) {
    const char *p = cow_str_cstr(x);
    return p && cow_str_append(x, p + byte);
}

static inline bool insert_own(cow_str *x, size_t place, size_t byte) {
    const char *p = cow_str_cstr(x);
    return p && cow_str_insert(x, place, p + byte);
}

static inline bool write_to(char *p, size_t i, char c) {
    if (p) p[i] = c;
    return p != NULL;
}

static inline long long byte_in(const char *p) { return p ? (unsigned char)*p : -1; }

static inline long long length_of(cow_str x) {
    size_t n = cow_str_len(&x);
    cow_str_drop(&x);
    return (long long)n;
}

static inline int sign_of(int order) { return (order > 0) - (order < 0); }

/* One number for the fields of a string, in their order. */
static inline uint64_t digest_field(uint64_t digest, const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) digest = (digest ^ (unsigned char)p[i]) * 0x100000001b3u;
    return (digest ^ 256) * 0x100000001b3u;
}

static inline long long digest_of(cow_str_split it) {
    cow_str field = {0};
    uint64_t digest = 1;
    while (cow_str_split_next(&it, &field)) digest = digest_field(digest, cow_str_data(&field), cow_str_len(&field));
    check(cow_str_is_empty(&field), "the last field is left over");
    return (long long)(digest >> 1);
}

/* Of a split that may run out of memory; it has a field at least otherwise. */
static inline bool digest_is(cow_str_split it, long long digest) {
    long long got = digest_of(it);
    check(got == 0 || got == digest, "other fields than there should be");
    return got != 0;
}

/* Field number `which` takes the place of the string that it comes from. */
static inline void become_field(cow_str *x, size_t which) {
    cow_str_split it = cow_str_split_byte(x, 'a');
    for (size_t i = 0; i <= which && cow_str_split_next(&it, x); i++) {
    }
    cow_str_split_drop(&it);
}
