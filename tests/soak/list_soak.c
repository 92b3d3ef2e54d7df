/* SPDX-License-Identifier: MIT */
/*
 * Lists and sets for as long as you like: writers that change them in all ways, readers of all sorts, borrows that outlive
 * thousands of versions, threads that come and go, and threads that wait; on lists, on sets and on sets that keep their
 * order, of plain items and of such as own a block. Each item carries a checksum, and each list and set has a rule that
 * every change keeps (list_item.h): so a version that is torn, freed, or has lost a change shows at once. Writers know what
 * the others cannot change, and find that, too.
 *
 *   list_soak [seconds]
 */
#include "soak.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#include "list_item.h"

enum {
    TYPES = 6,
    READERS = 3,
    HOLDERS = 2,
    VISITORS = 2, /* short-lived threads at once */
    WAITERS = 1,
    MOST_BORROWED = 9, /* at once by a reader */
    MOST_OUTLIVED = 3000,
    OF_LISTS = 2 * LISTS,
    /* What a reader may hold of lists: borrows, a reader and a snapshot for each, and a snapshot on its way. A writer holds
       what it begins with, what it makes of it, a borrow, and a version that it has taken out; each list keeps a spare one. */
    HELD_BY_READER = MOST_BORROWED + 2 * OF_LISTS + 2,
    HELD_BY_WRITER = 6,
    MOST_VERSIONS = 2 * OF_LISTS + (READERS + VISITORS + WAITERS) * (HELD_BY_READER + HELD_BY_WRITER) + HOLDERS * 2 +
                    WRITERS * HELD_BY_WRITER,
    MOST_BYTES = 3 * MOST_VERSIONS * 32768
};

/* ---- memory of lists and sets, which is overwritten when it is given back ---- */

/* Versions of lists are counted: no other block is as small. Those of sets cannot be told from nodes. */
enum { LIST_VERSION = COW__VERSION_HEAD + 3 * sizeof(void *) };

static void *take_block(void *ctx, size_t size) {
    return size == *(const size_t *)ctx ? soak_version_take(NULL, size) : soak_malloc(size);
}

static void give_block_back(void *ctx, void *p, size_t size) {
    memset(p, 0xdd, size);
    if (size == *(const size_t *)ctx)
        soak_version_give_back(NULL, p, size);
    else
        soak_free(p, size);
}

static size_t list_version = LIST_VERSION, no_version = 0;
static const cow_alloc lists_alloc = {take_block, NULL, give_block_back, &list_version};
static const cow_alloc sets_alloc = {take_block, NULL, give_block_back, &no_version};

/* ---- the lists and sets ---- */

#define X plain_list
#define E plain
#define HOME 0
#include "list_kind.h"
_Static_assert(sizeof(plain_list_array) == 3 * sizeof(void *), "the size of a version of a list");

#define X boxed_list
#define E boxed
#define HOME 8
#define OWNS
#include "list_kind.h"

#define X plain_keys
#define E plain
#define HOME 16
#include "set_kind.h"

#define X boxed_keys
#define E boxed
#define HOME 24
#define OWNS
#include "set_kind.h"

#define X plain_order
#define E plain
#define HOME 32
#define KEEP
#include "set_kind.h"

#define X boxed_order
#define E boxed
#define HOME 40
#define OWNS
#define KEEP
#include "set_kind.h"

/* ---- roles ---- */

#define EACH_TYPE(DO) DO(plain_list) DO(boxed_list) DO(plain_keys) DO(boxed_keys) DO(plain_order) DO(boxed_order)

#define HAND(x) hand_##x x;
typedef struct hands {
    EACH_TYPE(HAND)
} hands;

/* What a thread does to one type, the number of the type being how it is chosen. */
typedef struct type_of_soak {
    void (*read)(hands *h, uint64_t *random);
    void (*let_go)(hands *h);
    void (*wait)(hands *h, uint64_t *random);
    size_t (*hold)(uint64_t *random);
    void (*write)(unsigned me, uint64_t *random);
    void (*change_shared)(uint64_t *random);
    void (*leave_open)(unsigned i);
    void (*set_up)(void);
    void (*check_end)(void);
    void (*tear_down)(void);
} type_of_soak;

#define WITH_HANDS(x)                                                                 \
    static void any_read_##x(hands *h, uint64_t *random) { read_##x(&h->x, random); } \
    static void any_let_go_##x(hands *h) { let_go_##x(&h->x); }                       \
    static void any_wait_##x(hands *h, uint64_t *random) { wait_##x(&h->x, random); }
EACH_TYPE(WITH_HANDS)

