/* SPDX-License-Identifier: MIT */
/* list_set_world: sets of four types, all that holds a version of them, and what each should hold. Keys own heap memory or
   are plain pointers, and sets keep the order of insertion or do not; what is done is the same for all types, so macros
   make it for each. Hashes are forged from the text of the input. The hooks of keys read the sets, as hooks may, in the
   middle of whatever happens to them. */
typedef struct box {
    int *held;
} box;

enum { KEYS = 64, SETS = 2, SNAPSHOTS = 2, VALUES = 2, GUARDS = 2, READERS = 2, ITERS = 2 };

/* Where the model has them: one type after the other. */
enum {
    SET,
    SNAPSHOT = SET + SETS,
    VALUE = SNAPSHOT + SNAPSHOTS,
    BORROWED = VALUE + VALUES,
    OF_TYPE = BORROWED + GUARDS,
    bag_at = 0,
    row_at = OF_TYPE,
    plain_bag_at = 2 * OF_TYPE,
    plain_row_at = 3 * OF_TYPE,
    ALL = 4 * OF_TYPE
};

/* What else the types differ in. */
enum { bag_in_order = false, row_in_order = true, plain_bag_in_order = false, plain_row_in_order = true };
enum { bag_owns = true, row_owns = true, plain_bag_owns = false, plain_row_owns = false };

/* In the order of their insertion. */
static struct {
    unsigned char v[KEYS];
    size_t n;
} wanted[ALL];

static inline void want(size_t i, size_t n, const unsigned char *v) {
    memset(&wanted[i], 0, sizeof wanted[i]);
    wanted[i].n = n;
    if (n) memcpy(wanted[i].v, v, n);
}

/* ---- Keys ---- */

static size_t boxes_alive;
static int numbers[KEYS]; /* each is its index: what plain keys point to */
static uint64_t forged[KEYS];

static void look_at_sets(void);
static void open_record(void);

static box box_of(size_t number) {
    box b = {malloc(sizeof *b.held)};
    if (!b.held) abort();
    *b.held = (int)number;
    boxes_alive++;
    return b;
}

static inline bool box_copy(box *to, const box *from) {
    look_at_sets();
    if (fails_now()) return false;
    *to = box_of((size_t)*from->held);
    return true;
}

static inline void box_drop(box *b) {
    free(b->held);
    boxes_alive--;
    look_at_sets();
}

static inline bool box_equal(const box *x, const box *y) { return *x->held == *y->held; }
static inline uint64_t box_hash(const box *x, uint64_t seed) { return (void)seed, forged[*x->held]; }

/* The first thing a program does. A byte of the text, for each key the next one, says what its hash is: in its upper half
   the class of the key; in its lower half how many nibbles, from the top, are those of the class: 0 to 13, 15, or all 16,
   so that all keys of the class collide. Without text, hashes are good ones. */
static void forge(const char *bytes, size_t n) {
    for (size_t k = 0; k < KEYS; k++) {
        unsigned how = n ? (unsigned char)bytes[k % n] : 0, nibbles = how % 16 + (how % 16 >= 14);
        uint64_t own = nibbles == 16 ? 0 : UINT64_MAX >> (4 * nibbles);
        forged[k] = (cow_hash_u64(k, 1) & own) | (cow_hash_u64(how / 16, 2) & ~own);
        numbers[k] = (int)k;
    }
    open_record();
}

#define COW_LIST_SET bag, box
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#define COW_HASH box_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

#define COW_LIST_SET row, box
#define COW_KEEP_ORDER
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#define COW_HASH box_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

#define COW_LIST_SET plain_bag, box
#define COW_EQUAL box_equal
#define COW_HASH box_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

#define COW_LIST_SET plain_row, box
#define COW_KEEP_ORDER
#define COW_EQUAL box_equal
#define COW_HASH box_hash
#define COW__HASH_AS_IS
#include "cow/cow.h"

/* ---- What was met on the way through a set ---- */

static int met[KEYS];
static size_t met_n;

static inline bool meet(const box *b, void *ctx) {
    (void)ctx;
    check(met_n < KEYS, "more keys come than there are");
    met[met_n++] = *b->held;
    return true;
}

/* The same until so many are met. */
static inline bool meet_until(const box *b, void *left) { return meet(b, NULL) && --*(size_t *)left; }

