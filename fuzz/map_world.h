/* SPDX-License-Identifier: MIT */
/* map_world: five maps and three sets that share nodes, and what each should hold. Keys and values of maps own heap memory, so
   that one lost, dropped twice or used after its drop shows: in the sanitizers, and in a count of those alive. Hashes are forged
   from the text of the input. */
typedef struct box {
    int *held;
} box;

static size_t boxes_alive;

static box box_of(long long number) {
    box b = {malloc(sizeof *b.held)};
    if (!b.held) abort();
    *b.held = (int)number;
    boxes_alive++;
    return b;
}

static inline bool box_copy(box *to, const box *from) {
    if (fails_now()) return false;
    *to = box_of(*from->held);
    return true;
}

static inline void box_drop(box *b) {
    free(b->held);
    boxes_alive--;
}

static inline bool box_equal(const box *x, const box *y) { return *x->held == *y->held; }
static inline int box_compare(const box *x, const box *y) { return *x->held - *y->held; }
static inline uint64_t box_hash(const box *x, uint64_t seed) { return cow_hash_u64((uint64_t)*x->held, seed); }

enum { KEYS = 256 };

static uint64_t forged[KEYS];
static unsigned char left[KEYS]; /* what a walk has still to meet */
static unsigned turn;            /* how often everything was checked */

/* The first thing a program does. A byte of the text, for each key the next one, says what its hash is: in its upper half the
   class of the key; in its lower half how many nibbles, from the top, are those of the class: 0 to 13, 15, or all 16, so
   that all keys of the class collide. Without text, hashes are good ones. */
static void forge(const char *bytes, size_t n) {
    turn = 0;
    memset(left, 0, sizeof left);
    for (size_t k = 0; k < KEYS; k++) {
        unsigned how = n ? (unsigned char)bytes[k % n] : 0, nibbles = how % 16 + (how % 16 >= 14);
        uint64_t own = nibbles == 16 ? 0 : UINT64_MAX >> (4 * nibbles);
        forged[k] = (cow_hash_u64(k, 1) & own) | (cow_hash_u64(how / 16, 2) & ~own);
    }
}

static inline uint64_t forged_box_hash(const box *x, uint64_t seed) { return (void)seed, forged[*x->held]; }
static inline uint64_t forged_number_hash(const uint64_t *x, uint64_t seed) { return (void)seed, forged[*x]; }

#define COW_MAP dict, box, box
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#define COW_COMPARE box_compare
#define COW_HASH forged_box_hash
#define COW_VALUE_COPY box_copy
#define COW_VALUE_DROP box_drop
#define COW_VALUE_EQUAL box_equal
#define COW_VALUE_HASH box_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

#define COW_SET group, uint64_t
#define COW_HASH forged_number_hash
#define COW_STORE_HASH
#define COW__HASH_AS_IS
#include "cow/cow.h"

enum { MAPS = 5, SETS = 3 };

static dict m[MAPS];
static group g[SETS];
static dict_iter walk;

/* Maps, then sets. What a key has, and one more; 0 is nothing. Numbers of sets have 0. */
static struct {
    unsigned char v[KEYS];
    size_t n;
} wanted[MAPS + SETS];

struct run {
    size_t first, count;
    int value;
};

static inline void want(size_t i, size_t n, const struct run *runs) {
    memset(&wanted[i], 0, sizeof wanted[i]);
    for (size_t r = 0; r < n; r++) {
        memset(wanted[i].v + runs[r].first, runs[r].value + 1, runs[r].count);
        wanted[i].n += runs[r].count;
    }
}

/* A key to look for. */
static int key_number;

static inline const box *key(size_t number) {
    static const box k = {&key_number};
    key_number = (int)number;
    return &k;
}

/* The same, or the one that map i has stored. */
static inline const box *key_in(size_t i, size_t number) {
    const dict_pair *e = i < MAPS ? dict_find(&m[i], key(number)) : NULL;
    return e ? &e->key : key(number);
}

static inline const uint64_t *number_in(size_t i, size_t number) {
    static uint64_t own;
    own = number;
    const uint64_t *stored = i < SETS ? group_get(&g[i], &own) : NULL;
    return stored ? stored : &own;
}

