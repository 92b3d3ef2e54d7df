/* SPDX-License-Identifier: MIT */
/* The out-of-memory sweep of lists: every function, in every state of a list and of its thread, with every
 * allocation and every copy failing, once and from then on.
 *
 * When a call says false, cow_error() says why; the version that the list holds is the very same one, and so are
 * the bytes of every element of every value around it; what was passed by value is still ours. When it says true,
 * the result is the one of a run without faults. Either way, once all is dropped, no block and no element is left.
 *
 * A QUIET function must not allocate or call the copy hook at all, but for the record of a thread that reads for
 * the first time.
 *
 *   oom_list [--list]
 */
#include "../unit/model_element.h"

#define COW_LIST list, elem
#if MODEL_ELEMENT == TRACKED || MODEL_ELEMENT == ARENA
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_COMPARE tracked_compare
#define COW_HASH elem_hash
#endif
#if MODEL_ELEMENT == ARENA
#define COW_ALLOC &arena
#endif
#include "cow/cow.h"

enum { LENT = 6, GIVEN = 3, FRESH = 9, LONGEST = 32 };
static const int lent_values[LENT] = {3, 1, 2, 2, 5, 4};

/* A list, who else holds what of it, and what calls take and give. */
typedef struct scene {
    list l;
    list_guard guard;
    list_snapshot snapshot;
    list_reader reader;
    list_array copy; /* shares the list's storage */
    list other;      /* another list, which stays */
    list made;       /* what constructors and assign change */
    list_writer writer;
    list_sublist sub;
    elem lent[LENT];
    elem fresh; /* an element to give */
    bool has_fresh;
    list_array all;    /* an array to give */
    elem got[LONGEST]; /* what calls hand out */
    size_t has_got;
    cow_str text; /* what is printed behind */
    long answer;  /* what a reader found: faults must not change answers either */
} scene;

/* ---- states ---- */

typedef enum state {
    EMPTY,
    FULL,
    ROOM,
    SPARE,
    BORROWED,
    SNAPSHOT,
    REPLACED,
    LOADED,
    TAIL_TAKEN,
    OF_OTHERS,
    FIRST_TIME,
    STATES
} state;

static const char *const state_names[STATES] = {
    "empty",
    "full tail",
    "with room",
    "with room and a spare version",
    "borrowed",
    "held by a snapshot and a reader",
    "replaced while it was held",
    "loaded",
    "loaded, tail taken",
    "of elements that belong to somebody else",
    "first read of the thread",
};

/* What a row needs besides, and how it behaves. */
enum {
    QUIET = 1,
    WRITER = 2,  /* has a writer, which was given an element */
    CHANGED = 4, /* which has changed its copy already */
    SUBLIST = 8,
    STALE = 16,     /* the list was changed since the writer or the sub-list began */
    SAME = 32,      /* what is given is a copy of element 2 */
    FN = 64,        /* a function of the user's says COW_HOOK when memory is out */
    STEPS = 128,    /* what it appended before it failed stays behind the end of the list, until the storage goes */
    PUBLISHES = 256 /* a version, whenever it works */
};

static void must(bool said) { KIT_CHECK(said && "setting the scene"); }

/* The record of the thread is lost, as if it had never read: the next read needs a new one. */
static void forget_record(void) {
    COW__STORE(&cow__readers, (void *)NULL, COW__RELAXED);
    cow__reader_own = NULL;
}

static void have_record(void) {
    list_guard g;
    list none = {0};
    must(list_borrow(&none, &g));
    list_end(&g);
}

static void store_with_room(list *l, const elem *src, size_t n) {
    list_array a = {0};
    must(list_array_with_capacity(&a, 20) && list_array_push_n(&a, src, n) && list_store(l, a));
}

static void set_elements(scene *s, state which) {
    switch (which) {
    case EMPTY: return;
    case FULL: must(list_from(&s->l, s->lent, LENT)); return;
    case OF_OTHERS: must(list_store(&s->l, list_array_borrow(s->lent, LENT))); return;
    case SPARE:
        store_with_room(&s->l, s->lent, LENT - 1);
        must(list_add(&s->l, elem_make(lent_values[LENT - 1])) && s->l.c.spare);
        return;
    default: store_with_room(&s->l, s->lent, LENT);
    }
}