static inline bool meet_run(const box *run, size_t n, void *ctx) {
    for (size_t i = 0; i < n; i++) (void)meet(run + i, ctx);
    return true;
}

/* Ends the way: the keys of i came, each once. */
static inline void met_all(size_t i, bool in_order) {
    bool missing[KEYS] = {false};
    size_t n = met_n;
    met_n = 0;
    check(n == wanted[i].n, "a set has another length than it should");
    for (size_t k = 0; k < n; k++) missing[wanted[i].v[k]] = true;
    for (size_t k = 0; k < n; k++) {
        check(met[k] >= 0 && met[k] < KEYS && missing[met[k]], "a key comes twice, or should not be there");
        check(!in_order || met[k] == wanted[i].v[k], "a key comes out of order");
        missing[met[k]] = false;
    }
}

/* The same for the start of the way. */
static inline long long met_some(size_t i, bool in_order) {
    size_t n = met_n;
    met_n = 0;
    for (size_t k = 0; k < n; k++) {
        const unsigned char *at = memchr(wanted[i].v, met[k], wanted[i].n);
        check(at && (!in_order || *at == wanted[i].v[k]), "a key comes out of order, or should not be there");
    }
    return (long long)n;
}

/* Ends the way through a set that was that of i, and into which those of k came: the new ones last, in any order. */
static inline void met_both(size_t i, size_t k, bool in_order) {
    bool missing[KEYS] = {false};
    size_t n = met_n, common = 0;
    met_n = 0;
    for (size_t j = 0; j < wanted[i].n; j++) missing[wanted[i].v[j]] = true;
    for (size_t j = 0; j < wanted[k].n; j++) common += missing[wanted[k].v[j]];
    for (size_t j = 0; j < wanted[k].n; j++) missing[wanted[k].v[j]] = true;
    check(n == wanted[i].n + wanted[k].n - common, "two sets together have another length");
    for (size_t j = 0; j < n; j++) {
        check(missing[met[j]], "a key comes twice, or should not be there");
        check(!in_order || j >= wanted[i].n || met[j] == wanted[i].v[j], "a key comes out of order");
        missing[met[j]] = false;
    }
}

/* ---- Keys of a call ---- */

/* Passed by value, it stays ours when the call fails. */
static box offered;

static inline box offer(bool owns, size_t number) { return offered = owns ? box_of(number) : (box){&numbers[number]}; }

static inline bool given(bool owns, bool ok) {
    if (owns && !ok) box_drop(&offered);
    return ok;
}

/* Keys that are given by pointer: first, first + step, ...; some may come twice. */
static inline const box *run(size_t first, size_t n, size_t step) {
    static box keys[KEYS];
    for (size_t i = 0; i < n; i++) keys[i].held = &numbers[(first + i * step) % KEYS];
    return keys;
}

static inline const box *key(size_t number) { return run(number, 1, 0); }

/* Keys like those that i should have. */
static inline const box *like(size_t i) {
    static box keys[KEYS];
    for (size_t k = 0; k < wanted[i].n; k++) keys[k].held = &numbers[wanted[i].v[k]];
    return keys;
}

/* How many keys a call says it has added or removed. */
enum { UNCOUNTED = 777 };
static size_t counted = UNCOUNTED;

static inline bool counts(bool ok, size_t expected) {
    size_t n = counted;
    counted = UNCOUNTED;
    check(n == (ok ? expected : UNCOUNTED), "another number of keys was added or removed");
    return ok;
}

/* A change makes its version before it looks at its arguments: so what is refused may run out of memory first. */
static inline void refused_by_set(bool ok, int reason) {
    size_t injected = settle();
    check(!ok, "a call that makes no sense was not refused");
    check((int)cow_error() == reason || (injected && (cow_error() == COW_NOMEM || cow_error() == COW_HOOK)),
          "a call was refused for another reason");
}
#define refused refused_by_set

static inline bool is_multiple(const box *b, void *of) { return (size_t)*b->held % *(size_t *)of == 0; }
static inline bool is_no_multiple(const box *b, void *of) { return !is_multiple(b, of); }

/* ---- Texts ---- */

static inline bool print_box(cow_str *out, const box *b, void *ctx) {
    return (void)ctx, cow_str_append_int(out, *b->held);
}

