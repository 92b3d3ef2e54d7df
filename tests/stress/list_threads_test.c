/* SPDX-License-Identifier: MIT */
/*
 * Readers and writers of the same lists, all at once, in every way there is. Each list has something that is true
 * of every version of it, so a version that is seen half made, belongs to another list, or was written after it was
 * published, is found: the numbers of each writer follow each other without a gap, no value is there twice,
 * neighbours add up to zero. Readers append to copies of their own, which compete for the tail with the list;
 * nobody may ever see what they append. The boxed elements own memory whose reads and writes are plain, so that
 * ThreadSanitizer sees what is dropped too early; in the end nothing may be left.
 *
 *   list_threads_test [rounds]
 */
#include "../unit/kit_threads.h"

#include <sched.h>
#include <string.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_LIST numbers, size_t
#include "cow/cow.h"
#define COW_LIST boxes, boxed
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#include "cow/cow.h"

enum { THREADS = 4, WRITERS = 2, HOMES = 2, MOST = 1024, STRANGER = -77 };

static numbers counted;    /* of writer w: w, w + WRITERS, ... without a gap */
static boxes homes[HOMES]; /* list i holds i + HOMES * something */
static boxes mirror;       /* is what homes[0] was some time ago */
static boxes absent;       /* holds nothing twice */
static boxes pairs;        /* elements 2i and 2i + 1 add up to 0 */

static atomic_size_t arrived, added; /* where writers meet */

static void set_up(void) {
    atomic_store(&arrived, 0);
    atomic_store(&added, 0);
    CHECK(atomic_load(&alive) == 0);
}

static void tear_down(void) {
    numbers_drop(&counted);
    for (int i = 0; i < HOMES; i++) boxes_drop(&homes[i]);
    boxes_drop(&mirror);
    boxes_drop(&absent);
    boxes_drop(&pairs);
    CHECK(atomic_load(&alive) == 0);
}

/* What a thread keeps from round to round. */
typedef struct self {
    size_t id;
    uint64_t random;
    size_t next;     /* the number that it adds next */
    size_t meetings; /* how many writers have come to all meetings so far */
    numbers_reader counted;
    boxes_reader pairs;
} self;

static size_t draw(self *me, size_t below) {
    me->random = me->random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(me->random >> 33) % below;
}

/* ---- what is true of every version ---- */

/* Of one version of a list of boxes. */
typedef struct seen {
    size_t n;
    int values[MOST];
} seen;

typedef void (*truth)(const seen *v, int home);

static void all_at_home(const seen *v, int home) {
    for (size_t i = 0; i < v->n; i++) CHECK(v->values[i] >= 0 && v->values[i] % HOMES == home);
}

static void none_twice(const seen *v, int home) {
    bool there[64] = {false};
    for (size_t i = 0; i < v->n; i++) {
        CHECK(v->values[i] >= 0 && v->values[i] < 64 && !there[v->values[i]]);
        there[v->values[i]] = true;
    }
    (void)home;
}

static void neighbours_add_up(const seen *v, int home) {
    CHECK(v->n % 2 == 0);
    for (size_t i = 0; i < v->n; i += 2) CHECK(v->values[i] + v->values[i + 1] == home);
}

/* Says what the last number of `writer` is, or that it has none. */
static bool no_gaps(const size_t *p, size_t n, size_t writer, size_t *last) {
    bool some = false;
    for (size_t i = 0; i < n; i++) {
        if (p[i] % WRITERS != writer) continue;
        CHECK(!some || p[i] == *last + WRITERS);
        *last = p[i];
        some = true;
    }
    return some;
}

static void check_numbers(const numbers_array *a) {
    size_t last;
    for (size_t w = 0; w < WRITERS; w++) (void)no_gaps(a->p, a->n, w, &last);
}

/* ---- writers ---- */

static bool is_before(const size_t *number, void *bound) { return *number < *(size_t *)bound; }

