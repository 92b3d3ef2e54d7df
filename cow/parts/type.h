/* SPDX-License-Identifier: MIT */
/* type: what the library knows about an element type, and how it finds out. Floor 2.

   Cold code is shared by all instantiations and works from a descriptor. Hot code is typed and finds its hooks at compile
   time: in C by _Generic over the scalars and the containers instantiated so far (slots.h numbers them), in C++ by
   overloads. Copy and drop default to bitwise and nothing. Equal, compare and hash have no default: a type that lacks
   one fails to compile where it is needed, and the message names the type. */
#ifndef COW__TYPE_H
#define COW__TYPE_H

#include "hash.h"
#include "memory.h"
#include "slots.h"

typedef bool (*cow_copy_fn)(void *to, const void *from); /* makes *to from *from; false: nothing was made */
typedef void (*cow_drop_fn)(void *e);                    /* gives up what *element owns */
typedef bool (*cow_equal_fn)(const void *a, const void *b);
typedef int (*cow_compare_fn)(const void *a, const void *b); /* negative, 0 or positive */
typedef uint64_t (*cow_hash_fn)(const void *e, uint64_t seed);

/* The descriptor of an instantiation: its name, and its elements' size, alignment and hooks. */
typedef struct cow_type {
    const char *name;
    size_t size, align;
    cow_copy_fn copy;       /* NULL: elements are copied bitwise */
    cow_drop_fn drop;       /* NULL: elements own nothing */
    cow_drop_fn freeze;     /* NULL: elements hold no containers */
    const cow_alloc *alloc; /* NULL: COW_MALLOC */
    const char *abi;        /* makes objects with other options fail to link */
    bool local;             /* COW_NONATOMIC: values never cross threads */
    bool recursive;         /* COW_FORWARDED or COW_RECURSIVE: elements may hold values of this very type */
} cow_type;

/* The scalars: a name to paste, and the type. Pointers are left out on purpose: whether their targets or their
   addresses should be compared is the user's to say. */
/* clang-format off */
#define COW__INTEGERS(X)                                                                                  \
    X(bool, bool) X(char, char) X(schar, signed char) X(uchar, unsigned char) X(short, short)             \
    X(ushort, unsigned short) X(int, int) X(uint, unsigned) X(long, long) X(ulong, unsigned long)         \
    X(llong, long long) X(ullong, unsigned long long)
/* clang-format on */
#define COW__FLOATS(X) X(float, float) X(double, double)
#define COW__SCALARS(X) COW__INTEGERS(X) COW__FLOATS(X)

/* Equality and order of scalars. Floating point is ordered totally: -0 equals 0, NaN equals itself and comes last, so
   that sorting and searching stay consistent. */
#define COW__DEFINE_INTEGER(name, T)                                                                              \
    static inline int cow__compare_##name(const void *a, const void *b) {                                         \
        T x = *(const T *)a, y = *(const T *)b;                                                                   \
        return (x > y) - (x < y);                                                                                 \
    }                                                                                                             \
    static inline bool cow__equal_##name(const void *a, const void *b) { return *(const T *)a == *(const T *)b; } \
    static inline uint64_t cow__hash_##name(const void *e, uint64_t seed) {                                       \
        return cow__hash_word((uint64_t) * (const T *)e, seed);                                                   \
    }
#define COW__DEFINE_FLOAT(name, T)                                                                                \
    static inline int cow__compare_##name(const void *a, const void *b) {                                         \
        T x = *(const T *)a, y = *(const T *)b;                                                                   \
        bool x_nan = !(x <= x), y_nan = !(y <= y);                                                                \
        return x_nan || y_nan ? x_nan - y_nan : (x > y) - (x < y);                                                \
    }                                                                                                             \
    static inline bool cow__equal_##name(const void *a, const void *b) { return cow__compare_##name(a, b) == 0; } \
    static inline uint64_t cow__hash_##name(const void *e, uint64_t seed) {                                       \
        double x = (double)*(const T *)e;                                                                         \
        uint64_t bits = 0x7ff8000000000000u;                                                                      \
        if (x <= x) {                                                                                             \
            x += 0.0; /* -0 becomes 0 */                                                                          \
            memcpy(&bits, &x, sizeof bits);                                                                       \
        }                                                                                                         \
        return cow_hash_u64(bits, seed);                                                                          \
    }
