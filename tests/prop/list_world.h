/* SPDX-License-Identifier: MIT */
/*
 * The world of list_model_prop.c: lists beside naive ones, all that holds a version of them, and what arguments may point
 * into. Elements and faults are those of list_element.h.
 */
#ifndef LIST_WORLD_H
#define LIST_WORLD_H

#include "list_element.h"

#define COW_LIST list, elem
#if MODEL_ELEMENT == TRACKED
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#define COW_COMPARE tracked_compare
#define COW_HASH elem_hash
#endif
#include "cow/cow.h"

enum {
    LISTS = 2,
    KEPT = 3,
    ARRAYS = 2,
    GUARDS = 9, /* more than a thread's slots */
    ITERS = 2,
    WRITERS = 2,
    SUBS = 3,
    READERS = 2,
    LENT = 6,
    LONGEST = 40,
    MANY = 10
};

/* The naive list. Copied by assignment. */
typedef struct naive {
    int v[LONGEST];
    size_t n;
} naive;

/* No two versions have the same number; 0 is none at all, which is what an empty list begins with. */
typedef struct live {
    list l;
    naive is;
    size_t version, changes;
} live;

/* All that holds a version has what that was. */
typedef struct kept {
    list_snapshot s;
    naive is;
    size_t version;
    const elem *p;
    elem bytes[LONGEST];
} kept;

typedef struct loaded {
    list_array a;
    naive is;
} loaded;

typedef struct borrowed {
    list_guard g;
    naive is;
} borrowed;

typedef struct walk {
    list_iter it;
    naive is;
    size_t i;
} walk;

typedef struct writing {
    list_writer w;
    naive is;
    size_t version, i, last;
} writing;

/* What it holds is a part of the list's own naive one, as long as the versions are the same. */
typedef struct part {
    list_sublist s;
    live *of;
    size_t version, begin, n;
} part;

static struct {
    live list[LISTS];
    kept kept[KEPT];
    loaded array[ARRAYS];
    borrowed guard[GUARDS];
    walk iter[ITERS];
    writing writer[WRITERS];
    part sub[SUBS];
    list_reader reader[READERS];
    elem storage[LENT];
    naive lent;
    size_t versions; /* how many there were */
    cow_error_code error;
} world;

/* ---- The naive side ---- */

static void splice(naive *is, size_t at, size_t remove, const int *values, size_t count) {
    KIT_CHECK(at + remove <= is->n && is->n - remove + count <= LONGEST);
    memmove(is->v + at + count, is->v + at + remove, (is->n - at - remove) * sizeof *is->v);
    if (count) memcpy(is->v + at, values, count * sizeof *is->v);
    is->n = is->n - remove + count;
}

static naive piece(const naive *is, size_t begin, size_t end) {
    naive out = {{0}, end - begin};
    memcpy(out.v, is->v + begin, out.n * sizeof *out.v);
    return out;
}

static size_t first_of(const naive *is, int value, size_t from) {
    for (size_t i = from; i < is->n; i++)
        if (is->v[i] == value) return i;
    return COW_NPOS;
}

static size_t last_of(const naive *is, int value, size_t from) {
    for (size_t i = from < is->n ? from + 1 : is->n; i > 0; i--)
        if (is->v[i - 1] == value) return i - 1;
    return COW_NPOS;
}

static bool has(const naive *is, int value) { return first_of(is, value, 0) != COW_NPOS; }

static bool same(const naive *a, const naive *b) {
    return a->n == b->n && (!a->n || memcmp(a->v, b->v, a->n * sizeof *a->v) == 0);
}

/* Stable; by groups of `width` numbers. */
static void sort_naive(naive *is, int width) {
    for (size_t i = 1; i < is->n; i++)
        for (size_t k = i; k && is->v[k] / width < is->v[k - 1] / width; k--) {
            int t = is->v[k];
            is->v[k] = is->v[k - 1];
            is->v[k - 1] = t;
        }
}

/* ---- A list holds what it should ---- */

static void agrees(const list_array *a, const naive *is) {
    rc_assert_equal(a->n, is->n);
    for (size_t i = 0; i < is->n; i++)
        rc_assertf(elem_value(a->p + i) == is->v[i], "element %zu is %d, not %d", i, elem_value(a->p + i), is->v[i]);
}

/* The array that a list holds now. It stays where it is until the list changes. */
static const list_array *now(const live *s) {
    list_guard g;
    rc_assert(list_borrow(&s->l, &g));
    const list_array *a = g.value;
    list_end(&g);
    return a;
}

/* ---- One operation: subject(), the call, then worked(), changed() or refused() ---- */

/* From here on, calls may fail. */
static live *subject(int64_t which) {
    world.error = cow_error();
    faults_begin();
    return &world.list[which];
}