static void shorten_numbers(self *me) {
    numbers_sublist front;
    size_t number, bound;
    switch (draw(me, 3)) {
    case 0:
        for (int i = 0; i < 10; i++) CHECK(numbers_remove_at(&counted, 0, &number) || cow_error() == COW_ABSENT);
        break;
    case 1:
        if (!numbers_sublist_of(&counted, 0, 50, &front)) break;
        CHECK(numbers_sublist_clear(&front) || cow_error() == COW_CONFLICT);
        numbers_sublist_drop(&front);
        break;
    default:
        if (numbers_get(&counted, 20, &bound)) CHECK(numbers_remove_if(&counted, is_before, &bound, NULL));
    }
}

/* A writer sees what it wrote, or that it was removed since, with all before it. */
static void write_numbers(self *me) {
    numbers_guard g;
    size_t some[3], n = draw(me, 4), last;
    if (n < 3) {
        CHECK(numbers_add(&counted, me->next));
        me->next += WRITERS;
    } else {
        for (size_t i = 0; i < n; i++) some[i] = me->next + i * WRITERS;
        CHECK(numbers_add_all(&counted, some, n));
        me->next += n * WRITERS;
    }
    CHECK(numbers_borrow(&counted, &g));
    if (no_gaps(g.value->p, g.value->n, me->id, &last)) CHECK(last + WRITERS == me->next);
    numbers_end(&g);
    if (numbers_len(&counted) > 200) shorten_numbers(me);
}

/* A value that the list did not take is ours. */
static void give(bool taken, boxed b) {
    if (taken) return;
    CHECK(cow_error() == COW_RANGE || cow_error() == COW_EXISTS);
    box_drop(&b);
}

static boxes_array some_boxes(int first, int step, size_t n) {
    boxes_array a = {0};
    for (size_t i = 0; i < n; i++) CHECK(boxes_array_push(&a, box(first + (int)i * step)));
    return a;
}

static bool move_on(boxed *b, void *step) {
    *b->value += *(int *)step;
    return *b->value < 0xffffff;
}

static int by_value(const boxed *a, const boxed *b, void *ctx) {
    (void)ctx;
    return (*a->value > *b->value) - (*a->value < *b->value);
}

static void replace_home(self *me, boxes *l, int home) {
    boxes_array all = some_boxes(home, HOMES, draw(me, 8));
    boxes_snapshot old;
    switch (draw(me, 3)) {
    case 0: CHECK(boxes_store(l, all)); return;
    case 1:
        CHECK(boxes_exchange(l, all, &old));
        if (boxes_array_len(boxes_snapshot_value(&old)))
            CHECK(*boxes_array_at(boxes_snapshot_value(&old), 0).value % HOMES == home);
        break;
    default:
        CHECK(boxes_snapshot_of(l, &old));
        if (boxes_compare_exchange(l, &old, all)) break;
        CHECK(cow_error() == COW_CONFLICT);
        boxes_array_drop(&all);
    }
    boxes_snapshot_drop(&old);
}

static void write_home(self *me) {
    int home = (int)draw(me, HOMES), step = HOMES;
    boxes *l = &homes[home];
    size_t n = boxes_len(l), i = draw(me, n + 1);
    boxed b = box(home + HOMES * (int)draw(me, 100)), out = b;
    switch (n > 40 ? 8 : draw(me, 9)) {
    case 0: give(boxes_set(l, i, b, NULL), b); return;
    case 1:
        (void)boxes_set(l, i, b, &out); /* else it is still b */
        CHECK(*out.value % HOMES == home);
        box_drop(&out);
        return;
    case 2: give(boxes_add(l, b), b); return;
    case 3: give(boxes_add_at(l, i, b), b); return;
    case 4:
        if (boxes_remove_at(l, i, &out)) box_drop(&out);
        break;
    case 5: CHECK(boxes_remove(l, &b) || cow_error() == COW_ABSENT); break;
    case 6: CHECK(boxes_replace_all(l, move_on, &step) && boxes_sort_by(l, by_value, NULL)); break;
    case 7: CHECK(boxes_assign(&mirror, &homes[0])); break;
    default: replace_home(me, l, home);
    }
    box_drop(&b);
}

static bool is_multiple(const boxed *b, void *of) { return *b->value % *(int *)of == 0; }