#define ROW(x)                                                                  \
    {any_read_##x,      any_let_go_##x, any_wait_##x, hold_##x,      write_##x, \
     change_shared_##x, leave_open_##x, set_up_##x,   check_end_##x, tear_down_##x},
static const type_of_soak types[] = {EACH_TYPE(ROW)};
_Static_assert(sizeof types / sizeof *types == TYPES, "the number of types");

static const type_of_soak *any_type(uint64_t *random) { return &types[soak_pick(random, TYPES)]; }

static void let_go(hands *h) {
    for (unsigned i = 0; i < TYPES; i++) types[i].let_go(h);
}

static void read_all(soak_worker *me) {
    hands h;
    memset(&h, 0, sizeof h);
    while (soak_goes_on()) {
        any_type(&me->random)->read(&h, &me->random);
        soak_did(me);
    }
    let_go(&h);
}

static soak_count outlived; /* versions, by one borrow */

static void hold(soak_worker *me) {
    while (soak_goes_on()) {
        size_t passed = any_type(&me->random)->hold(&me->random);
        soak_add(&outlived, (long long)passed);
        soak_add(&outlived, -(long long)passed);
        soak_did(me);
    }
}

/* Reads, changes what all may change, and leaves with open borrows. */
static void *visit(void *random_state) {
    uint64_t random = *(uint64_t *)random_state;
    hands h;
    memset(&h, 0, sizeof h);
    for (unsigned n = soak_pick(&random, 50); n--;) any_type(&random)->read(&h, &random);
    for (unsigned n = soak_pick(&random, 20); n--;) any_type(&random)->change_shared(&random);
    let_go(&h);
    for (unsigned i = 0; i < TYPES; i++)
        if (soak_pick(&random, 2)) types[i].leave_open(soak_pick(&random, 2));
    return NULL;
}

/* Lets threads come and go, each beginning before another one ends. */
static void receive(soak_worker *me) {
    pthread_t threads[VISITORS];
    uint64_t randoms[VISITORS];
    unsigned turn = 0;
    for (unsigned i = 0; i < VISITORS; i++) {
        randoms[i] = soak_random(&me->random);
        CHECK(pthread_create(&threads[i], NULL, visit, &randoms[i]) == 0);
    }
    for (; soak_goes_on(); turn = (turn + 1) % VISITORS) {
        CHECK(pthread_join(threads[turn], NULL) == 0);
        randoms[turn] = soak_random(&me->random);
        CHECK(pthread_create(&threads[turn], NULL, visit, &randoms[turn]) == 0);
        soak_did(me);
    }
    for (unsigned i = 0; i < VISITORS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

static void wait_for_changes(soak_worker *me) {
    hands h;
    memset(&h, 0, sizeof h);
    while (soak_goes_on()) {
        any_type(&me->random)->wait(&h, &me->random);
        soak_did(me);
    }
    let_go(&h);
}

static atomic_uint writers; /* that have a number */

static void change(soak_worker *me) {
    unsigned i = atomic_fetch_add(&writers, 1);
    while (soak_goes_on()) {
        any_type(&me->random)->write(i, &me->random);
        soak_did(me);
    }
}

static const soak_role roles[] = {{"reads", READERS, read_all}, {"held", HOLDERS, hold},
                                  {"visitors", 1, receive},     {"waits", WAITERS, wait_for_changes},
                                  {"changes", WRITERS, change}, {NULL, 0, NULL}};

/* ---- the end ---- */

/* The records of threads are kept to be used again. A thread may make one while another one gives its own back. */
static long long check_nothing_left(void) {
    long long records = soak_now(&soak_blocks);
    CHECK(soak_now(&soak_versions) == 0);
    CHECK(soak_now(&soak_bytes) == records * COW__READER_BLOCK);
    CHECK(records <= 2 * (READERS + HOLDERS + VISITORS + WAITERS + WRITERS + 1));
    return records;
}

int main(int count, char **arguments) {
    double seconds = count > 1 ? strtod(arguments[1], NULL) : 600;
    for (unsigned i = 0; i < TYPES; i++) types[i].set_up();
    soak_run("lists", roles, seconds, MOST_VERSIONS);
    for (unsigned i = 0; i < TYPES; i++) types[i].check_end();
    for (unsigned i = 0; i < TYPES; i++) types[i].tear_down();
    long long records = check_nothing_left();
    CHECK(soak_most(&soak_bytes) <= MOST_BYTES);
    printf("soak: lists: %.0f s: %llu changes by %d writers, %llu readings by %d readers, %llu borrows of which one "
           "outlived %lld versions, %llu threads came and went, %llu waits; at most %lld of %d versions of lists and "
           "%lld KB at once; no wrong version, nothing left but %lld records\n",
           seconds, soak_done(&roles[4]), WRITERS, soak_done(&roles[0]), READERS, soak_done(&roles[1]),
           soak_most(&outlived), soak_done(&roles[2]), soak_done(&roles[3]), soak_most(&soak_versions), MOST_VERSIONS,
           soak_most(&soak_bytes) / 1024, records);
    return 0;
}