static void set_holders(scene *s, state which) {
    if (which == BORROWED || which == REPLACED) must(list_borrow(&s->l, &s->guard));
    if (which == SNAPSHOT || which == REPLACED)
        must(list_snapshot_of(&s->l, &s->snapshot) && list_cached(&s->l, &s->reader));
    if (which == LOADED || which == TAIL_TAKEN) must(list_load(&s->l, &s->copy));
    if (which == TAIL_TAKEN) must(list_array_push(&s->copy, elem_make(70)));
    if (which == REPLACED) store_with_room(&s->l, s->lent, LENT);
}

static void set_views(scene *s, unsigned flags) {
    const elem *e;
    size_t n = list_len(&s->l);
    if (flags & WRITER) {
        must(list_writer_of(&s->l, &s->writer));
        if (n) must(list_writer_next(&s->writer, &e) && list_writer_next(&s->writer, &e));
        if (n && flags & CHANGED) must(list_writer_set(&s->writer, elem_make(50)));
    }
    if (flags & SUBLIST) must(list_sublist_of(&s->l, n ? 1 : 0, n ? 4 : 0, &s->sub));
    if (flags & STALE) must(list_add(&s->l, elem_make(60)));
}

static void set_up(scene *s, state which, unsigned flags) {
    memset(s, 0, sizeof *s);
    memset(s->got, 0xa5, sizeof s->got);
    for (size_t i = 0; i < LENT; i++) s->lent[i] = elem_make(lent_values[i]);
    set_elements(s, which);
    set_holders(s, which);
    set_views(s, flags);
    must(list_from(&s->other, s->lent, 2) && list_from(&s->made, s->lent + 2, 1));
    for (int i = 0; i < GIVEN; i++) must(list_array_push(&s->all, elem_make(20 + i)));
    must(cow_str_from(&s->text, "printed: "));
    if (!(flags & SAME) || !list_get(&s->l, 2, &s->fresh)) s->fresh = elem_make(FRESH);
    s->has_fresh = true;
    if (which == FIRST_TIME) forget_record();
}

static void tear_down(scene *s) {
    list_end(&s->guard);
    list_snapshot_drop(&s->snapshot);
    list_idle(&s->reader);
    list_array_drop(&s->copy);
    if (s->sub.list) list_sublist_drop(&s->sub);
    list_writer_drop(&s->writer);
    list_drop(&s->l);
    list_drop(&s->other);
    list_drop(&s->made);
    list_array_drop(&s->all);
    cow_str_drop(&s->text);
    if (s->has_fresh) elem_drop(&s->fresh);
    for (size_t i = 0; i < s->has_got; i++) elem_drop(&s->got[i]);
    for (size_t i = 0; i < LENT; i++) elem_drop(&s->lent[i]);
}

/* ---- what the scene looks like, byte by byte and value by value ---- */

enum {
    THE_LIST,
    THE_GUARD,
    THE_SNAPSHOT,
    THE_READER,
    THE_COPY,
    THE_OTHER,
    THE_MADE,
    THE_WRITER,
    THE_BASE,
    THE_ARRAY,
    ALL
};

typedef struct picture {
    const void *version;
    size_t changes, alive;
    list_array handle[ALL];
    elem bytes[ALL][LONGEST];
    int values[ALL][LONGEST];
    size_t writer_at, writer_last;
    list_sublist sub;
    elem got_bytes[LONGEST];
    int got[LONGEST], fresh;
    char text[128];
    long answer;
} picture;

static cow__version *version_of(const list *l) { return (cow__version *)COW__LOAD(&l->c.cell.at, COW__RELAXED); }