static void write_absent(self *me) {
    boxed b = box((int)draw(me, 60));
    int of = 3 + (int)draw(me, 20);
    boxes_array some;
    switch (draw(me, 7)) {
    case 0:
    case 1:
    case 2: give(boxes_add_if_absent(&absent, b), b); return;
    case 3:
        some = some_boxes((int)draw(me, 32), 2, 12);
        CHECK(boxes_add_all_absent(&absent, some.p, some.n, NULL));
        boxes_array_drop(&some);
        break;
    case 4: CHECK(boxes_remove(&absent, &b) || cow_error() == COW_ABSENT); break;
    case 5: CHECK(boxes_remove_if(&absent, is_multiple, &of, NULL)); break;
    default:
        some = some_boxes((int)draw(me, 16), 1, 40);
        if (draw(me, 2))
            CHECK(boxes_retain_all(&absent, some.p, some.n, NULL));
        else
            CHECK(boxes_remove_all(&absent, some.p, some.n, NULL));
        boxes_array_drop(&some);
    }
    box_drop(&b);
}

static int by_amount(const boxed *a, const boxed *b, void *ctx) {
    (void)ctx;
    return (abs(*a->value) > abs(*b->value)) - (abs(*a->value) < abs(*b->value));
}

static bool negate(boxed *b, void *ctx) {
    (void)ctx;
    *b->value = -*b->value;
    return true;
}

/* Swaps the two of each pair. */
static bool swap_pairs(boxes_array *all, void *ctx) {
    boxed *p = boxes_array_edit(all);
    (void)ctx;
    for (size_t i = 0; p && i + 1 < all->n; i += 2) {
        boxed b = p[i];
        p[i] = p[i + 1];
        p[i + 1] = b;
    }
    return true;
}

static void write_part(self *me, size_t n) {
    boxes_sublist part;
    size_t at = n ? draw(me, n) & ~(size_t)1 : 0;
    if (!boxes_sublist_of(&pairs, at, at + 2, &part)) return;
    for (int i = 0; i < 2; i++)
        if (!boxes_sublist_update(&part, swap_pairs, NULL)) CHECK(cow_error() == COW_CONFLICT);
    if (n > 40 || draw(me, 4) == 0) CHECK(boxes_sublist_erase_range(&part, 0, 2) || cow_error() == COW_CONFLICT);
    boxes_sublist_drop(&part);
}

/* Puts a pair behind another one, or takes one out: as often as it takes. */
static void write_with_a_writer(self *me) {
    boxes_writer w;
    const boxed *e;
    int value = (int)draw(me, 1000);
    for (bool done = false; !done;) {
        CHECK(boxes_writer_of(&pairs, &w));
        if (boxes_writer_next(&w, &e) && boxes_writer_next(&w, &e) && draw(me, 3) == 0) {
            CHECK(boxes_writer_remove(&w) && boxes_writer_prev(&w, &e) && boxes_writer_remove(&w));
            CHECK(!boxes_writer_remove(&w) && cow_error() == COW_ABSENT);
        } else {
            CHECK(boxes_writer_add(&w, box(value)) && boxes_writer_add(&w, box(-value)));
            CHECK(boxes_writer_prev(&w, &e) && boxes_writer_set(&w, box(-value)));
        }
        done = boxes_writer_commit(&pairs, &w);
        if (done) break;
        CHECK(cow_error() == COW_CONFLICT);
        boxes_writer_drop(&w);
    }
}

static void write_pairs(self *me) {
    int value = (int)draw(me, 1000);
    size_t n = boxes_len(&pairs);
    boxes_array two;
    switch (n > 60 ? 5 : draw(me, 6)) {
    case 0:
        two = some_boxes(value, -2 * value, 2);
        CHECK(boxes_add_all_at(&pairs, draw(me, n + 1) & ~(size_t)1, two.p, 2) || cow_error() == COW_RANGE);
        boxes_array_drop(&two);
        break;
    case 1: CHECK(boxes_update(&pairs, swap_pairs, NULL)); break;
    case 2: CHECK(boxes_sort_by(&pairs, by_amount, NULL)); break;
    case 3: CHECK(boxes_replace_all(&pairs, negate, NULL)); break;
    case 4: write_with_a_writer(me); break;
    default: write_part(me, n);
    }
    if (draw(me, 1000) == 0) boxes_clear(&pairs);
}

