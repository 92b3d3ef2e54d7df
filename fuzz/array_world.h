/* SPDX-License-Identifier: MIT */
/* array_world: six arrays that share buffers, and what each should hold. Elements own heap memory, so that an element lost,
   dropped twice or used after its drop shows: in the sanitizers, and in a count of those alive. */
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

#define COW_ARRAY boxes, box
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#define COW_COMPARE box_compare
#define COW_HASH box_hash
#include "cow/cow.h"

enum { ARRAYS = 6, MOST = 96 };

static boxes a[ARRAYS];
static struct {
    int v[MOST];
    size_t n;
} wanted[ARRAYS];

static inline void want(size_t i, size_t n, const int *v) {
    wanted[i].n = n;
    if (n) memcpy(wanted[i].v, v, n * sizeof *v);
}

static void check_all(void) {
    for (size_t i = 0; i < ARRAYS; i++) {
        check(a[i].n == wanted[i].n, "an array has another length than it should");
        for (size_t k = 0; k < wanted[i].n; k++)
            check(*a[i].p[k].held == wanted[i].v[k], "an element is not what it should be");
    }
}

static void finish(void) {
    for (size_t i = 0; i < ARRAYS; i++) boxes_drop(&a[i]);
    check(boxes_alive == 0, "an element is lost");
    check_blocks();
}

/* An element passed by value, which stays ours when the call fails. */
static box offered;

static inline box offer(long long number) { return offered = box_of(number); }

static inline bool given(bool ok) {
    if (!ok) box_drop(&offered);
    return ok;
}

/* An element that a call gives us. */
static box taken;

static inline bool took(bool ok, long long number) {
    if (!ok) return false;
    check(*taken.held == number, "another element was taken");
    box_drop(&taken);
    return true;
}

/* Borrows element i of an array for a call, NULL when it is empty. */
static inline const box *in(size_t i, size_t element) { return a[i].n ? a[i].p + element : NULL; }

/* A key to look for. */
static int key_number;

static inline const box *key(long long number) {
    static const box k = {&key_number};
    key_number = (int)number;
    return &k;
}

/* Memory that belongs to nobody who drops it. */
static int shelf_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const box shelf[] = {{shelf_numbers},     {shelf_numbers + 1}, {shelf_numbers + 2}, {shelf_numbers + 3},
                            {shelf_numbers + 4}, {shelf_numbers + 5}, {shelf_numbers + 6}, {shelf_numbers + 7}};

static inline void replace(boxes *x, boxes by) {
    boxes_drop(x);
    *x = by;
}

/* Replaces an array by the one that a call makes. */
static boxes made;

static inline bool replace_when(bool ok, boxes *x) {
    if (ok) replace(x, made);
    return ok;
}

static inline bool concat_slice(boxes *x, const boxes *y, size_t first, size_t last) {
    boxes slice = boxes_slice(y, first, last);
    bool ok = boxes_concat(x, &slice);
    boxes_drop(&slice);
    return ok;
}

static inline bool write_to(box *b, long long number) {
    if (b) *b->held = (int)number;
    return b != NULL;
}

static inline bool increment(box *b, size_t n) {
    for (size_t i = 0; b && i < n; i++) *b[i].held = (*b[i].held + 1) % 100;
    return b != NULL;
}

static inline bool is_even(const box *b, void *ctx) { return (void)ctx, *b->held % 2 == 0; }

/* Tens order the boxes, units tell them apart, so that stability shows. */
static inline int by_tens(const box *x, const box *y, void *ctx) { return (void)ctx, *x->held / 10 - *y->held / 10; }

/* The sum of the elements as an iterator sees them while the value it came from is given up. */
static inline long long sum_of_copy(const boxes *x) {
    boxes copy = boxes_copy(x);
    boxes_iter it = boxes_iter_of(&copy);
    const box *b;
    long long sum = 0;
    boxes_drop(&copy);
    while (boxes_iter_next(&it, &b)) sum += *b->held;
    return sum;
}

/* What a borrowed element holds, -1 for none. */
static inline long long number_in(const box *b) { return b ? *b->held : -1; }

static inline int sign_of(int order) { return (order > 0) - (order < 0); }