/* Each pair comes once and is what it should be. Some keys are looked up as well, others the next time. */
static void check_map(size_t i) {
    bool met[KEYS] = {false};
    size_t n = 0;
    check(dict_len(&m[i]) == wanted[i].n, "a map has another length than it should");
    COW_MAP_EACH (dict, e, &m[i]) {
        size_t k = (size_t)*e->key.held;
        check(k < KEYS && !met[k], "a key comes twice");
        check(wanted[i].v[k] == *e->value.held + 1, "a pair is not what it should be");
        met[k] = true;
        n++;
    }
    check(n == wanted[i].n, "a pair does not come");
    for (size_t k = turn % 16; k < KEYS; k += 16) {
        const dict_pair *e = dict_find(&m[i], key(k));
        check(!e == !wanted[i].v[k] && (!e || (size_t)*e->key.held == k), "a key is not found, or another one");
    }
}

static void check_set(size_t i) {
    bool met[KEYS] = {false};
    const unsigned char *v = wanted[MAPS + i].v;
    size_t n = 0;
    check(group_len(&g[i]) == wanted[MAPS + i].n, "a set has another length than it should");
    COW_MAP_EACH (group, e, &g[i]) {
        check(*e < KEYS && v[*e] && !met[*e], "a number comes twice, or should not be there");
        met[*e] = true;
        n++;
    }
    check(n == wanted[MAPS + i].n, "a number does not come");
    for (size_t k = turn % 16; k < KEYS; k += 16)
        check(group_contains(&g[i], number_in(SETS, k)) == (v[k] != 0), "a number is not found, or one too many");
}

static void check_all(void) {
    for (size_t i = 0; i < MAPS; i++) check_map(i);
    for (size_t i = 0; i < SETS; i++) check_set(i);
    turn++;
}

static void finish(void) {
    for (size_t i = 0; i < MAPS; i++) dict_drop(&m[i]);
    for (size_t i = 0; i < SETS; i++) group_drop(&g[i]);
    dict_iter_drop(&walk);
    check(boxes_alive == 0, "an element is lost");
    check_blocks();
}

/* ---- Elements of a call ---- */

/* Passed by value, they stay ours when the call fails. */
static box offered_key, offered;

static inline box offer_key(size_t number) { return offered_key = box_of((long long)number); }
static inline box offer(long long number) { return offered = box_of(number); }

static inline bool given_key(bool ok) {
    if (!ok) box_drop(&offered_key);
    return ok;
}

static inline bool given_value(bool ok) {
    if (!ok) box_drop(&offered);
    return ok;
}

static inline bool given(bool ok) {
    given_value(ok);
    return given_key(ok);
}

/* A value that a call gives us. */
static box taken;

static inline bool took(bool ok, long long number) {
    if (!ok) return false;
    check(*taken.held == number, "another value was taken");
    box_drop(&taken);
    return true;
}

static inline bool take_number(group *x, const uint64_t *number, size_t expected) {
    uint64_t out = KEYS;
    bool ok = group_take(x, number, &out);
    check(out == (ok ? expected : KEYS), "another number was taken");
    return ok;
}

/* What a borrowed value holds, -1 for none. */
static inline long long held_by(const box *b) { return b ? *b->held : -1; }

static inline long long got_or(const dict *x, const box *k, long long number) {
    box otherwise = box_of(number);
    long long held = *dict_get_or(x, k, otherwise).held;
    box_drop(&otherwise);
    return held;
}

static inline bool holds_number(const box *k, const void *number) {
    return (size_t)*k->held == *(const size_t *)number;
}

static inline bool write_to(box *b, long long number) {
    if (b) *b->held = (int)number;
    return b != NULL;
}

static inline bool write_entry(dict *x, box k, bool expected, long long number) {
    bool inserted = !expected;
    box *b = dict_entry(x, k, &inserted);
    if (!b) return false;
    check(inserted == expected, "an entry is new, or old, and should not be");
    if (inserted)
        *b = box_of(number);
    else
        *b->held = (int)number;
    return true;
}

/* ---- Callbacks ---- */

static inline void increment(box *b, void *ctx) { (void)ctx, *b->held = (*b->held + 1) % 100; }
static inline bool increment_each(const box *k, box *b, void *ctx) { return (void)k, increment(b, ctx), true; }