static void meet(self *me) {
    me->meetings += WRITERS;
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < me->meetings) sched_yield();
}

/* All writers look for one value at the same time, and find it absent. One of them adds it. */
static void add_at_once(self *me) {
    int value = 63;
    boxed b = box(value);
    meet(me);
    bool mine = boxes_add_if_absent(&absent, b);
    give(mine, b);
    if (mine) atomic_fetch_add(&added, 1);
    meet(me);
    CHECK(atomic_load(&added) == 1);
    meet(me);
    if (mine) {
        atomic_store(&added, 0);
        CHECK(boxes_remove(&absent, &(boxed){&value}));
    }
    meet(me);
}

static void write_once(self *me, size_t round) {
    for (int i = 0; i < 4; i++) write_numbers(me);
    write_home(me);
    write_absent(me);
    write_pairs(me);
    if (round % 4 == 0) add_at_once(me);
}

/* ---- readers ---- */

static void see(seen *v, const boxes_array *a) {
    CHECK(a->n <= MOST);
    v->n = a->n;
    for (size_t i = 0; i < a->n; i++) v->values[i] = *a->p[i].value;
}

static bool see_one(const boxed *e, void *seeing) {
    seen *v = (seen *)seeing;
    CHECK(v->n < MOST);
    v->values[v->n++] = *e->value;
    return true;
}

static void see_borrowed(seen *v, const boxes *l, size_t times) {
    boxes_guard g[9];
    for (size_t i = 0; i < times; i++) CHECK(boxes_borrow(l, &g[i]));
    see(v, g[times - 1].value);
    for (size_t i = 0; i < times; i++) boxes_end(&g[(i + 3) % times]);
}

/* A copy of its own, which competes for the tail with the list: nobody else sees what is appended. */
static void see_loaded(seen *v, const boxes *l) {
    boxes_array mine;
    CHECK(boxes_load(l, &mine));
    see(v, &mine);
    CHECK(boxes_array_push(&mine, box(STRANGER)));
    for (size_t i = 0; i < v->n; i++) CHECK(*mine.p[i].value == v->values[i]);
    CHECK(mine.n == v->n + 1 && *mine.p[v->n].value == STRANGER);
    boxes_array_drop(&mine);
}

static void see_copies(seen *v, const boxes *l) {
    boxed copies[MOST];
    CHECK(boxes_copy_to(l, copies, MOST, &v->n));
    for (size_t i = 0; i < v->n; i++) {
        v->values[i] = *copies[i].value;
        box_drop(&copies[i]);
    }
}

static void see_backwards(seen *v, const boxes *l) {
    boxes_iter it;
    const boxed *e;
    CHECK(boxes_iter_at(l, COW_NPOS, &it));
    v->n = boxes_iter_index(&it);
    CHECK(v->n <= MOST);
    for (size_t i = v->n; i > 0; i--) {
        CHECK(boxes_iter_prev(&it, &e));
        v->values[i - 1] = *e->value;
    }
    CHECK(!boxes_iter_prev(&it, &e));
    for (size_t i = 0; boxes_iter_next(&it, &e); i++) CHECK(v->values[i] == *e->value);
    boxes_iter_drop(&it);
}

/* A writer that changes its copy and gives up. */
static void see_with_a_writer(seen *v, const boxes *l) {
    boxes_writer w;
    const boxed *e;
    v->n = 0;
    CHECK(boxes_writer_of(l, &w));
    while (boxes_writer_next(&w, &e)) (void)see_one(e, v);
    CHECK(boxes_writer_add(&w, box(STRANGER)));
    if (v->n) CHECK(boxes_writer_prev(&w, &e) && boxes_writer_prev(&w, &e) && boxes_writer_set(&w, box(STRANGER)));
    boxes_writer_drop(&w);
}

static void see_snapshot(seen *v, const boxes *l) {
    boxes_snapshot s, other;
    CHECK(boxes_snapshot_of(l, &s));
    other = boxes_snapshot_copy(&s);
    boxes_snapshot_drop(&s);
    see(v, boxes_snapshot_value(&other));
    boxes_snapshot_drop(&other);
}

