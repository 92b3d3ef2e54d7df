/* SPDX-License-Identifier: MIT */
/*
 * What the string tests share: checks, a naive model, and a subject that holds a given text in each form a string can have.
 * Include the kit (or kit_memory.h) before it. Uses KIT_CHECK alone, so that the out-of-memory sweep can do without cmocka.
 */
#ifndef STRS_H
#define STRS_H

#include "kit_memory.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum {
    INLINE_MOST = 22,  /* bytes that live in the handle itself */
    COPIED_MOST = 512, /* longest slice of a counted buffer that is copied instead of shared */
    TEXT_MOST = 8192   /* of the naive model */
};

/* Prose, so that no shift of it looks like itself; with zeros and bytes above 0x7f in it, which are data like any other. */
#define PROSE                                                                                                         \
    "The quick br\0wn fox \xc3\xa4nd the lazy dog met at dawn;\tneither of them kn\xff\xfew what a copy costs.\r\n"   \
    "One of them kept a list of all bones, 1,234 of them by the last count, and lent it to whoever asked. Nobody\n"   \
    "ever wrote into that list: who wanted to add a bone took a page of his own, and wrote there. So each list was\n" \
    "right for the one who held it\0 and the dog, who had never copied more than a single page, slept well. [42]\n"   \
    "A fox, however, does not ask. He scribbled on the page he had been shown, in the margin where free room was\n"   \
    "left, and that is how the tale of the Poisoned Capacity came about, which \xe2\x82\xac very child can recite:\n" \
    "'Write not beyond thy length, though there be room; for room that is not thine is nobody's.' ZYXWVUTSRQ\n"       \
    "Here ends the tale, at rather more than seven hundred bytes, as it had to. \xf0\x9f\x98\x80 {end}"
enum { PROSE_LENGTH = sizeof PROSE - 1 };

static inline const char *prose(void) {
    static const char text[] = PROSE;
    return text;
}

/* ---- checks ---- */

/* Not inlined: gcc would follow the lengths that tests know and warn of reading 40 bytes from a handle that is far. */
#if defined(__GNUC__)
__attribute__((noinline, unused))
#endif
static bool
str_holds(const cow_str *s, const void *p, size_t n) {
    return cow_str_len(s) == n && cow_str_is_empty(s) == (n == 0) && (n == 0 || memcmp(cow_str_data(s), p, n) == 0);
}
#define CHECK_BYTES(s, p, n) KIT_CHECK(str_holds((s), (p), (n)))
#define CHECK_TEXT(s, literal) KIT_CHECK(str_holds((s), "" literal, sizeof(literal) - 1))

static inline bool str_is_zero(const cow_str *s) {
    static const cow_str zero;
    return memcmp(s, &zero, sizeof zero) == 0;
}

/* Says yes to a call that failed for `code`; the reason of an earlier failure does not count. */
#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))

static inline cow_str str_of(const void *p, size_t n) {
    cow_str s = {0};
    KIT_CHECK(cow_str_from_bytes(&s, p, n));
    return s;
}
#define STR_OF(literal) str_of(literal, sizeof(literal) - 1)

/* ---- the naive model ---- */

typedef struct text {
    size_t n;
    char b[TEXT_MOST];
} text;

static inline void text_set(text *t, const void *p, size_t n) {
    KIT_CHECK(n <= TEXT_MOST);
    if (n) memcpy(t->b, p, n);
    t->n = n;
}

/* t = t[0, begin) + p[0, n) + t[end, ..). `p` does not point into the model. */
static inline void text_splice(text *t, size_t begin, size_t end, const void *p, size_t n) {
    KIT_CHECK(begin <= end && end <= t->n && t->n - (end - begin) + n <= TEXT_MOST);
    memmove(t->b + begin + n, t->b + end, t->n - end);
    if (n) memcpy(t->b + begin, p, n);
    t->n = t->n - (end - begin) + n;
}

/* ---- forms ---- */

typedef enum form {
    INLINE,
    FAR_FULL,
    FAR_ROOM,
    SHARED_FULL,
    SHARED_ROOM,
    ALONE_AGAIN, /* it was shared and hashed, so the short way of appending is closed until it is settled */
    SLICE_SHARED,
    SLICE_ALONE,
    LITERAL,
    BORROWED, /* from a block that ends where the text does */
    FROZEN,
    ADOPTED,
    ADOPTED_SHARED,
    INSTANCE, /* in an allocator of its own, which cannot resize */
    INSTANCE_SHARED,
    FORMS
} form;

static const char *const form_names[FORMS] = {
    "inline",
    "far, full",
    "far, with room",
    "shared, full",
    "shared, with room",
    "alone again",
    "a slice, shared",
    "a slice, alone",
    "a literal",
    "borrowed",
    "frozen",
    "adopted",
    "adopted, shared",
    "in an allocator instance",
    "the same, shared",
};

/* An allocator that cannot resize: growth takes another path there. */
static inline void *instance_alloc(void *context, size_t size) {
    (void)context;
    return kit_malloc(size);
}
static inline void instance_release(void *context, void *p, size_t size) {
    (void)context;
    kit_free(p, size);
}
static const cow_alloc instance = {instance_alloc, NULL, instance_release, NULL};

