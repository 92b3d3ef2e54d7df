/* SPDX-License-Identifier: MIT */
/* hash: the seed of this process, and a seeded hash. Floor 1.

   The hash is of the multiply-and-fold family (wyhash by Wang Yi, rapidhash by Nicolas De Carli): each step multiplies two
   words into 128 bits and folds the halves together. It is fast and spreads well; it is not cryptographic. Against chosen
   keys it relies on the seed being unknown. */
#ifndef COW__HASH_H
#define COW__HASH_H

#include "atomic.h"

#include <string.h>

COW__BEGIN_C
/* The seed of this process: drawn from the system on first use, or fixed by cow_seed_set, by COW_SEED at compile time, or
   to a constant under FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION so that crashes reproduce. Lock-free, any thread. */
COW__API uint64_t cow_seed(void);
/* Fixes the seed. Call it before the first container that hashes, from one thread. */
COW__API void cow_seed_set(uint64_t seed);
/* Hash of `n` bytes. Cost: about 1 ns for 16 bytes, and some 25 bytes a nanosecond of long ones. `p` may be NULL when n is
   0. */
COW__API uint64_t cow_hash_bytes(const void *p, size_t n, uint64_t seed);
COW__END_C

#define COW__HASH_K0 0x8bb84b93962eacc9u
#define COW__HASH_K1 0x4b33a62ed433d4a3u
#define COW__HASH_K2 0x9f3ad2c4b8671e5du

/* The two halves of a * b, folded by xor. */
static inline uint64_t cow__fold(uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 cow__u128;
    cow__u128 r = (cow__u128)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
#else
    uint64_t al = a & 0xffffffffu, ah = a >> 32, bl = b & 0xffffffffu, bh = b >> 32;
    uint64_t low = al * bl, cross = ah * bl + (low >> 32), cross2 = al * bh + (cross & 0xffffffffu);
    uint64_t high = ah * bh + (cross >> 32) + (cross2 >> 32);
    return ((cross2 << 32) | (low & 0xffffffffu)) ^ high;
#endif
}

/* Reading little-endian makes hashes the same on every machine. */
static inline uint64_t cow__read_u64(const unsigned char *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* Hash of one number. Cost: two multiplications. */
static inline uint64_t cow_hash_u64(uint64_t x, uint64_t seed) {
    return cow__fold(cow__fold(x ^ COW__HASH_K0, seed ^ COW__HASH_K1), COW__HASH_K2);
}

/* The same with one multiplication, for keys of maps: good in all bits as long as the seed is not known. */
static inline uint64_t cow__hash_word(uint64_t x, uint64_t seed) {
    return cow__fold(x ^ seed ^ COW__HASH_K0, COW__HASH_K1);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__HASH_BODY)
#define COW__HASH_BODY

#include <time.h>

/* COW_GETRANDOM(buffer, size) returns the bytes written, or -1. Override it to bring your own source. */
#ifndef COW_GETRANDOM
#if defined(__linux__) || defined(__FreeBSD__)
#include <sys/random.h>
#define COW_GETRANDOM(buffer, size) getrandom((buffer), (size), 1 /* GRND_NONBLOCK: never stall an early boot */)
#else
#define COW_GETRANDOM(buffer, size) (-1)
#endif
#endif

COW__BEGIN_C

/* The last 1 to 8 bytes as a number. */
static inline uint64_t cow__read_tail(const unsigned char *p, size_t n) {
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++) x |= (uint64_t)p[i] << (8 * i);
    return x;
}

/* Folds 16 bytes into `h`. */
static inline uint64_t cow__fold_16(const unsigned char *p, uint64_t key, uint64_t h) {
    return cow__fold(cow__read_u64(p) ^ key, cow__read_u64(p + 8) ^ h);
}

