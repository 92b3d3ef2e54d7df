/* SPDX-License-Identifier: MIT */
/* list_world: two lists, all that holds a version of them, and what each should hold. Elements own heap memory, so that one
   lost, dropped twice or used after its drop shows: in the sanitizers, and in a count of those alive. Their hooks read the
   lists, as hooks may, in the middle of whatever happens to them. */
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

static void look_at_lists(void);

static inline bool box_copy(box *to, const box *from) {
    look_at_lists();
    if (fails_now()) return false;
    *to = box_of(*from->held);
    return true;
}

static inline void box_drop(box *b) {
    free(b->held);
    boxes_alive--;
    look_at_lists();
}

static inline bool box_equal(const box *x, const box *y) { return *x->held == *y->held; }
static inline int box_compare(const box *x, const box *y) { return *x->held - *y->held; }
static inline uint64_t box_hash(const box *x, uint64_t seed) { return cow_hash_u64((uint64_t)*x->held, seed); }

#define COW_LIST list, box
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#define COW_COMPARE box_compare
#define COW_HASH box_hash
#include "cow/cow.h"

enum { LISTS = 2, SNAPSHOTS = 3, ARRAYS = 3, ITERS = 2, WRITERS = 2, SUBS = 3, GUARDS = 9, READERS = 2, MOST = 48 };

/* Where the model has them. The first three are what elements are taken from. */
enum {
    LIST,
    SNAPSHOT = LIST + LISTS,
    ARRAY = SNAPSHOT + SNAPSHOTS,
    SOURCES = ARRAY + ARRAYS,
    ITER = SOURCES,
    WRITER = ITER + ITERS,
    SUB = WRITER + WRITERS,
    BORROWED = SUB + SUBS,
    ALL = BORROWED + GUARDS,
    STALE = MOST + 1 /* the length of a sub-list when somebody else changed the list */
};

static list l[LISTS];
static list_snapshot s[SNAPSHOTS];
static list_array a[ARRAYS];
static list_iter it[ITERS];
static list_writer w[WRITERS] = {{.last = COW_NPOS}, {.last = COW_NPOS}}; /* as a drop leaves them */
static list_sublist p[SUBS] = {{.list = &l[0]}, {.list = &l[0]}, {.list = &l[0]}};
static list_guard g[GUARDS]; /* more than a thread's slots */
static list_reader r[READERS];

static struct {
    int v[MOST];
    size_t n;
} wanted[ALL];

static inline void want(size_t i, size_t n, const int *v) {
    wanted[i].n = n;
    if (n && v) memcpy(wanted[i].v, v, n * sizeof *v);
}

/* A thread's first reading makes it a record, which stays for good: that is the first thing a program does. */
static void open_record(void) {
    static bool open;
    if (open) return;
    open = true;
    check(list_is_empty(&l[0]), "a new list is not empty");
    blocks = 0;
}

static void look_at_lists(void) {
    for (size_t i = 0; i < LISTS; i++) {
        list_guard guard;
        check(list_borrow(&l[i], &guard), "a list cannot be read");
        check(!guard.value->n || *guard.value->p[0].held < 200, "a list has a dead element");
        list_end(&guard);
    }
}

/* What a list holds now; it stays there until the list changes. */
static inline const list_array *now(const list *x) {
    list_guard guard;
    check(list_borrow(x, &guard), "a list cannot be read");
    const list_array *all = guard.value;
    list_end(&guard);
    return all;
}

static inline void check_array(size_t i, const list_array *all) {
    check(all->n == wanted[i].n, "a list has another length than it should");
    for (size_t k = 0; k < wanted[i].n; k++)
        check(*all->p[k].held == wanted[i].v[k], "an element is not what it should be");
}

static inline void check_sub(size_t i) {
    list_array part;
    size_t n = STALE;
    bool fresh = list_sublist_load(&p[i], &part);
    check(fresh == (wanted[SUB + i].n != STALE), "a sub-list is in conflict and should not be, or the other way round");
    check(list_sublist_len(&p[i], &n) == fresh && n == wanted[SUB + i].n, "a sub-list has another length");
    check(fresh || cow_error() == COW_CONFLICT, "a sub-list is in conflict for another reason");
    if (!fresh) return;
    check_array(SUB + i, &part);
    list_array_drop(&part);
}

static void check_all(void) {
    for (size_t i = 0; i < LISTS; i++) check_array(LIST + i, now(&l[i]));
    for (size_t i = 0; i < SNAPSHOTS; i++) check_array(SNAPSHOT + i, list_snapshot_value(&s[i]));
    for (size_t i = 0; i < ARRAYS; i++) check_array(ARRAY + i, &a[i]);
    for (size_t i = 0; i < ITERS; i++) check_array(ITER + i, list_snapshot_value(&it[i].s));
    for (size_t i = 0; i < WRITERS; i++) check_array(WRITER + i, &w[i].all);
    for (size_t i = 0; i < SUBS; i++) check_sub(i);
    for (size_t i = 0; i < GUARDS; i++)
        if (g[i].value) check_array(BORROWED + i, g[i].value);
}