static void take_picture(picture *shot, const scene *s) {
    static const list_array nothing;
    memset(shot, 0, sizeof *shot);
    const list_array *all[ALL] = {
        list__value(version_of(&s->l)),
        s->guard.value ? s->guard.value : &nothing,
        list_snapshot_value(&s->snapshot),
        list__value(s->reader.v),
        &s->copy,
        list__value(version_of(&s->other)),
        list__value(version_of(&s->made)),
        &s->writer.all,
        list_snapshot_value(&s->sub.base),
        &s->all,
    };
    for (size_t v = 0; v < ALL; v++) {
        shot->handle[v] = *all[v];
        KIT_CHECK(all[v]->n <= LONGEST);
        if (all[v]->n) memcpy(shot->bytes[v], all[v]->p, all[v]->n * sizeof(elem));
        for (size_t i = 0; i < all[v]->n; i++) shot->values[v][i] = elem_value(&all[v]->p[i]);
    }
    shot->version = version_of(&s->l);
    shot->changes = list_version(&s->l);
    shot->alive = lives.alive;
    shot->writer_at = s->writer.i;
    shot->writer_last = s->writer.last;
    shot->sub = s->sub;
    memcpy(shot->got_bytes, s->got, sizeof s->got);
    for (size_t i = 0; i < s->has_got; i++) shot->got[i] = elem_value(&s->got[i]);
    if (s->has_fresh) shot->fresh = elem_value(&s->fresh);
    memcpy(shot->text, cow_str_data(&s->text), cow_str_len(&s->text));
    shot->answer = s->answer;
}

/* Nothing happened: the same version, the same handles and the same bytes. */
static void check_unchanged(const picture *before, const picture *after, unsigned flags) {
    KIT_CHECK(before->version == after->version && before->changes == after->changes);
    KIT_CHECK((before->alive == after->alive || (flags & STEPS && before->alive < after->alive)) &&
              "an element is lost, or dropped too early");
    KIT_CHECK(memcmp(before->handle, after->handle, sizeof before->handle) == 0);
    KIT_CHECK(memcmp(before->bytes, after->bytes, sizeof before->bytes) == 0);
    KIT_CHECK(memcmp(before->values, after->values, sizeof before->values) == 0);
    KIT_CHECK(before->writer_at == after->writer_at && before->writer_last == after->writer_last);
    KIT_CHECK(before->sub.begin == after->sub.begin && before->sub.n == after->sub.n);
    KIT_CHECK(before->fresh == after->fresh && after->fresh && "the argument is still the caller's");
    KIT_CHECK(memcmp(before->text, after->text, sizeof before->text) == 0);
}

/* It worked: the same values as in the run without faults. */
static void check_as_expected(const picture *expected, const picture *after) {
    KIT_CHECK(expected->changes == after->changes && expected->alive == after->alive);
    for (size_t v = 0; v < ALL; v++) KIT_CHECK(expected->handle[v].n == after->handle[v].n);
    KIT_CHECK(memcmp(expected->values, after->values, sizeof expected->values) == 0);
    KIT_CHECK(expected->writer_at == after->writer_at && expected->writer_last == after->writer_last);
    KIT_CHECK(expected->sub.begin == after->sub.begin && expected->sub.n == after->sub.n);
    KIT_CHECK(memcmp(expected->got, after->got, sizeof expected->got) == 0 && expected->fresh == after->fresh);
    KIT_CHECK(memcmp(expected->text, after->text, sizeof expected->text) == 0 && expected->answer == after->answer);
}

/* ---- the table's rows; each returns what its function returned ---- */

#define ROW(name) static bool row_##name(scene *s)
#define L (&s->l)
#define END (list_array_len(list__value(version_of(L))))

static bool gave(scene *s, bool ok) {
    if (ok) s->has_fresh = false;
    return ok;
}
static bool gave_all(scene *s, bool ok) {
    if (ok) memset(&s->all, 0, sizeof s->all);
    return ok;
}
static bool received(scene *s, size_t n, bool ok) {
    if (ok) s->has_got = n;
    return ok;
}
/* For functions that have no value left to say that they failed. */
static bool found(scene *s, long answer) {
    if (cow_error() == COW_NOMEM) return false;
    s->answer = answer;
    return true;
}
static bool counted(scene *s, bool ok, size_t n) {
    KIT_CHECK((ok || n == 77) && "*n is written on success only");
    if (ok) s->answer = (long)n;
    return ok;
}