static void read_boxes(self *me, const boxes *l, truth is_true, int home) {
    seen v;
    v.n = 0;
    switch (draw(me, 8)) {
    case 0: see_borrowed(&v, l, 1); break;
    case 1: see_borrowed(&v, l, 9); break;
    case 2: see_loaded(&v, l); break;
    case 3: see_copies(&v, l); break;
    case 4: see_backwards(&v, l); break;
    case 5: see_with_a_writer(&v, l); break;
    case 6: see_snapshot(&v, l); break;
    default: CHECK(boxes_for_each(l, see_one, &v));
    }
    is_true(&v, home);
}

static void read_numbers(self *me) {
    numbers_array mine;
    const numbers_array *now = numbers_cached(&counted, &me->counted);
    CHECK(now);
    check_numbers(now);
    if (draw(me, 16) == 0) numbers_idle(&me->counted);
    CHECK(numbers_load(&counted, &mine));
    for (size_t i = 0, n = draw(me, 3); i < n; i++) CHECK(numbers_array_push(&mine, SIZE_MAX - i));
    while (mine.n && mine.p[mine.n - 1] > SIZE_MAX / 2) CHECK(numbers_array_pop(&mine, NULL));
    check_numbers(&mine);
    numbers_array_drop(&mine);
}

static void read_pairs(self *me) {
    seen v;
    const boxes_array *now = boxes_cached(&pairs, &me->pairs);
    boxed value;
    CHECK(now);
    see(&v, now);
    neighbours_add_up(&v, 0);
    if (draw(me, 16) == 0) boxes_idle(&me->pairs);
    if (boxes_get(&homes[1], draw(me, 40), &value)) {
        CHECK(*value.value % HOMES == 1);
        box_drop(&value);
    }
    CHECK(!boxes_contains(&homes[0], &(boxed){&(int){1}}));
    (void)boxes_equal(&homes[0], &mirror);
}

/* A thread that comes, leaves a snapshot to the one that made it, and goes without ending its borrows. */
static void *visit(void *snapshot) {
    boxes_guard g, h;
    numbers_guard i;
    CHECK(boxes_borrow(&pairs, &g) && numbers_borrow(&counted, &i) && boxes_borrow(&absent, &h));
    CHECK(boxes_snapshot_of(&pairs, (boxes_snapshot *)snapshot));
    check_numbers(i.value);
    boxes_end(&g);
    return NULL;
}

static void receive_visit(void) {
    pthread_t visitor;
    boxes_snapshot s;
    seen v;
    CHECK(pthread_create(&visitor, NULL, visit, &s) == 0 && pthread_join(visitor, NULL) == 0);
    see(&v, boxes_snapshot_value(&s));
    neighbours_add_up(&v, 0);
    boxes_snapshot_drop(&s);
}

static void read_once(self *me, size_t round) {
    for (int i = 0; i < HOMES; i++) read_boxes(me, &homes[i], all_at_home, i);
    read_boxes(me, &mirror, all_at_home, 0);
    read_boxes(me, &absent, none_twice, 0);
    read_boxes(me, &pairs, neighbours_add_up, 0);
    read_numbers(me);
    read_pairs(me);
    if (round % 512 == 0) receive_visit();
}

static void *work(void *job) {
    const size_t *j = (const size_t *)job;
    self me;
    memset(&me, 0, sizeof me);
    me.id = me.next = j[0] % THREADS;
    me.random = j[0] + 1;
    for (size_t i = 0; i < j[1]; i++) {
        if (me.id < WRITERS)
            write_once(&me, i);
        else
            read_once(&me, i);
    }
    numbers_idle(&me.counted);
    boxes_idle(&me.pairs);
    return NULL;
}

int main(int argc, char **argv) {
    enum { TURNS = 10 };
    size_t rounds = (argc > 1 ? strtoull(argv[1], NULL, 10) : 5000) / TURNS + 1;
    kit_turns(&(kit_turn){set_up, work, tear_down}, TURNS, THREADS, rounds);
    printf("list threads: %d turns x %d readers and %d writers x %zu rounds over shared lists: no version with a wrong "
           "value, nothing lost, nothing dropped twice\n",
           TURNS, THREADS - WRITERS, WRITERS, rounds);
    return 0;
}
