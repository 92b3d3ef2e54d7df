/* SPDX-License-Identifier: MIT */
/*
 * 10,000,000 values nested in each other, dropped on a thread with 64 KiB of stack: a drop that recursed would be dead after a
 * few hundred levels. Then the same for deep arrays of arrays that are dropped by a change in the middle of another value.
 *
 *   deep_drop_test [depth]
 */
#define _GNU_SOURCE
#include "../unit/kit_stack.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

typedef struct nest nest;
#define COW_ARRAY nests, nest
#define COW_FORWARD
#include "cow/cow.h"

struct nest {
    nests inner;
};
static size_t dropped;
static bool nest_copy(nest *to, const nest *from) {
    to->inner = nests_copy(&from->inner);
    return true;
}
static void nest_drop(nest *n) {
    dropped++;
    nests_drop(&n->inner);
}
#define COW_ARRAY nests, nest
#define COW_FORWARDED
#define COW_COPY nest_copy
#define COW_DROP nest_drop
#include "cow/cow.h"

static nests chain(size_t depth) {
    nests all = {0};
    for (size_t i = 0; i < depth; i++) {
        nests outer = {0};
        must(nests_with_capacity(&outer, 1) && nests_push(&outer, (nest){all}), "building the chain");
        all = outer;
    }
    return all;
}

static void *drop_all(void *a) {
    nests_drop(a);
    return NULL;
}

static void *clear_one_of_two(void *a) {
    must(nests_erase(a, 0), "erasing the first of two deep values");
    return NULL;
}

int main(int argc, char **argv) {
    size_t depth = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    double start = seconds();
    nests all = chain(depth);
    double built = seconds();
    run_on_a_small_stack(drop_all, &all);
    double ended = seconds();
    must(dropped == depth, "every level is dropped once");
    printf("deep drop: %zu nested values on a stack of %d KiB: built in %.2f s, dropped in %.2f s\n", depth,
           STACK >> 10, built - start, ended - built);

    size_t less = depth / 10;
    nests two = {0};
    must(nests_push(&two, (nest){chain(less)}) && nests_push(&two, (nest){chain(less)}), "building two chains");
    dropped = 0;
    run_on_a_small_stack(clear_one_of_two, &two);
    must(dropped == less + 1, "erase drops one chain whole");
    run_on_a_small_stack(drop_all, &two);
    must(dropped == 2 * (less + 1), "and drop the other");
    printf("deep drop: %zu more levels dropped by an erase in the middle\n", less);
    return 0;
}