/* Meets the keys of a text such as "[3, 5]". */
static inline void meet_text(const char *p, size_t n) {
    char copy[6 * KEYS];
    check(n >= 2 && n < sizeof copy && p[0] == '[' && p[n - 1] == ']', "a set is printed otherwise");
    memcpy(copy, p, n);
    copy[n - 1] = 0;
    for (char *at = copy + 1, *end; *at; at = end + strspn(end, ", ")) {
        int number = (int)strtol(at, &end, 10);
        check(end != at, "a set is printed otherwise");
        (void)meet(&(box){&number}, NULL);
    }
    size_t length = 2;
    for (size_t k = 0; k < met_n; k++) length += (met[k] > 9) + 1u + 2u * (k > 0);
    check(length == n, "a set is printed otherwise");
}

/* ---- Walks ---- */

/* What a walk has still to meet: what the set had when the walk began. */
struct rest {
    unsigned char v[KEYS];
    size_t n;
};

static inline void rest_begins(struct rest *r, size_t i) {
    memcpy(r->v, wanted[i].v, KEYS);
    r->n = wanted[i].n;
}

static inline void rest_meets(struct rest *r, bool in_order, const box *b) {
    unsigned char *place = memchr(r->v, *b->held, r->n);
    check(place && (!in_order || place == r->v), "a walk meets a key out of order, or one that should not be there");
    memmove(place, place + 1, (size_t)(r->v + r->n - place) - 1);
    r->n--;
}

static inline void rest_ends(struct rest *r) {
    check(!r->n, "a walk ends too early");
    r->n = 0;
}

/* ---- Values: sets, or sets in order ---- */

#define VALUE_OF_BAG(x)                                                                                         \
    typedef x##_set x##_value;                                                                                  \
    static inline const x##_set *x##_set_of(const x##_value *v) { return v; }                                   \
    static inline void x##_value_drop(x##_value *v) { x##_set_drop(v); }                                        \
    static inline void x##_meet_all(const x##_value *v) {                                                       \
        check(x##_set_each(v, meet_run, NULL) && x##_set_len(v) == met_n, "a walk ends too early or too late"); \
    }                                                                                                           \
    static inline const box *x##_own(const x##_value *v, size_t i, size_t place) {                              \
        return wanted[i].n ? x##_set_get(v, key(wanted[i].v[place])) : NULL;                                    \
    }

/* The order has the keys that the set has. */
#define VALUE_OF_ROW(x)                                                                             \
    typedef x##_ordered x##_value;                                                                  \
    static inline const x##_set *x##_set_of(const x##_value *v) { return &v->set; }                 \
    static inline void x##_value_drop(x##_value *v) { x##_ordered_drop(v); }                        \
    static inline void x##_meet_all(const x##_value *v) {                                           \
        size_t n;                                                                                   \
        const box *keys = x##_ordered_keys(v, &n);                                                  \
        check(n == x##_set_len(&v->set), "the order has another length than the set");              \
        for (size_t i = 0; i < n; i++) check(x##_set_contains(&v->set, keys + i), "a key is lost"); \
        (void)meet_run(keys, n, NULL);                                                              \
    }                                                                                               \
    static inline const box *x##_own(const x##_value *v, size_t i, size_t place) {                  \
        size_t n;                                                                                   \
        const box *keys = x##_ordered_keys(v, &n);                                                  \
        return wanted[i].n ? keys + place : NULL;                                                   \
    }

VALUE_OF_BAG(bag)
VALUE_OF_ROW(row)
VALUE_OF_BAG(plain_bag)
VALUE_OF_ROW(plain_row)

/* ---- The variables of a type, and how all of them are checked ---- */