static bool is_even(const elem *e, void *ctx) {
    (void)ctx;
    return elem_value(e) % 2 == 0;
}
static bool add_up(const elem *e, void *sum) {
    *(long *)sum = *(long *)sum * 10 + elem_value(e);
    return true;
}
static bool refuse(const elem *e, void *ctx) { return e == ctx; }
static int descending(const elem *a, const elem *b, void *ctx) {
    (void)ctx;
    return (elem_value(a) < elem_value(b)) - (elem_value(a) > elem_value(b));
}
static bool write_digit(cow_str *out, const elem *e, void *ctx) {
    (void)ctx;
    return cow_str_append(out, "number ") && cow_str_append_byte(out, (char)('0' + elem_value(e) % 10));
}
static bool increase(elem *e, void *ctx) {
    int value = elem_value(e) + 1;
    (void)ctx;
    elem_drop(e);
    *e = elem_make(value);
    return true;
}
static bool increase_some(elem *e, void *left) { return (*(int *)left)-- > 0 && increase(e, NULL); }
static bool edit(list_array *all, void *ctx) {
    scene *s = (scene *)ctx;
    return list_array_push_n(all, s->lent, 4) && list_array_sort(all) &&
           (!list_array_len(all) || list_array_erase(all, 0));
}
static bool edit_and_refuse(list_array *all, void *ctx) { return edit(all, ctx) && false; }

ROW(from) {
    list l;
    if (!list_from(&l, s->lent, 5)) return false;
    list_drop(&s->made);
    memcpy(&s->made, &l, sizeof l); /* nobody else knows its address */
    return true;
}
ROW(drop) { return list_drop(L), true; }

ROW(borrow) {
    list_guard g[9]; /* more than need no count */
    for (size_t i = 0; i < 9; i++)
        if (!list_borrow(L, &g[i])) return false;
    for (size_t i = 0; i < 9; i++) list_end(&g[i]);
    return true;
}
ROW(load) {
    list_array a;
    return list_load(L, &a) && (list_array_drop(&s->copy), s->copy = a, true);
}
ROW(snapshot) {
    list_snapshot taken = {NULL};
    if (!list_snapshot_of(L, &taken)) return KIT_CHECK(!taken.v), false;
    list_snapshot again = list_snapshot_copy(&taken);
    KIT_CHECK(list_snapshot_value(&again) == list_snapshot_value(&taken));
    list_snapshot_drop(&again);
    list_snapshot_drop(&taken);
    return true;
}
ROW(cached) {
    list_reader r = {NULL};
    if (!list_cached(L, &r)) return KIT_CHECK(!r.v || !version_of(L)), false;
    list_idle(&r);
    return true;
}
ROW(version) { return found(s, (long)list_version(L)); }
ROW(wait) { return !list_wait(L, list_version(L), 0); }

ROW(len) { return found(s, (long)list_len(L)); }
ROW(is_empty) { return found(s, list_is_empty(L)); }
ROW(get) { return received(s, 1, list_get(L, 2, s->got)); }
ROW(copy_to) {
    size_t n = 77;
    if (!list_copy_to(L, s->got, LONGEST, &n)) return false;
    return found(s, (long)n) && received(s, n, true);
}
ROW(copy_to_little_room) {
    size_t n = 77;
    return list_copy_to(L, s->got, 3, &n) || (KIT_CHECK(cow_error() != COW_RANGE || n == END), false);
}
ROW(index_of) { return found(s, (long)(list_index_of(L, s->lent + 3) + list_index_of_from(L, s->lent + 3, 3))); }
ROW(last_index_of) {
    return found(s, (long)(list_last_index_of(L, s->lent + 2) + list_last_index_of_from(L, s->lent + 2, 2)));
}
ROW(contains) { return found(s, list_contains(L, s->lent) + 2 * list_contains_all(L, s->lent, LENT)); }
ROW(for_each) {
    long sum = 0;
    bool all = list_for_each(L, add_up, &sum);
    return found(s, sum) && all;
}
ROW(equal) { return found(s, list_equal(L, &s->other) + 2 * list_equal(L, L)); }
ROW(hash) { return found(s, (long)list_hash(L, 1)); }
ROW(print) { return list_print(L, &s->text, write_digit, NULL); }

