/* SPDX-License-Identifier: MIT */
/*
 * hash: the seed of the process and the seeded hash. Built three times:
 *   as it is                 the seed comes from COW_GETRANDOM, which this test replaces and makes fail
 *   -DCOW_SEED=42            the seed is fixed at compile time, and the source is never asked
 *   -DREAL_RANDOM            the system's own source
 */
#define _POSIX_C_SOURCE 200809L
#include "kit.h"

static size_t random_calls;
static int random_answer = -1;
#if !defined(REAL_RANDOM) && !defined(COW_SEED)
static int test_random(void *buffer, size_t size) {
    random_calls++;
    if (random_answer == (int)size) memset(buffer, 0x5a, size);
    return random_answer;
}
#define COW_GETRANDOM(buffer, size) test_random(buffer, size)
#endif

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"

#include <sys/wait.h>
#include <unistd.h>

/* The seed is settled once a process, so each question about it is asked in a fresh child. */
static uint64_t seed_in_child(int answer, bool set, uint64_t to) {
    int channel[2];
    assert_int_equal(pipe(channel), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        random_answer = answer;
        if (set) cow_seed_set(to);
        uint64_t out[2] = {cow_seed(), cow_seed()};
        bool steady = out[0] == out[1];
        _exit(write(channel[1], out, sizeof *out) == (ssize_t)sizeof *out && steady ? 0 : 1);
    }
    uint64_t seed = 0;
    int status = 0;
    assert_int_equal(read(channel[0], &seed, sizeof seed), sizeof seed);
    close(channel[0]);
    close(channel[1]);
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return seed;
}

static void a_seed_that_is_set_holds(void **state) {
    (void)state;
    assert_true(seed_in_child(8, true, 1) == seed_in_child(-1, true, 1));
    assert_true(seed_in_child(8, true, 1) != seed_in_child(8, true, 2));
    assert_true(seed_in_child(8, true, 0) != seed_in_child(8, true, 1));
}

#if defined(COW_SEED)

static void a_seed_fixed_at_compile_time_asks_nobody(void **state) {
    (void)state;
    assert_true(seed_in_child(8, false, 0) == seed_in_child(-1, false, 0));
    (void)cow_seed();
    assert_int_equal(random_calls, 0);
}

#elif defined(REAL_RANDOM)

static void the_systems_seed_differs_between_processes(void **state) {
    (void)state;
    assert_true(seed_in_child(0, false, 0) != seed_in_child(0, false, 0));
    assert_int_equal(random_calls, 0);
}

#else

static void a_random_seed_comes_from_the_source(void **state) {
    (void)state;
    /* The same bytes give the same seed: nothing else went in. */
    assert_true(seed_in_child(8, false, 0) == seed_in_child(8, false, 0));
    assert_true(seed_in_child(8, false, 0) != seed_in_child(-1, false, 0));
}

static void a_source_that_fails_is_replaced(void **state) {
    (void)state;
    /* Clocks and addresses stand in: they differ between two processes, and zero would mean that nothing was drawn. */
    uint64_t one = seed_in_child(-1, false, 0), two = seed_in_child(-1, false, 0);
    assert_true(one != 0 && two != 0);
    assert_true(one != two);
    assert_true(seed_in_child(3, false, 0) != seed_in_child(8, false, 0)); /* a short read is a failure too */
}

static void the_source_is_asked_once_even_when_it_fails(void **state) {
    (void)state;
    random_answer = -1;
    (void)cow_seed();
    size_t calls = random_calls;
    for (int i = 0; i < 100; i++) (void)cow_seed();
    assert_int_equal(calls, 1);
    assert_int_equal(random_calls, 1);
}

#endif

static void bytes_hash_by_content(void **state) {
    (void)state;
    char here[64], there[80];
    for (int i = 0; i < 64; i++) here[i] = there[i + 7] = (char)(i * 37);
    for (size_t n = 0; n <= 64; n++) assert_true(cow_hash_bytes(here, n, 5) == cow_hash_bytes(there + 7, n, 5));
    assert_true(cow_hash_bytes(NULL, 0, 5) == cow_hash_bytes(here, 0, 5));
}

static void every_length_seed_and_byte_counts(void **state) {
    (void)state;
    unsigned char text[200] = {0};
    uint64_t seen[201];
    for (size_t n = 0; n <= 200; n++) {
        seen[n] = cow_hash_bytes(text, n, 1);
        for (size_t m = 0; m < n; m++) assert_true(seen[m] != seen[n]);
        assert_true(cow_hash_bytes(text, n, 2) != seen[n]);
    }
    for (size_t n = 1; n <= 200; n++) {
        for (size_t i = 0; i < n; i++) {
            text[i] ^= 1;
            assert_true(cow_hash_bytes(text, n, 1) != seen[n]);
            text[i] ^= 1;
        }
    }
}

static unsigned ones(uint64_t x) {
    unsigned n = 0;
    for (; x; x &= x - 1) n++;
    return n;
}