/* Folds `n` bytes, a multiple of 96, in six chains: a single one would wait for each multiplication. */
static uint64_t cow__fold_many(const unsigned char *p, size_t n, uint64_t h) {
    uint64_t h1 = h ^ COW__HASH_K0, h2 = h ^ COW__HASH_K1, h3 = h ^ COW__HASH_K2, h4 = ~h1, h5 = ~h2;
    for (; n; n -= 96, p += 96) {
        h = cow__fold_16(p, COW__HASH_K1, h);
        h1 = cow__fold_16(p + 16, COW__HASH_K2, h1);
        h2 = cow__fold_16(p + 32, COW__HASH_K0, h2);
        h3 = cow__fold_16(p + 48, COW__HASH_K1, h3);
        h4 = cow__fold_16(p + 64, COW__HASH_K2, h4);
        h5 = cow__fold_16(p + 80, COW__HASH_K0, h5);
    }
    return cow__fold(h ^ COW__HASH_K0, h1) ^ cow__fold(h2 ^ COW__HASH_K1, h3) ^ cow__fold(h4 ^ COW__HASH_K2, h5);
}

COW__API uint64_t cow_hash_bytes(const void *p, size_t n, uint64_t seed) {
    const unsigned char *s = (const unsigned char *)p;
    uint64_t h = cow__fold(seed ^ COW__HASH_K0, (uint64_t)n ^ COW__HASH_K1), a = 0, b = 0;
    size_t left = n;
    if (n > 96) {
        size_t many = (n - 1) / 96 * 96;
        h = cow__fold_many(s, many, h);
        s += many;
        left -= many;
    }
    for (; left > 16; left -= 16, s += 16) h = cow__fold(cow__read_u64(s) ^ COW__HASH_K1, cow__read_u64(s + 8) ^ h);
    if (n > 16) {
        /* The last 16 bytes, which may overlap the block before: no byte-wise tail for longer input. */
        a = cow__read_u64(s + left - 16);
        b = cow__read_u64(s + left - 8);
    } else if (left > 8) {
        a = cow__read_u64(s);
        b = cow__read_u64(s + left - 8);
    } else if (left > 0) {
        a = cow__read_tail(s, left);
    }
    return cow__fold(cow__fold(a ^ COW__HASH_K1, b ^ h) ^ (uint64_t)n, COW__HASH_K2);
}

/* The seed in two words, each settled by its own compare-and-swap from 0: whoever comes first wins a word, all agree on
   both, and no lock or 64-bit atomic is needed. A settled word is never 0, because its lowest bit is set. */
static cow__atomic_size cow__seed_words[2];

#if defined(COW_SEED)
static uint64_t cow__seed_draw(void) { return (uint64_t)(COW_SEED); }
#elif defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
static uint64_t cow__seed_draw(void) { return 1; }
#else

/* Without a random source: clocks and addresses differ between runs wherever addresses are randomised. */
static uint64_t cow__seed_fallback(void) {
    struct timespec now = {0, 0};
    int local = 0;
    (void)timespec_get(&now, TIME_UTC);
    uint64_t h = cow_hash_u64((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
    h = cow_hash_u64((uint64_t)(uintptr_t)&local, h);
    h = cow_hash_u64((uint64_t)(uintptr_t)&cow__seed_words, h);
    return cow_hash_u64((uint64_t)clock(), h);
}

static uint64_t cow__seed_draw(void) {
    uint64_t seed = 0;
    if (COW_GETRANDOM(&seed, sizeof seed) == (int)sizeof seed) return seed;
    return cow__seed_fallback();
}

#endif

static size_t cow__seed_settle(size_t which, uint64_t candidate) {
    size_t mine = (size_t)candidate | 1, old = 0;
    return COW__CAS(&cow__seed_words[which], &old, mine, COW__RELAXED, COW__RELAXED) ? mine : old;
}

COW__API uint64_t cow_seed(void) {
    size_t low = COW__LOAD(&cow__seed_words[0], COW__RELAXED), high = COW__LOAD(&cow__seed_words[1], COW__RELAXED);
    if (!low || !high) {
        uint64_t drawn = cow__seed_draw();
        low = cow__seed_settle(0, cow_hash_u64(drawn, 0));
        high = cow__seed_settle(1, cow_hash_u64(drawn, 1));
    }
    return cow_hash_u64((uint64_t)low, (uint64_t)high);
}

COW__API void cow_seed_set(uint64_t seed) {
    COW__STORE(&cow__seed_words[0], (size_t)cow_hash_u64(seed, 0) | 1, COW__RELAXED);
    COW__STORE(&cow__seed_words[1], (size_t)cow_hash_u64(seed, 1) | 1, COW__RELAXED);
}

COW__END_C
#endif