static void finish(void) {
    for (size_t i = 0; i < LISTS; i++) list_drop(&l[i]);
    for (size_t i = 0; i < SNAPSHOTS; i++) list_snapshot_drop(&s[i]);
    for (size_t i = 0; i < ARRAYS; i++) list_array_drop(&a[i]);
    for (size_t i = 0; i < ITERS; i++) list_iter_drop(&it[i]);
    for (size_t i = 0; i < WRITERS; i++) list_writer_drop(&w[i]);
    for (size_t i = 0; i < SUBS; i++) {
        list_sublist_drop(&p[i]);
        p[i].list = &l[0];
    }
    for (size_t i = 0; i < GUARDS; i++) list_end(&g[i]);
    for (size_t i = 0; i < READERS; i++) list_idle(&r[i]);
    memset(l, 0, sizeof l);
    check(boxes_alive == 0, "an element is lost");
    check_blocks();
}

/* A change makes its version before it looks at its arguments: so what is refused may run out of memory first. */
static inline void refused_by_list(bool ok, int reason) {
    size_t injected = settle();
    check(!ok, "a call that makes no sense was not refused");
    check((int)cow_error() == reason || (injected && (cow_error() == COW_NOMEM || cow_error() == COW_HOOK)),
          "a call was refused for another reason");
}
#define refused refused_by_list

/* ---- Elements of a call ---- */

/* Passed by value, it stays ours when the call fails. */
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

/* How many elements a call says it has added or removed. */
enum { UNCOUNTED = 777 };
static size_t counted = UNCOUNTED;

static inline bool counts(bool ok, size_t expected) {
    size_t n = counted;
    counted = UNCOUNTED;
    check(n == (ok ? expected : UNCOUNTED), "another number of elements was added or removed");
    return ok;
}

/* Borrows an element of a list, a snapshot or an array for a call, NULL when it is empty. */
static inline const box *in(size_t i, size_t element) {
    const list_array *all = i < SNAPSHOT ? now(&l[i])
                            : i < ARRAY  ? list_snapshot_value(&s[i - SNAPSHOT])
                                         : &a[i - ARRAY];
    return all->n ? all->p + element : NULL;
}

/* A key to look for. */
static int key_number;

static inline const box *key(long long number) {
    static const box k = {&key_number};
    key_number = (int)number;
    return &k;
}

/* An array that is given to a list. */
static list_array lent;

static inline list_array share(const list_array *x) { return lent = list_array_copy(x); }

static inline bool stored(bool ok) {
    if (!ok) list_array_drop(&lent);
    return ok;
}

/* ---- Values that take the place of another ---- */

static inline void load(list_array *to, const list *from) {
    list_array all;
    if (!list_load(from, &all)) return;
    list_array_drop(to);
    *to = all;
}

static inline void keep(list_snapshot *to, const list *from) {
    list_snapshot_drop(to);
    check(list_snapshot_of(from, to), "a list cannot be read");
}

static inline void keep_copy(list_snapshot *to, const list_snapshot *from) {
    list_snapshot copy = list_snapshot_copy(from);
    list_snapshot_drop(to);
    *to = copy;
}

/* The version that a list had goes to *to. */
static inline bool exchange(list *x, const list_array *by, list_snapshot *to) {
    list_snapshot old = {NULL};
    if (!stored(list_exchange(x, share(by), &old))) return false;
    list_snapshot_drop(to);
    *to = old;
    return true;
}

static inline void borrow(list_guard *guard, const list *from) {
    list_end(guard);
    check(list_borrow(from, guard), "a list cannot be read");
}

static inline void borrow_all(const list *from) {
    for (size_t i = 0; i < GUARDS; i++) borrow(&g[i], from);
}

/* A list that is made of elements gives its version to another one. */
static inline bool remake(list *x, const box *src, size_t n) {
    list made;
    if (!list_from(&made, src, n)) return false;
    list_array all;
    bool ok = list_load(&made, &all);
    list_drop(&made);
    if (ok && !list_store(x, all)) list_array_drop(&all), ok = false;
    return ok;
}

/* ---- Functions for changes of a whole array ---- */

enum { LEAVE, PUSH, PUSH_FRONT, POP_FRONT, SORT, REVERSE, CLEAR, BECOME, PUSH_AND_REFUSE, EDITS };

struct edit {
    size_t kind;
    long long number;
    const list_array *with;
};

static inline bool edit(list_array *all, void *ctx) {
    const struct edit *e = ctx;
    switch (e->kind) {
    case PUSH: return given(list_array_push(all, offer(e->number)));
    case PUSH_FRONT: return given(list_array_push_front(all, offer(e->number)));
    case POP_FRONT: return !all->n || list_array_pop_front(all, NULL);
    case SORT: return list_array_sort(all);
    case REVERSE: return list_array_reverse(all);
    case CLEAR: return list_array_clear(all), true;
    case BECOME: return list_array_assign(all, e->with), true;
    case PUSH_AND_REFUSE: return given(list_array_push(all, offer(e->number))) && false;
    default: return true;
    }
}