ROW(add) { return gave(s, list_add(L, s->fresh)); }
ROW(add_at_begin) { return gave(s, list_add_at(L, 0, s->fresh)); }
ROW(add_at) { return gave(s, list_add_at(L, END / 2, s->fresh)); }
ROW(add_at_end) { return gave(s, list_add_at(L, END, s->fresh)); }
ROW(add_at_too_far) { return gave(s, list_add_at(L, END + 1, s->fresh)); }
ROW(add_all) { return list_add_all(L, s->lent, 4); }
ROW(add_all_of_its_own) { return list_add_all(L, list__value(version_of(L))->p, END); }
ROW(add_all_at) { return list_add_all_at(L, END / 2, s->lent, 4); }
ROW(add_none) { return list_add_all(L, NULL, 0) && list_add_all_at(L, END / 2, s->lent, 0); }
ROW(add_if_absent) { return gave(s, list_add_if_absent(L, s->fresh)); }
ROW(add_all_absent) {
    size_t n = 77;
    elem many[2 * LENT];
    memcpy(many, s->lent, sizeof s->lent); /* lent, twice */
    memcpy(many + LENT, s->all.p, GIVEN * sizeof(elem));
    memcpy(many + LENT + GIVEN, s->all.p, GIVEN * sizeof(elem));
    bool ok = list_add_all_absent(L, many, 2 * LENT, &n);
    return counted(s, ok, n);
}
ROW(set) { return gave(s, received(s, 1, list_set(L, 2, s->fresh, s->got))); }
ROW(set_to_nowhere) { return gave(s, list_set(L, 2, s->fresh, NULL)); }
ROW(set_too_far) { return gave(s, list_set(L, END, s->fresh, NULL)); }
ROW(remove_first) { return received(s, 1, list_remove_at(L, 0, s->got)); }
ROW(remove_at) { return received(s, 1, list_remove_at(L, 3, s->got)); }
ROW(remove_last) { return received(s, 1, list_remove_at(L, END - 1, s->got)); }
ROW(pop) { return received(s, 1, list_pop(L, s->got)); }
ROW(pop_to_nowhere) { return list_pop(L, NULL); }
ROW(remove_at_to_nowhere) { return list_remove_at(L, 3, NULL); }
ROW(remove) { return list_remove(L, s->lent + 2); }
ROW(remove_absent) { return list_remove(L, &s->fresh); }
ROW(remove_all) {
    size_t n = 77;
    bool ok = list_remove_all(L, s->lent, 3, &n);
    return counted(s, ok, n);
}
ROW(retain_all) {
    size_t n = 77;
    bool ok = list_retain_all(L, s->lent, 3, &n);
    return counted(s, ok, n);
}
ROW(retain_every) { return list_retain_all(L, s->lent, LENT, NULL); }
ROW(remove_if) {
    size_t n = 77;
    bool ok = list_remove_if(L, is_even, NULL, &n);
    return counted(s, ok, n);
}
ROW(remove_if_none) { return list_remove_if(L, refuse, NULL, NULL); }
ROW(clear) { return list_clear(L), true; }
ROW(replace_all) { return list_replace_all(L, increase, NULL); }
ROW(replace_some) {
    int left = 3;
    return list_replace_all(L, increase_some, &left);
}
ROW(sort) { return list_sort(L); }
ROW(sort_by) { return list_sort_by(L, descending, NULL); }
ROW(update) { return list_update(L, edit, s); }
ROW(update_refused) { return list_update(L, edit_and_refuse, s); }
ROW(store) { return gave_all(s, list_store(L, s->all)); }
ROW(exchange) {
    list_snapshot old = {NULL};
    if (!gave_all(s, list_exchange(L, s->all, &old))) return KIT_CHECK(!old.v), false;
    list_snapshot_drop(&old);
    return true;
}
ROW(compare_exchange) {
    list_snapshot now = {version_of(L)}; /* nobody else is here to drop it */
    return gave_all(s, list_compare_exchange(L, &now, s->all));
}
ROW(compare_exchange_late) {
    list_snapshot another = {(cow__version *)(void *)s};
    return gave_all(s, list_compare_exchange(L, &another, s->all));
}
ROW(assign) { return list_assign(&s->made, L); }
ROW(assign_itself) { return list_assign(L, L); }

ROW(iter) {
    list_iter it;
    const elem *e;
    long sum = 0;
    if (!list_iter_of(L, &it)) return false;
    while (list_iter_next(&it, &e)) sum = sum * 10 + elem_value(e);
    KIT_CHECK(list_iter_index(&it) == END);
    while (list_iter_prev(&it, &e)) sum = sum * 10 + elem_value(e);
    list_iter_drop(&it);
    return found(s, sum);
}
ROW(iter_at) {
    list_iter it;
    if (!list_iter_at(L, COW_NPOS, &it)) return false;
    bool all = list_iter_index(&it) == END;
    list_iter_drop(&it);
    return found(s, all);
}
ROW(iter_too_far) {
    list_iter it;
    return list_iter_at(L, END + 1, &it);
}