static inline bool increment_into(box *to, const box *k, const box *from, void *ctx) {
    (void)k, (void)ctx;
    if (fails_now()) return false;
    *to = box_of((*from->held + 1) % 100);
    return true;
}

static inline bool add_theirs(box *mine, const box *k, const box *theirs, void *ctx) {
    (void)k, (void)ctx;
    check(*mine->held != *theirs->held, "equal values are in conflict");
    if (fails_now()) return false;
    *mine->held = (*mine->held + *theirs->held) % 100;
    return true;
}

static inline bool is_multiple(const dict_pair *e, void *of) { return (size_t)*e->key.held % *(size_t *)of == 0; }
static inline bool is_multiple_number(const uint64_t *e, void *of) { return *e % *(size_t *)of == 0; }

/* ---- Runs of keys: first, first + step, ... ---- */

static inline size_t nth(size_t first, size_t i, size_t step) { return (first + i * step) % KEYS; }

/* What fails is tried again, so the run may go on over failures. */
static inline void tried_again(bool ok, size_t failures_before) {
    check(ok || failures > failures_before, "a call failed for no reason");
}

static inline void put_run(dict *x, size_t first, size_t n, size_t step, long long number) {
    for (size_t i = 0; i < n;) {
        size_t before = failures;
        bool ok = given(dict_put(x, offer_key(nth(first, i, step)), offer(number)));
        tried_again(ok, before);
        i += ok;
    }
}

static inline void erase_run(dict *x, size_t first, size_t n, size_t step) {
    for (size_t i = 0; i < n;) {
        size_t before = failures;
        bool ok = !dict_contains(x, key(nth(first, i, step))) || dict_erase(x, key(nth(first, i, step)));
        tried_again(ok, before);
        i += ok;
    }
}

static inline void add_run(group *x, size_t first, size_t n, size_t step) {
    for (size_t i = 0; i < n;) {
        size_t before = failures;
        bool ok = group_put(x, nth(first, i, step));
        tried_again(ok, before);
        i += ok;
    }
}

static inline void remove_run(group *x, size_t first, size_t n, size_t step) {
    for (size_t i = 0; i < n;) {
        size_t before = failures;
        bool ok = !group_contains(x, number_in(SETS, nth(first, i, step))) ||
                  group_erase(x, number_in(SETS, nth(first, i, step)));
        tried_again(ok, before);
        i += ok;
    }
}

/* ---- Values that take the place of another ---- */

static inline void replace(dict *x, dict by) {
    dict_drop(x);
    *x = by;
}

static inline void replace_set(group *x, group by) {
    group_drop(x);
    *x = by;
}

static dict made;
static group made_set;

static inline bool replace_when(bool ok, dict *x) {
    if (ok) replace(x, made);
    return ok;
}

static inline bool replace_set_when(bool ok, group *x) {
    if (ok) replace_set(x, made_set);
    return ok;
}

/* A map of a run of keys, some of which come twice. */
static inline bool make_run(size_t first, size_t n, size_t step, long long number) {
    box keys[KEYS], values[KEYS];
    for (size_t i = 0; i < n; i++) {
        keys[i] = box_of((long long)nth(first, i, step));
        values[i] = box_of((number + (long long)i) % 100);
    }
    bool ok = dict_from(&made, keys, values, n);
    for (size_t i = 0; i < n; i++) {
        box_drop(&keys[i]);
        box_drop(&values[i]);
    }
    return ok;
}

static inline bool make_set(size_t first, size_t n, size_t step) {
    uint64_t numbers[KEYS];
    for (size_t i = 0; i < n; i++) numbers[i] = nth(first, i, step);
    return group_from(&made_set, numbers, n);
}

/* The keys that divide to one variable, the others to another; it may be the same one. */
static inline bool part(const dict *x, size_t divisor, dict *yes, dict *no) {
    dict dividing, others;
    if (!dict_partition(x, &dividing, &others, is_multiple, &divisor)) return false;
    replace(yes, dividing);
    replace(no, others);
    return true;
}

/* ---- Differences ---- */

static inline bool apply(const dict_pair *was, const dict_pair *is, void *to) {
    check(was || is, "a change of nothing");
    if (!is) return dict_erase(to, &was->key);
    check(dict_contains(to, &is->key) == (was != NULL), "a change of a pair that is not there");
    return given(dict_put(to, offer_key((size_t)*is->key.held), offer(*is->value.held)));
}