typedef struct subject {
    cow_str s;      /* the one that is put to the test */
    cow_str keeper; /* shares with it, and must not change, in the forms that share */
    text kept;      /* what keeper holds */
    char *lent;     /* the block of a borrowed or an adopted text */
    size_t lent_n;
    size_t released;        /* calls of the release function */
    size_t immortal_blocks; /* what freezing made immortal */
} subject;

static inline void subject_release(void *context, const void *p, size_t n) {
    subject *of = context;
    KIT_CHECK(p == of->lent && n == of->lent_n);
    of->released++;
}

/* A block of exactly n bytes, so that a sanitizer sees the first byte behind it. */
static inline char *exact_block(const void *p, size_t n) {
    char *block = malloc(n ? n : 1);
    KIT_CHECK(block != NULL);
    if (n) memcpy(block, p, n);
    return block;
}

/* With more room than the text needs, wherever the text is. */
static inline cow_str roomy(const void *p, size_t n) {
    cow_str s = {0};
    KIT_CHECK(cow_str_with_capacity(&s, n + 60) && cow_str_append_bytes(&s, p, n));
    return s;
}

static inline cow_str full(const void *p, size_t n) {
    cow_str s = str_of(p, n);
    KIT_CHECK(cow_str_shrink(&s));
    return s;
}

static inline void share_with_keeper(subject *of) { of->keeper = cow_str_copy(&of->s); }

static inline void take_a_slice(subject *of, const void *p, size_t n) {
    static const char around[] = "in front, behind";
    of->keeper = str_of(around, 9);
    KIT_CHECK(cow_str_append_bytes(&of->keeper, p, n) && cow_str_append_bytes(&of->keeper, around + 9, 7));
    of->s = cow_str_slice(&of->keeper, 9, 9 + n);
}

static inline void adopt_lent(subject *of) {
    KIT_CHECK(cow_str_adopt(&of->s, of->lent, of->lent_n, subject_release, of));
}

/* Whether a text of n bytes can take this form. */
static inline bool form_fits(form which, size_t n) {
    switch (which) {
    case INLINE: return n <= INLINE_MOST;
    case FAR_FULL:
    case SHARED_FULL:
    case ADOPTED:
    case ADOPTED_SHARED: return n > INLINE_MOST;
    case SLICE_SHARED:
    case SLICE_ALONE: return n > COPIED_MOST;
    case LITERAL: return n <= PROSE_LENGTH;
    default: return true;
    }
}

/* Makes of->s hold p[0, n) in a form that fits; a literal holds that much of PROSE instead, which callers use as `p`. */
static inline void subject_set(subject *of, form which, const void *p, size_t n) {
    memset(of, 0, sizeof *of);
    of->lent = exact_block(p, n);
    of->lent_n = n;
    switch (which) {
    case INLINE: of->s = str_of(p, n); break;
    case FAR_FULL: of->s = full(p, n); break;
    case FAR_ROOM: of->s = roomy(p, n); break;
    case SHARED_FULL: of->s = full(p, n), share_with_keeper(of); break;
    case SHARED_ROOM: of->s = roomy(p, n), share_with_keeper(of); break;
    case ALONE_AGAIN:
        of->s = roomy(p, n), share_with_keeper(of);
        (void)cow_str_hash(&of->s, cow_seed());
        KIT_CHECK(cow_str_append(&of->keeper, "a buffer of its own"));
        break;
    case SLICE_SHARED:
    case SLICE_ALONE:
        take_a_slice(of, p, n);
        if (which == SLICE_ALONE) cow_str_drop(&of->keeper);
        break;
    case LITERAL: {
        cow_str whole = COW_STR(PROSE);
        of->s = cow_str_prefix(&whole, n);
        break;
    }
    case BORROWED: of->s = cow_str_borrow(of->lent, n); break;
    case FROZEN: {
        size_t blocks = kit.blocks;
        of->s = roomy(p, n);
        cow_str_freeze(&of->s);
        of->immortal_blocks = kit.blocks - blocks;
        break;
    }
    case ADOPTED: adopt_lent(of); break;
    case ADOPTED_SHARED: adopt_lent(of), share_with_keeper(of); break;
    case INSTANCE:
    case INSTANCE_SHARED:
        KIT_CHECK(cow_str_new_in(&of->s, n, &instance) && cow_str_append_bytes(&of->s, p, n));
        if (which == INSTANCE_SHARED) share_with_keeper(of);
        break;
    case FORMS: break;
    }
    text_set(&of->kept, cow_str_data(&of->keeper), cow_str_len(&of->keeper));
    CHECK_BYTES(&of->s, p, n);
}

/* What the subject shares with, or was lent, is as it was. */
static inline void subject_check_others(const subject *of, const void *p, size_t n) {
    CHECK_BYTES(&of->keeper, of->kept.b, of->kept.n);
    KIT_CHECK(of->lent_n == n && (n == 0 || memcmp(of->lent, p, n) == 0));
}

/* Drops everything and sees that nothing is left but what was frozen, and that adopted bytes were released once. */
static inline void subject_strike(subject *of, form which) {
    cow_str_drop(&of->s);
    cow_str_drop(&of->keeper);
    KIT_CHECK(of->released == (which == ADOPTED || which == ADOPTED_SHARED));
    KIT_CHECK(KIT_KEEPS_DEAD || kit.blocks == of->immortal_blocks);
    if (of->immortal_blocks) kit_abandon();
    free(of->lent);
    memset(of, 0, sizeof *of);
}

#endif