#define W (&s->writer)
ROW(writer_of) {
    list_writer w;
    if (!list_writer_of(L, &w)) return false;
    list_writer_drop(&w);
    return true;
}
ROW(writer_walk) {
    const elem *e;
    long sum = 0;
    while (list_writer_next(W, &e)) sum = sum * 10 + elem_value(e);
    while (list_writer_prev(W, &e)) sum = sum * 10 + elem_value(e);
    return found(s, sum);
}
ROW(writer_set) { return gave(s, list_writer_set(W, s->fresh)); }
ROW(writer_add) { return gave(s, list_writer_add(W, s->fresh)); }
ROW(writer_remove) { return list_writer_remove(W); }
ROW(writer_drop) { return list_writer_drop(W), true; }
ROW(writer_commit) { return list_writer_commit(L, W); }

#define SUB (&s->sub)
ROW(sublist_of) {
    list_sublist sub;
    if (!list_sublist_of(L, 0, END / 2, &sub)) return false;
    list_sublist_drop(&sub);
    return true;
}
ROW(sublist_too_far) {
    list_sublist sub;
    return list_sublist_of(L, 0, END + 1, &sub);
}
ROW(sublist_drop) { return list_sublist_drop(SUB), true; }
ROW(sublist_load) {
    list_array a;
    return list_sublist_load(SUB, &a) && (list_array_drop(&s->copy), s->copy = a, true);
}
ROW(sublist_len) {
    size_t n = 77;
    bool ok = list_sublist_len(SUB, &n);
    return counted(s, ok, n);
}
ROW(sublist_get) { return received(s, 1, list_sublist_get(SUB, 1, s->got)); }
ROW(sublist_set) { return gave(s, list_sublist_set(SUB, 1, s->fresh)); }
ROW(sublist_add_at) { return gave(s, list_sublist_add_at(SUB, s->sub.n / 2, s->fresh)); }
ROW(sublist_add_at_too_far) { return gave(s, list_sublist_add_at(SUB, s->sub.n + 1, s->fresh)); }
ROW(sublist_add) { return gave(s, list_sublist_add(SUB, s->fresh)); }
ROW(sublist_erase_range) { return list_sublist_erase_range(SUB, 1, 3); }
ROW(sublist_remove_at) { return list_sublist_remove_at(SUB, 2); }
ROW(sublist_clear) { return list_sublist_clear(SUB); }
ROW(sublist_update) { return list_sublist_update(SUB, edit, s); }
ROW(sublist_update_refused) { return list_sublist_update(SUB, edit_and_refuse, s); }

typedef struct row {
    const char *names; /* of the functions, for --list */
    bool (*run)(scene *s);
    unsigned flags;
} row;