COW__INTEGERS(COW__DEFINE_INTEGER)
COW__FLOATS(COW__DEFINE_FLOAT)

/* Stand-ins for a type without the hook; never called, because COW__NEED fails to compile before. */
static inline bool cow__equal_none(const void *a, const void *b) { return a == b; }
static inline int cow__compare_none(const void *a, const void *b) { return (a > b) - (a < b); }
static inline uint64_t cow__hash_none(const void *e, uint64_t seed) { return e ? seed : 0; }

#ifndef __cplusplus

/* COW__EQUAL_OF(T) and its kin are a function; COW__HAS_EQUAL(T) and its kin are 0 or 1. */
/* clang-format off */
#define COW__PICK_EQUAL(name, T) T : cow__equal_##name,
#define COW__PICK_COMPARE(name, T) T : cow__compare_##name,
#define COW__PICK_HASH(name, T) T : cow__hash_##name,
#define COW__PICK_ONE(name, T) T : 1,
/* clang-format on */
#define COW__EQUAL_OF(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_EQUAL) COW__SLOTS(equal) default : cow__equal_none)
#define COW__COMPARE_OF(T) \
    _Generic(*(T *)0, COW__SCALARS(COW__PICK_COMPARE) COW__SLOTS(compare) default : cow__compare_none)
#define COW__HASH_OF(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_HASH) COW__SLOTS(hash) default : cow__hash_none)
#define COW__HAS_EQUAL(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_ONE) COW__SLOTS(has_equal) default : 0)
#define COW__HAS_COMPARE(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_ONE) COW__SLOTS(has_compare) default : 0)
#define COW__HAS_HASH(T) _Generic(*(T *)0, COW__SCALARS(COW__PICK_ONE) COW__SLOTS(has_hash) default : 0)
#define COW__HAS_COPY(T) _Generic(*(T *)0, COW__SLOTS(has_copy) default : 0)
#define COW__IS_LOCAL(T) _Generic(*(T *)0, COW__SLOTS(is_local) default : 0)
#define COW__COPY_OF(T) _Generic(*(T *)0, COW__SLOTS(copy) default : (cow_copy_fn)0)
#define COW__DROP_OF(T) _Generic(*(T *)0, COW__SLOTS(drop) default : (cow_drop_fn)0)
#define COW__FREEZE_OF(T) _Generic(*(T *)0, COW__SLOTS(freeze) default : (cow_drop_fn)0)

#else