/* Flip each input bit of many inputs: each output bit must change about half of the time. */
static void check_avalanche(size_t bytes) {
    enum { TRIES = 2000 };
    unsigned char text[48];
    uint64_t random = 12345;
    for (size_t bit = 0; bit < bytes * 8; bit++) {
        size_t flips[64] = {0}, total = 0;
        for (int t = 0; t < TRIES; t++) {
            for (size_t i = 0; i < bytes; i++)
                text[i] = (unsigned char)((random = random * 6364136223846793005u + 1442695040888963407u) >> 56);
            uint64_t before = cow_hash_bytes(text, bytes, 77);
            text[bit / 8] ^= (unsigned char)(1u << (bit % 8));
            uint64_t changed = before ^ cow_hash_bytes(text, bytes, 77);
            total += ones(changed);
            for (int o = 0; o < 64; o++) flips[o] += (changed >> o) & 1;
        }
        /* 64 x 2000 coin flips: 0.5 +- 0.01 is seven standard deviations; 2000 for one bit: 0.5 +- 0.07 is six. A single
           byte has only 128 pairs to flip between, so its frequencies scatter more. */
        double all = bytes == 1 ? 0.03 : 0.01, one = bytes == 1 ? 0.25 : 0.07;
        assert_in_range(total, (size_t)(64 * TRIES * (0.5 - all)), (size_t)(64 * TRIES * (0.5 + all)));
        for (int o = 0; o < 64; o++)
            assert_in_range(flips[o], (size_t)(TRIES * (0.5 - one)), (size_t)(TRIES * (0.5 + one)));
    }
}

static void one_bit_in_changes_half_of_the_bits_out(void **state) {
    (void)state;
    static const size_t lengths[] = {1, 3, 4, 8, 9, 15, 16, 17, 31, 32, 33, 48};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) check_avalanche(lengths[i]);
}

/* Chi-squared over 256 buckets: 255 degrees of freedom, so 255 +- 22.6; 170 to 340 is nearly four deviations. */
static void check_spread(uint64_t (*hash)(uint64_t), unsigned shift) {
    enum { KEYS = 1 << 16 };
    static size_t bucket[256];
    memset(bucket, 0, sizeof bucket);
    for (uint64_t i = 0; i < KEYS; i++) bucket[(hash(i) >> shift) & 255]++;
    double chi = 0, expected = KEYS / 256.0;
    for (int i = 0; i < 256; i++) chi += ((double)bucket[i] - expected) * ((double)bucket[i] - expected) / expected;
    assert_true(chi > 170 && chi < 340);
}

static uint64_t hash_number(uint64_t x) { return cow_hash_u64(x, 99); }
static uint64_t hash_pointer_like(uint64_t x) { return cow_hash_u64(x * 4096, 99); }
static uint64_t hash_high_bits(uint64_t x) { return cow_hash_u64(x << 48, 99); }
static uint64_t hash_text(uint64_t x) {
    char text[24];
    int n = snprintf(text, sizeof text, "key-%llu", (unsigned long long)x);
    return cow_hash_bytes(text, (size_t)n, 99);
}

static void regular_keys_spread_over_all_buckets(void **state) {
    (void)state;
    uint64_t (*const hashes[])(uint64_t) = {hash_number, hash_pointer_like, hash_high_bits, hash_text};
    for (size_t i = 0; i < 4; i++) {
        check_spread(hashes[i], 0);
        check_spread(hashes[i], 28);
        check_spread(hashes[i], 40);
        check_spread(hashes[i], 56);
    }
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void numbers_do_not_collide(void **state) {
    (void)state;
    enum { KEYS = 100000 };
    uint64_t *all = malloc(KEYS * sizeof *all);
    assert_non_null(all);
    for (uint64_t i = 0; i < KEYS; i++) all[i] = cow_hash_u64(i, 3);
    qsort(all, KEYS, sizeof *all, by_number);
    for (size_t i = 1; i < KEYS; i++) assert_true(all[i - 1] != all[i]);
    free(all);
}

static void an_array_hashes_its_elements_in_order(void **state) {
    (void)state;
    ints a = {0}, b = {0};
    const int one[] = {1, 2, 3}, two[] = {3, 2, 1};
    assert_true(ints_from(&a, one, 3) && ints_from(&b, one, 3));
    assert_true(ints_hash(&a, 9) == ints_hash(&b, 9));
    assert_true(ints_hash(&a, 9) != ints_hash(&a, 10));
    ints_drop(&b);
    assert_true(ints_from(&b, two, 3));
    assert_true(ints_hash(&a, 9) != ints_hash(&b, 9));
    ints_drop(&b);
    assert_true(ints_hash(&a, 9) != ints_hash(&b, 9));
    ints_drop(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#if defined(COW_SEED)
        UNIT(a_seed_fixed_at_compile_time_asks_nobody),
#elif defined(REAL_RANDOM)
        UNIT(the_systems_seed_differs_between_processes),
#else
        UNIT(a_random_seed_comes_from_the_source),
        UNIT(a_source_that_fails_is_replaced),
        UNIT(the_source_is_asked_once_even_when_it_fails),
#endif
        UNIT(a_seed_that_is_set_holds),
        UNIT(bytes_hash_by_content),
        UNIT(every_length_seed_and_byte_counts),
        UNIT(one_bit_in_changes_half_of_the_bits_out),
        UNIT(regular_keys_spread_over_all_buckets),
        UNIT(numbers_do_not_collide),
        UNIT(an_array_hashes_its_elements_in_order),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