/* Whether it worked, and then no error is told. It may say false only because a fault was injected. That nothing happened
   then, the invariant checks. */
static bool worked_in(bool said, bool in_function) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assertf(!said || why == world.error, "it worked, and yet: %s", cow_error_text(why));
    if (said) return true;
    rc_assertf(faulty.injected_allocation || faulty.injected_copy, "false without a fault: %s", cow_error_text(why));
    rc_assertf(was_injected(why, in_function), "false for another reason: %s", cow_error_text(why));
    faulty.failed++;
    return false;
}

static bool worked(bool said) { return worked_in(said, false); }

static void published(live *s) {
    s->version = ++world.versions;
    s->changes++;
}

/* As worked(), and then there is a new version. */
static bool changed(live *s, bool said) {
    if (!worked(said)) return false;
    published(s);
    return true;
}

/* It must say false because of its arguments. A fault may come first: changes make their version before they look. */
static void refused(bool said, cow_error_code expected) {
    cow_error_code why = cow_error();
    faults_end();
    rc_assert(!said);
    rc_assertf(why == expected || was_injected(why, false), "%s", cow_error_text(why));
}

/* An index that may be one too far, so that both sides of the bound are met. */
static size_t index_of(int64_t at, size_t n) { return (size_t)at % (n + 2); }

/* ---- Sources: what arguments point into ---- */

enum { SOURCES = 1 + LISTS + KEPT + ARRAYS };

static const elem *source(int64_t which, const naive **is) {
    size_t i = (size_t)which;
    if (i == 0) {
        *is = &world.lent;
        return world.storage;
    }
    if (i <= LISTS) {
        *is = &world.list[i - 1].is;
        return now(&world.list[i - 1])->p;
    }
    if (i <= LISTS + KEPT) {
        *is = &world.kept[i - 1 - LISTS].is;
        return list_snapshot_value(&world.kept[i - 1 - LISTS].s)->p;
    }
    *is = &world.array[i - 1 - LISTS - KEPT].is;
    return world.array[i - 1 - LISTS - KEPT].a.p;
}

/* Up to MANY elements of a source, and a copy of their values from before the change. */
static const elem *run_of(int64_t which, int64_t from, int64_t count, naive *values) {
    const naive *is;
    const elem *p = source(which, &is);
    size_t begin = (size_t)from % (is->n + 1), n = (size_t)count % (is->n - begin + 1);
    *values = piece(is, begin, begin + (n < MANY ? n : MANY));
    return is->n ? p + begin : NULL;
}

/* One element of a source; a lent one if the source is empty. */
static const elem *one_of(int64_t which, int64_t from, int *value) {
    const naive *is;
    const elem *p = source(which, &is);
    if (!is->n) p = source(0, &is);
    *value = is->v[(size_t)from % is->n];
    return p + (size_t)from % is->n;
}

/* ---- Functions given to changes of a whole array ---- */

enum edit_kind { NOTHING, PUSH, PUSH_FRONT, POP_FRONT, SORT, REVERSE, CLEAR, BECOME, PUSH_AND_FAIL, EDITS };

typedef struct edit {
    enum edit_kind kind;
    int value;
    const loaded *with; /* of BECOME */
} edit;

static bool edit_adding(list_array *all, const edit *e) {
    elem added = elem_make(e->value);
    if (e->kind == PUSH_FRONT ? list_array_push_front(all, added) : list_array_push(all, added))
        return e->kind != PUSH_AND_FAIL;
    elem_drop(&added);
    return false;
}

static bool apply_edit(list_array *all, void *ctx) {
    const edit *e = ctx;
    switch (e->kind) {
    case PUSH:
    case PUSH_FRONT:
    case PUSH_AND_FAIL: return edit_adding(all, e);
    case POP_FRONT: return !all->n || list_array_pop_front(all, NULL);
    case SORT: return list_array_sort(all);
    case REVERSE: return list_array_reverse(all);
    case CLEAR: return list_array_clear(all), true;
    case BECOME: return list_array_assign(all, &e->with->a), true;
    default: return true;
    }
}

static naive edited(const naive *is, const edit *e) {
    naive out = *is;
    switch (e->kind) {
    case PUSH: splice(&out, out.n, 0, &e->value, 1); break;
    case PUSH_FRONT: splice(&out, 0, 0, &e->value, 1); break;
    case POP_FRONT: splice(&out, 0, out.n > 0, NULL, 0); break;
    case SORT: sort_naive(&out, 1); break;
    case REVERSE:
        for (size_t i = 0; i < is->n; i++) out.v[i] = is->v[is->n - 1 - i];
        break;
    case CLEAR: out.n = 0; break;
    case BECOME: out = e->with->is; break;
    default: break;
    }
    return out;
}

#endif