#define COW__OVERLOAD(name, T)                                                          \
    constexpr cow_equal_fn cow__equal_of(const T *) { return cow__equal_##name; }       \
    constexpr cow_compare_fn cow__compare_of(const T *) { return cow__compare_##name; } \
    constexpr cow_hash_fn cow__hash_of(const T *) { return cow__hash_##name; }          \
    constexpr bool cow__has_equal(const T *) { return true; }                           \
    constexpr bool cow__has_compare(const T *) { return true; }                         \
    constexpr bool cow__has_hash(const T *) { return true; }
COW__SCALARS(COW__OVERLOAD)
template <class T> constexpr cow_equal_fn cow__equal_of(const T *) { return cow__equal_none; }
template <class T> constexpr cow_compare_fn cow__compare_of(const T *) { return cow__compare_none; }
template <class T> constexpr cow_hash_fn cow__hash_of(const T *) { return cow__hash_none; }
template <class T> constexpr bool cow__has_copy(const T *) { return false; }
template <class T> constexpr bool cow__is_local(const T *) { return false; }
template <class T> constexpr bool cow__has_equal(const T *) { return false; }
template <class T> constexpr bool cow__has_compare(const T *) { return false; }
template <class T> constexpr bool cow__has_hash(const T *) { return false; }
template <class T> constexpr cow_copy_fn cow__copy_of(const T *) { return nullptr; }
template <class T> constexpr cow_drop_fn cow__drop_of(const T *) { return nullptr; }
template <class T> constexpr cow_drop_fn cow__freeze_of(const T *) { return nullptr; }
/* Compilers fold a call in a template argument even without optimisation, so that COW__NEED's dead branch goes away. */
template <bool Has> struct cow__constant { static const bool value = Has; };
#define COW__EQUAL_OF(T) cow__equal_of((const T *)nullptr)
#define COW__COMPARE_OF(T) cow__compare_of((const T *)nullptr)
#define COW__HASH_OF(T) cow__hash_of((const T *)nullptr)
#define COW__HAS_EQUAL(T) cow__constant<cow__has_equal((const T *)nullptr)>::value
#define COW__HAS_COMPARE(T) cow__constant<cow__has_compare((const T *)nullptr)>::value
#define COW__HAS_HASH(T) cow__constant<cow__has_hash((const T *)nullptr)>::value
#define COW__HAS_COPY(T) cow__constant<cow__has_copy((const T *)nullptr)>::value
#define COW__IS_LOCAL(T) cow__constant<cow__is_local((const T *)nullptr)>::value
#define COW__COPY_OF(T) cow__copy_of((const T *)nullptr)
#define COW__DROP_OF(T) cow__drop_of((const T *)nullptr)
#define COW__FREEZE_OF(T) cow__freeze_of((const T *)nullptr)

#endif

/* Fails to compile with `text` where the call survives; compilers without the attribute fail to link instead. */
#if defined(__has_attribute)
#if __has_attribute(error)
#define COW__COMPILE_ERROR(text) __attribute__((error(text)))
#endif
#endif
#ifndef COW__COMPILE_ERROR
#define COW__COMPILE_ERROR(text)
#endif

COW__BEGIN_C
/* Makes *to from *from by the copy hook, or bitwise. */
COW__API bool cow__element_copy(const cow_type *type, void *to, const void *from);
/* Makes `n` elements at `to` from those at `from`. When a hook fails, those made are dropped and COW_HOOK is set. */
COW__API bool cow__elements_copy(const cow_type *type, void *to, const void *from, size_t n);
/* Makes `n` copies of *from, or zero bytes when `from` is NULL, with the same promise. */
COW__API bool cow__elements_fill(const cow_type *type, void *to, const void *from, size_t n);
/* Exchanges two elements of `size` bytes. */
COW__API void cow__elements_swap(char *x, char *y, size_t size);
/* Drops the elements in [first, last). */
COW__API void cow__elements_drop(const cow_type *type, void *first, void *last);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__TYPE_BODY)
#define COW__TYPE_BODY

#include "error.h"

COW__BEGIN_C

COW__API bool cow__element_copy(const cow_type *type, void *to, const void *from) {
    if (!type->copy)
        memcpy(to, from, type->size);
    else if (!type->copy(to, from))
        return cow__fail(COW_HOOK);
    return true;
}

COW__API void cow__elements_drop(const cow_type *type, void *first, void *last) {
    if (!type->drop) return;
    for (char *p = (char *)first; p < (char *)last; p += type->size) type->drop(p);
}

/* Copies element by element; `step` is the distance between sources, 0 to repeat one. */
static bool cow__elements_make(const cow_type *type, char *to, const char *from, size_t n, size_t step) {
    char *p = to;
    for (size_t i = 0; i < n; i++, p += type->size, from += step) {
        if (cow__element_copy(type, p, from)) continue;
        cow__elements_drop(type, to, p);
        return cow__fail(COW_HOOK);
    }
    return true;
}

COW__API bool cow__elements_copy(const cow_type *type, void *to, const void *from, size_t n) {
    if (type->copy) return cow__elements_make(type, (char *)to, (const char *)from, n, type->size);
    if (n) memcpy(to, from, n * type->size);
    return true;
}

COW__API bool cow__elements_fill(const cow_type *type, void *to, const void *from, size_t n) {
    size_t bytes = n * type->size, done = type->size;
    if (from && type->copy) return cow__elements_make(type, (char *)to, (const char *)from, n, 0);
    if (!n) return true;
    if (!from) {
        memset(to, 0, bytes);
        return true;
    }
    /* The first one may be the source itself; what is filled then doubles. */
    memmove(to, from, type->size);
    for (; done < bytes; done *= 2) memcpy((char *)to + done, to, done < bytes - done ? done : bytes - done);
    return true;
}

/* Swaps two elements through a small buffer. */
COW__API void cow__elements_swap(char *x, char *y, size_t size) {
    char piece[64];
    for (size_t left = size; left;) {
        size_t k = left < sizeof piece ? left : sizeof piece;
        memcpy(piece, x, k);
        memcpy(x, y, k);
        memcpy(y, piece, k);
        x += k;
        y += k;
        left -= k;
    }
}

COW__END_C
#endif