static const row rows[] = {
    {"from", row_from, 0},
    {"drop", row_drop, QUIET},
    {"borrow end", row_borrow, QUIET},
    {"load", row_load, QUIET},
    {"snapshot_of snapshot_copy snapshot_value snapshot_drop", row_snapshot, QUIET},
    {"cached idle", row_cached, QUIET},
    {"version", row_version, QUIET},
    {"wait", row_wait, QUIET},
    {"len", row_len, QUIET},
    {"is_empty", row_is_empty, QUIET},
    {"get", row_get, 0},
    {"copy_to", row_copy_to, 0},
    {"copy_to", row_copy_to_little_room, 0},
    {"index_of index_of_from", row_index_of, QUIET},
    {"last_index_of last_index_of_from", row_last_index_of, QUIET},
    {"contains contains_all", row_contains, QUIET},
    {"for_each", row_for_each, QUIET},
    {"equal", row_equal, QUIET},
    {"hash", row_hash, QUIET},
    {"print", row_print, FN},
    {"add", row_add, PUBLISHES},
    {"add_at", row_add_at_begin, PUBLISHES},
    {"add_at", row_add_at, PUBLISHES},
    {"add_at", row_add_at_end, PUBLISHES},
    {"add_at", row_add_at_too_far, 0},
    {"add_all", row_add_all, PUBLISHES},
    {"add_all", row_add_all_of_its_own, 0},
    {"add_all_at", row_add_all_at, 0},
    {"add_all", row_add_none, 0},
    {"add_if_absent", row_add_if_absent, PUBLISHES},
    {"add_if_absent", row_add_if_absent, SAME | PUBLISHES},
    {"add_all_absent", row_add_all_absent, STEPS},
    {"set", row_set, PUBLISHES},
    {"set", row_set, SAME | PUBLISHES},
    {"set", row_set_to_nowhere, PUBLISHES},
    {"set", row_set_to_nowhere, SAME | PUBLISHES},
    {"set", row_set_too_far, 0},
    {"remove_at", row_remove_first, PUBLISHES},
    {"remove_at", row_remove_at, PUBLISHES},
    {"remove_at", row_remove_last, PUBLISHES},
    {"remove_at", row_remove_at_to_nowhere, PUBLISHES},
    {"pop", row_pop, PUBLISHES},
    {"pop", row_pop_to_nowhere, PUBLISHES},
    {"remove", row_remove, PUBLISHES},
    {"remove", row_remove_absent, 0},
    {"remove_all", row_remove_all, 0},
    {"retain_all", row_retain_all, 0},
    {"retain_all", row_retain_every, 0},
    {"remove_if", row_remove_if, 0},
    {"remove_if", row_remove_if_none, 0},
    {"clear", row_clear, QUIET},
    {"replace_all", row_replace_all, PUBLISHES},
    {"replace_all", row_replace_some, 0},
    {"sort", row_sort, PUBLISHES},
    {"sort_by", row_sort_by, PUBLISHES},
    {"update", row_update, FN | STEPS | PUBLISHES},
    {"update", row_update_refused, FN | STEPS},
    {"store", row_store, PUBLISHES},
    {"exchange", row_exchange, PUBLISHES},
    {"compare_exchange", row_compare_exchange, PUBLISHES},
    {"compare_exchange", row_compare_exchange_late, 0},
    {"assign", row_assign, 0},
    {"assign", row_assign_itself, PUBLISHES},
    {"iter_of iter_next iter_prev iter_index iter_drop", row_iter, QUIET},
    {"iter_at", row_iter_at, QUIET},
    {"iter_at", row_iter_too_far, QUIET},
    {"writer_of", row_writer_of, QUIET},
    {"writer_next writer_prev", row_writer_walk, QUIET | WRITER},
    {"writer_set", row_writer_set, WRITER},
    {"writer_set", row_writer_set, WRITER | CHANGED},
    {"writer_add", row_writer_add, WRITER},
    {"writer_add", row_writer_add, WRITER | CHANGED},
    {"writer_remove", row_writer_remove, WRITER},
    {"writer_remove", row_writer_remove, WRITER | CHANGED},
    {"writer_drop", row_writer_drop, QUIET | WRITER | CHANGED},
    {"writer_commit", row_writer_commit, WRITER | PUBLISHES},
    {"writer_commit", row_writer_commit, WRITER | CHANGED | PUBLISHES},
    {"writer_commit", row_writer_commit, WRITER | CHANGED | STALE | PUBLISHES},
    {"sublist_of", row_sublist_of, QUIET},
    {"sublist_of", row_sublist_too_far, QUIET},
    {"sublist_drop", row_sublist_drop, QUIET | SUBLIST},
    {"sublist_load", row_sublist_load, QUIET | SUBLIST},
    {"sublist_load", row_sublist_load, QUIET | SUBLIST | STALE},
    {"sublist_len", row_sublist_len, QUIET | SUBLIST},
    {"sublist_len", row_sublist_len, QUIET | SUBLIST | STALE},
    {"sublist_get", row_sublist_get, SUBLIST},
    {"sublist_get", row_sublist_get, SUBLIST | STALE},
    {"sublist_set", row_sublist_set, SUBLIST | PUBLISHES},
    {"sublist_set", row_sublist_set, SUBLIST | STALE | PUBLISHES},
    {"sublist_add_at", row_sublist_add_at, SUBLIST | PUBLISHES},
    {"sublist_add_at", row_sublist_add_at, SUBLIST | STALE | PUBLISHES},
    {"sublist_add_at", row_sublist_add_at_too_far, SUBLIST},
    {"sublist_add", row_sublist_add, SUBLIST | PUBLISHES},
    {"sublist_add", row_sublist_add, SUBLIST | STALE | PUBLISHES},
    {"sublist_erase_range", row_sublist_erase_range, SUBLIST | PUBLISHES},
    {"sublist_erase_range", row_sublist_erase_range, SUBLIST | STALE | PUBLISHES},
    {"sublist_remove_at", row_sublist_remove_at, SUBLIST | PUBLISHES},
    {"sublist_remove_at", row_sublist_remove_at, SUBLIST | STALE | PUBLISHES},
    {"sublist_clear", row_sublist_clear, SUBLIST | PUBLISHES},
    {"sublist_clear", row_sublist_clear, SUBLIST | STALE | PUBLISHES},
    {"sublist_update", row_sublist_update, SUBLIST | FN | STEPS | PUBLISHES},
    {"sublist_update", row_sublist_update, SUBLIST | FN | STEPS | STALE | PUBLISHES},
    {"sublist_update", row_sublist_update_refused, SUBLIST | FN | STEPS},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- the sweep ---- */

static size_t runs, failures;

/* What a run without faults does. */
typedef struct outcome {
    bool ok;
    cow_error_code error;
    picture after;
} outcome;

static void check_failed(const row *r, const outcome *expected, bool hook, size_t injected) {
    cow_error_code why = cow_error();
    if (!injected)
        KIT_CHECK(why == expected->error);
    else
        KIT_CHECK(why == (hook ? COW_HOOK : COW_NOMEM) || (r->flags & FN && why == COW_HOOK));
}

/* Whether a fault was injected. With `at` 0 none is, and *expected is what happens. */
static bool run_once(const row *r, state which, bool hook, size_t at, bool sticky, outcome *expected) {
    static picture before, after;
    scene s;
    snprintf(kit_context, sizeof kit_context, "%s (row %d), %s, %s %zu%s", r->names, (int)(r - rows),
             state_names[which], hook ? "copy" : "allocation", at, sticky ? " and all later ones" : "");
    have_record();
    size_t blocks = kit.blocks, elements = lives.alive;
    set_up(&s, which, r->flags);
    take_picture(&before, &s);
    cow__set_error(COW_OK);
    kit_fail(hook ? 0 : at, sticky);
    tracked_fail(hook ? at : 0, sticky);
    bool ok = r->run(&s);
    size_t injected = hook ? lives.injected : kit.injected;
    if (r->flags & QUIET) KIT_CHECK(lives.calls == 0 && (kit.calls == 0 || which == FIRST_TIME) && "it is quiet");
    tracked_fail_none();
    kit_fail_none();
    take_picture(&after, &s);
    if (!at) *expected = (outcome){ok, cow_error(), after};
    if (r->flags & STALE) KIT_CHECK(!expected->ok && expected->error == COW_CONFLICT);
    KIT_CHECK(ok == (expected->ok && !injected) && "it fails when something in it did");
    if (ok) {
        KIT_CHECK(!(r->flags & PUBLISHES) || after.changes == before.changes + 1);
        check_as_expected(&expected->after, &after);
    } else {
        failures += injected > 0;
        check_failed(r, expected, hook, injected);
        check_unchanged(&before, &after, r->flags);
        KIT_CHECK(memcmp(before.got_bytes, after.got_bytes, sizeof before.got_bytes) == 0 || r->run == row_copy_to ||
                  r->run == row_copy_to_little_room);
    }
    tear_down(&s);
    have_record();
    KIT_CHECK(lives.alive == elements && "an element is lost");
    KIT_CHECK(kit.blocks == blocks + (which == FIRST_TIME) && "a block is lost");
    kit_context[0] = 0;
    runs++;
    return injected > 0;
}

static void sweep(const row *r, state which) {
    static outcome expected;
    (void)run_once(r, which, false, 0, false, &expected);
    for (int way = 0; way < 4; way++) {
        size_t at = 1;
        while (run_once(r, which, way & 1, at, way >> 1, &expected)) at++;
    }
}

static void list_names(void) {
    for (size_t i = 0; i < ROWS; i++) {
        char names[128];
        snprintf(names, sizeof names, "%s", rows[i].names);
        for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) printf("list_%s\n", name);
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--list") == 0) return list_names(), 0;
    for (size_t i = 0; i < ROWS; i++)
        for (int which = 0; which < STATES; which++) sweep(&rows[i], (state)which);
    kit_leave(); /* the records of threads stay */
    KIT_CHECK(failures > 0);
    printf("oom sweep, lists: %d rows x %d states, %zu runs, %zu failed cleanly\n", ROWS, STATES, runs, failures);
    return 0;
}