static inline bool update(list *x, size_t kind, long long number, size_t with) {
    return list_update(x, edit, &(struct edit){kind, number, &a[with]});
}

static inline bool update_part(list_sublist *x, size_t kind, long long number, size_t with) {
    return list_sublist_update(x, edit, &(struct edit){kind, number, &a[with]});
}

static inline bool increment(box *b, void *ctx) {
    (void)ctx;
    if (fails_now()) return false;
    *b->held = (*b->held + 1) % 100;
    return true;
}

static inline bool is_multiple(const box *b, void *of) { return (size_t)*b->held % *(size_t *)of == 0; }

/* Tens order the boxes, units tell them apart, so that stability shows. */
static inline int by_tens(const box *x, const box *y, void *ctx) { return (void)ctx, *x->held / 10 - *y->held / 10; }

/* ---- Reading ---- */

/* The sum of the first elements, until it is more than 200. */
static inline bool add_up(const box *b, void *sum) { return (*(long long *)sum += *b->held) <= 200; }

static inline long long sum_of(const list *x) {
    long long sum = 0;
    bool all = list_for_each(x, add_up, &sum);
    return all ? sum : -sum;
}

/* Adds each element once more, while it is visited. What fails is tried again. */
static inline bool add_again(const box *b, void *to) {
    size_t before;
    bool ok;
    do {
        before = failures;
        ok = given(list_add(to, offer(*b->held)));
        check(ok || failures > before, "a call failed for no reason");
    } while (!ok);
    return true;
}

static inline void echo(list *x) { check(list_for_each(x, add_again, x), "a visit of all elements ended early"); }

static inline long long cached_sum(const list *x, list_reader *reader) {
    const list_array *all = list_cached(x, reader);
    long long sum = 0;
    check(all && list_cached(x, reader) == all, "a list cannot be read, or was changed by reading");
    for (size_t i = 0; i < all->n; i++) sum += *all->p[i].held;
    return sum;
}

/* Copies all elements out and drops the copies, their sum being what it should. */
static inline bool copy_out(const list *x, size_t room, size_t n, long long sum) {
    box out[MOST];
    size_t said = MOST + 1;
    bool ok = list_copy_to(x, out, room, &said);
    check(said == n, "a list says another length");
    for (size_t i = 0; ok && i < n; i++) {
        sum -= *out[i].held;
        box_drop(&out[i]);
    }
    check(!ok || sum == 0, "a list copies other elements");
    return ok;
}

static inline bool print_box(cow_str *out, const box *b, void *ctx) {
    return (void)ctx, cow_str_append_int(out, *b->held);
}

static inline bool prints(const list *x, const char *expected) {
    cow_str out = {0};
    bool ok = cow_str_append(&out, "list: ") && list_print(x, &out, print_box, NULL);
    size_t n = strlen(expected), got = cow_str_len(&out);
    check(!ok || (got == 6 + n && memcmp(cow_str_data(&out) + 6, expected, n) == 0), "a list is printed otherwise");
    check(ok || got <= 6, "printing failed and left something");
    cow_str_drop(&out);
    return ok;
}

static inline bool hashes_agree(const list *x, const list *y, bool equal) {
    return list_equal(x, y) == equal && (list_hash(x, 1) == list_hash(y, 1)) == equal;
}

/* ---- Walking: what a step meets, -1 for the end ---- */

static inline void meets(bool ok, const box *b, long long number) {
    check(ok == (number >= 0), "a walk ends too early or too late");
    check(!ok || *b->held == number, "a walk meets another element");
}

static inline bool walk_from(list_iter *x, const list *from, size_t i) {
    list_iter fresh;
    if (!(i ? list_iter_at(from, i, &fresh) : list_iter_of(from, &fresh))) return false;
    list_iter_drop(x);
    *x = fresh;
    return true;
}

static inline void walk_on(list_iter *x, bool back, long long number) {
    const box *b = NULL;
    bool ok = back ? list_iter_prev(x, &b) : list_iter_next(x, &b);
    meets(ok, b, number);
}

static inline void write_from(list_writer *x, const list *from) {
    list_writer_drop(x);
    check(list_writer_of(from, x), "a list cannot be read");
}

static inline void write_on(list_writer *x, bool back, long long number) {
    const box *b = NULL;
    bool ok = back ? list_writer_prev(x, &b) : list_writer_next(x, &b);
    meets(ok, b, number);
}

static inline bool cut(list_sublist *x, list *from, size_t begin, size_t end) {
    list_sublist fresh;
    if (!list_sublist_of(from, begin, end, &fresh)) return false;
    list_sublist_drop(x);
    *x = fresh;
    return true;
}