/* Makes *x what y is, change by change. */
static inline bool patch(dict *x, const dict *y) {
    dict next = dict_copy(x);
    bool ok = dict_diff(x, y, apply, &next);
    check(!ok || dict_equal(&next, y), "a difference does not lead to the other map");
    if (ok) dict_swap(x, &next);
    dict_drop(&next);
    return ok;
}

/* One number for what is reported, in any order. */
static inline long long digest_change(size_t k, int was, int is) {
    return (long long)((k + 1) * (k + 17)) * (was * 3 + is * 7 + 5);
}

static inline void digest_pairs(const dict_pair *was, const dict_pair *is, long long *sum) {
    const box *k = was ? &was->key : &is->key;
    check(!was || !is || box_equal(&was->key, &is->key), "a change of one key to another");
    *sum += digest_change((size_t)*k->held, was ? *was->value.held + 1 : 0, is ? *is->value.held + 1 : 0);
}

static inline bool digest_into(const dict_pair *was, const dict_pair *is, void *sum) {
    return digest_pairs(was, is, sum), true;
}

static inline long long difference_of(const dict *x, const dict *y) {
    long long sum = 0;
    check(dict_diff(x, y, digest_into, &sum), "a difference stopped");
    return sum;
}

/* The same, while both variables are given up. Another walk is given up at its first step. */
static inline long long difference_walked(const dict *x, const dict *y) {
    dict was = dict_copy(x), is = dict_copy(y);
    dict_diff_iter it = dict_diff_of(&was, &is);
    const dict_pair *before, *after;
    long long sum = 0;
    dict_diff_iter given_up = dict_diff_of(&was, &is);
    dict_drop(&was);
    dict_drop(&is);
    (void)dict_diff_next(&given_up, &before, &after);
    dict_diff_drop(&given_up);
    while (dict_diff_next(&it, &before, &after)) digest_pairs(before, after, &sum);
    return sum;
}

static inline bool digest_numbers(const uint64_t *was, const uint64_t *is, void *sum) {
    check(!was != !is, "a number that changed");
    *(long long *)sum += digest_change(was ? *was : *is, was != NULL, is != NULL);
    return true;
}

static inline long long difference_of_sets(const group *x, const group *y) {
    long long sum = 0;
    check(group_diff(x, y, digest_numbers, &sum), "a difference stopped");
    return sum;
}

/* ---- Walking ---- */

static inline void sum_pair(void *sum, const dict_pair *e) { digest_pairs(NULL, e, sum); }

static inline bool sum_run(const dict_pair *run, size_t n, void *sum) {
    for (size_t i = 0; i < n; i++) sum_pair(sum, run + i);
    return true;
}

static inline long long folded(const dict *x) {
    long long sum = 0, by_runs = 0;
    dict_fold(x, sum_pair, &sum);
    check(dict_each(x, sum_run, &by_runs) && by_runs == sum, "fold and each meet other pairs");
    return sum;
}

/* An iterator goes over map i as it is now, whatever becomes of that. */
static inline void begin_walk(size_t i) {
    dict_iter_drop(&walk);
    walk = dict_iter_of(&m[i]);
    memcpy(left, wanted[i].v, sizeof left);
}

static inline void walk_on(size_t n) {
    const dict_pair *e;
    for (; n && dict_iter_next(&walk, &e); n--) {
        size_t k = (size_t)*e->key.held;
        check(left[k] == *e->value.held + 1, "a walk meets a pair twice, or a strange one");
        left[k] = 0;
    }
    for (size_t k = 0; n && k < KEYS; k++) check(!left[k], "a walk does not meet a pair");
}

/* Equal maps have equal hashes, however they came to be. */
static inline bool hashes_agree(size_t i, size_t k) {
    return dict_hash(&m[i], 1) == dict_hash(&m[k], 1) || memcmp(wanted[i].v, wanted[k].v, KEYS) != 0;
}

/* ---- Memory ---- */

static inline bool bytes_add_up(const dict *x, const dict *y) {
    size_t all = dict_bytes(x), common = dict_bytes_shared(x, y);
    return dict_bytes_owned(x) <= all && common <= all && common == dict_bytes_shared(y, x) &&
           dict_bytes_shared(x, x) == all && (x == y || dict_bytes_owned(x) + common <= all);
}