#define VARIABLES(x)                                                                                      \
    static x x##_s[SETS];                                                                                 \
    static x##_snapshot x##_kept[SNAPSHOTS];                                                              \
    static x##_value x##_v[VALUES];                                                                       \
    static x##_guard x##_g[GUARDS];                                                                       \
    static x##_reader x##_r[READERS];                                                                     \
    static x##_iter x##_it[ITERS];                                                                        \
    static struct rest x##_rest[ITERS];                                                                   \
    /* What a set holds now; it stays there until the set changes. */                                     \
    static inline const x##_value *x##_now(size_t i) {                                                    \
        x##_guard guard;                                                                                  \
        check(x##_borrow(&x##_s[i], &guard), "a set cannot be read");                                     \
        const x##_value *all = guard.value;                                                               \
        x##_end(&guard);                                                                                  \
        return all;                                                                                       \
    }                                                                                                     \
    static inline void x##_look_at(void) {                                                                \
        for (size_t i = 0; i < SETS; i++) {                                                               \
            x##_guard guard;                                                                              \
            check(x##_borrow(&x##_s[i], &guard), "a set cannot be read");                                 \
            check(x##_set_len(x##_set_of(guard.value)) <= KEYS, "a set is too large");                    \
            x##_end(&guard);                                                                              \
        }                                                                                                 \
    }                                                                                                     \
    static void x##_check(size_t i, const x##_value *v) {                                                 \
        x##_meet_all(v);                                                                                  \
        met_all(x##_at + i, x##_in_order);                                                                \
    }                                                                                                     \
    static void x##_check_all(void) {                                                                     \
        for (size_t i = 0; i < SETS; i++) x##_check(SET + i, x##_now(i));                                 \
        for (size_t i = 0; i < SNAPSHOTS; i++) x##_check(SNAPSHOT + i, x##_snapshot_value(&x##_kept[i])); \
        for (size_t i = 0; i < VALUES; i++) x##_check(VALUE + i, &x##_v[i]);                              \
        for (size_t i = 0; i < GUARDS; i++)                                                               \
            if (x##_g[i].value) x##_check(BORROWED + i, x##_g[i].value);                                  \
    }                                                                                                     \
    static void x##_finish(void) {                                                                        \
        for (size_t i = 0; i < SETS; i++) x##_drop(&x##_s[i]);                                            \
        for (size_t i = 0; i < SNAPSHOTS; i++) x##_snapshot_drop(&x##_kept[i]);                           \
        for (size_t i = 0; i < VALUES; i++) x##_value_drop(&x##_v[i]);                                    \
        for (size_t i = 0; i < GUARDS; i++) x##_end(&x##_g[i]);                                           \
        for (size_t i = 0; i < READERS; i++) x##_idle(&x##_r[i]);                                         \
        for (size_t i = 0; i < ITERS; i++) x##_iter_drop(&x##_it[i]);                                     \
        memset(x##_s, 0, sizeof x##_s);                                                                   \
        memset(x##_rest, 0, sizeof x##_rest);                                                             \
    }

VARIABLES(bag)
VARIABLES(row)
VARIABLES(plain_bag)
VARIABLES(plain_row)

static void look_at_sets(void) {
    bag_look_at();
    row_look_at();
}

/* A thread's first reading makes it a record, which stays for good: that is the first thing a program does. */
static void open_record(void) {
    static bool open;
    if (open) return;
    open = true;
    check(bag_is_empty(&bag_s[0]), "a new set is not empty");
    blocks = 0;
}

static void check_all(void) {
    bag_check_all();
    row_check_all();
    plain_bag_check_all();
    plain_row_check_all();
}

static void finish(void) {
    bag_finish();
    row_finish();
    plain_bag_finish();
    plain_row_finish();
    check(boxes_alive == 0, "a key is lost");
    check_blocks();
}

/* ---- Functions for changes of a whole set ---- */

enum { LEAVE, PUT, PUT_AND_ERASE, RENEW, EMPTY, BECOME, JOIN, COMMON, WITHOUT, THIN_OUT, PUT_AND_REFUSE, EDITS };

struct edit {
    size_t kind, number, value;
};

#define CHANGING(x)                                                                                                  \
    /* A key that a set has stored, or one like it. */                                                               \
    static inline const box *x##_stored(size_t i, size_t number) {                                                   \
        const box *stored = x##_set_get(x##_set_of(x##_now(i)), key(number));                                        \
        return stored ? stored : key(number);                                                                        \
    }                                                                                                                \
    static inline bool x##_put(x##_set *all, size_t number) {                                                        \
        return given(x##_owns, x##_set_put(all, offer(x##_owns, number)));                                           \
    }                                                                                                                \
    static inline bool x##_erase(x##_set *all, size_t number) {                                                      \
        return !x##_set_contains(all, key(number)) || x##_set_erase(all, key(number));                               \
    }                                                                                                                \
    static bool x##_edit(x##_set *all, void *ctx) {                                                                  \
        const struct edit *e = ctx;                                                                                  \
        const x##_set *with = x##_set_of(&x##_v[e->value]);                                                          \
        switch (e->kind) {                                                                                           \
        case PUT: return x##_put(all, e->number);                                                                    \
        case PUT_AND_ERASE: return x##_put(all, e->number) && x##_erase(all, (e->number + 1) % KEYS);                \
        case RENEW:                                                                                                  \
            return !x##_set_contains(all, key(e->number)) || (x##_erase(all, e->number) && x##_put(all, e->number)); \
        case EMPTY: return x##_set_clear(all), true;                                                                 \
        case BECOME: return x##_set_assign(all, with), true;                                                         \
        case JOIN: return x##_set_union(all, with);                                                                  \
        case COMMON: return x##_set_intersection(all, with);                                                         \
        case WITHOUT: return x##_set_difference(all, with);                                                          \
        case THIN_OUT: return x##_set_retain_if(all, is_no_multiple, &(size_t){1 + e->number % 6});                  \
        case PUT_AND_REFUSE: return x##_put(all, e->number) && false;                                                \
        default: return true;                                                                                        \
        }                                                                                                            \
    }                                                                                                                \
    static inline bool x##_updates(x *s, size_t kind, size_t number, size_t value) {                                 \
        return x##_update(s, x##_edit, &(struct edit){kind, number, value});                                         \
    }                                                                                                                \
    /* A new set takes the place of another one. */                                                                  \
    static inline bool x##_remake(size_t i, const box *keys, size_t n) {                                             \
        x made;                                                                                                      \
        if (!x##_from(&made, keys, n)) return false;                                                                 \
        x##_drop(&x##_s[i]);                                                                                         \
        memcpy(&x##_s[i], &made, sizeof made);                                                                       \
        return true;                                                                                                 \
    }                                                                                                                \
    /* What becomes of set i when a whole value joins it. */                                                         \
    static inline bool x##_joins(size_t i, size_t value) {                                                           \
        x made;                                                                                                      \
        if (!x##_from(&made, like(x##_at + SET + i), wanted[x##_at + SET + i].n)) return false;                      \
        bool ok = x##_updates(&made, JOIN, 0, value);                                                                \
        x##_guard guard;                                                                                             \
        check(x##_borrow(&made, &guard), "a set cannot be read");                                                    \
        if (ok) x##_meet_all(guard.value);                                                                           \
        if (ok) met_both(x##_at + SET + i, x##_at + VALUE + value, x##_in_order);                                    \
        x##_end(&guard);                                                                                             \
        x##_drop(&made);                                                                                             \
        return ok;                                                                                                   \
    }                                                                                                                \
    /* Adds the key after each one, while that is visited. What fails is tried again. */                             \
    static bool x##_add_next(const box *b, void *to) {                                                               \
        size_t before, next = (size_t)(*b->held + 1) % KEYS;                                                         \
        bool ok = x##_contains(to, key(next));                                                                       \
        while (!ok) {                                                                                                \
            before = failures;                                                                                       \
            ok = given(x##_owns, x##_add(to, offer(x##_owns, next)));                                                \
            check(ok || failures > before, "a call failed for no reason");                                           \
        }                                                                                                            \
        return true;                                                                                                 \
    }                                                                                                                \
    static inline void x##_echo(size_t i) {                                                                          \
        check(x##_for_each(&x##_s[i], x##_add_next, &x##_s[i]), "a visit of all keys ended early");                  \
    }                                                                                                                \
    /* The set in a value is one like others: a copy of it changes, and the value does not. */                       \
    static inline bool x##_change_copy(size_t value, size_t number) {                                                \
        x##_set copy = x##_set_copy(x##_set_of(&x##_v[value]));                                                      \
        bool ok = x##_put(&copy, number) && x##_erase(&copy, (number + 1) % KEYS);                                   \
        x##_set_drop(&copy);                                                                                         \
        return ok;                                                                                                   \
    }

CHANGING(bag)
CHANGING(row)
CHANGING(plain_bag)
CHANGING(plain_row)

/* ---- Holding versions, and reading ---- */

#define READING(x)                                                                                           \
    static inline void x##_keep(size_t snapshot, size_t i) {                                                 \
        x##_snapshot_drop(&x##_kept[snapshot]);                                                              \
        check(x##_snapshot_of(&x##_s[i], &x##_kept[snapshot]), "a set cannot be read");                      \
    }                                                                                                        \
    static inline void x##_keep_copy(size_t snapshot, size_t other) {                                        \
        x##_snapshot copy = x##_snapshot_copy(&x##_kept[other]);                                             \
        x##_snapshot_drop(&x##_kept[snapshot]);                                                              \
        x##_kept[snapshot] = copy;                                                                           \
    }                                                                                                        \
    static inline void x##_load_from(size_t value, size_t i) {                                               \
        x##_value all;                                                                                       \
        check(x##_load(&x##_s[i], &all), "a set cannot be loaded");                                          \
        x##_value_drop(&x##_v[value]);                                                                       \
        x##_v[value] = all;                                                                                  \
    }                                                                                                        \
    static inline void x##_give_up(size_t value) {                                                           \
        x##_value_drop(&x##_v[value]);                                                                       \
        x##_value_drop(&x##_v[value]); /* may be repeated */                                                 \
    }                                                                                                        \
    static inline void x##_borrow_from(size_t guard, size_t i) {                                             \
        x##_end(&x##_g[guard]);                                                                              \
        check(x##_borrow(&x##_s[i], &x##_g[guard]), "a set cannot be read");                                 \
    }                                                                                                        \
    static inline bool x##_read_cached(size_t reader, size_t i) {                                            \
        const x##_value *all = x##_cached(&x##_s[i], &x##_r[reader]);                                        \
        check(all &&x##_cached(&x##_s[i], &x##_r[reader]) == all, "a set cannot be read, or changes by it"); \
        x##_check(SET + i, all);                                                                             \
        return true;                                                                                         \
    }                                                                                                        \
    static inline void x##_walk_from(size_t walk, size_t i) {                                                \
        x##_iter_drop(&x##_it[walk]);                                                                        \
        check(x##_iter_of(&x##_s[i], &x##_it[walk]), "a set cannot be read");                                \
        rest_begins(&x##_rest[walk], x##_at + SET + i);                                                      \
    }                                                                                                        \
    static inline void x##_walk_on(size_t walk, size_t n) {                                                  \
        const box *b;                                                                                        \
        for (; n && x##_iter_next(&x##_it[walk], &b); n--) rest_meets(&x##_rest[walk], x##_in_order, b);     \
        if (n) rest_ends(&x##_rest[walk]);                                                                   \
    }                                                                                                        \
    static inline void x##_walk_away(size_t walk) {                                                          \
        x##_iter_drop(&x##_it[walk]);                                                                        \
        x##_rest[walk].n = 0;                                                                                \
    }                                                                                                        \
    /* Copies all keys out and drops the copies. */                                                          \
    static inline bool x##_copy_out(size_t i, size_t room) {                                                 \
        box out[KEYS];                                                                                       \
        size_t n = KEYS + 1;                                                                                 \
        bool ok = x##_copy_to(&x##_s[i], out, room, &n);                                                     \
        check(n == wanted[x##_at + SET + i].n, "a set says another length");                                 \
        if (!ok) return false;                                                                               \
        (void)meet_run(out, n, NULL);                                                                        \
        met_all(x##_at + SET + i, x##_in_order);                                                             \
        for (size_t k = 0; x##_owns && k < n; k++) box_drop(&out[k]);                                        \
        return true;                                                                                         \
    }                                                                                                        \
    static inline long long x##_visit(size_t i, size_t n) {                                                  \
        bool all = x##_for_each(&x##_s[i], meet_until, &n);                                                  \
        check(all == (n > 0), "a visit ends too early or too late");                                         \
        return met_some(x##_at + SET + i, x##_in_order);                                                     \
    }                                                                                                        \
    static inline bool x##_print_out(size_t i) {                                                             \
        cow_str out = {0};                                                                                   \
        bool ok = cow_str_append(&out, "set: ") && x##_print(&x##_s[i], &out, print_box, NULL);              \
        size_t n = cow_str_len(&out);                                                                        \
        if (ok) meet_text(cow_str_data(&out) + 5, n - 5);                                                    \
        if (ok) met_all(x##_at + SET + i, x##_in_order);                                                     \
        check(ok || n <= 5, "printing failed and left something");                                           \
        cow_str_drop(&out);                                                                                  \
        return ok;                                                                                           \
    }                                                                                                        \
    static inline bool x##_agree(size_t i, size_t k, bool equal) {                                           \
        return x##_equal(&x##_s[i], &x##_s[k]) == equal &&                                                   \
               (!equal || x##_hash(&x##_s[i], 1) == x##_hash(&x##_s[k], 1));                                 \
    }

READING(bag)
READING(row)
READING(plain_bag)
READING(plain_row)
