/* SPDX-License-Identifier: MIT */
/* list_fuzz: operations on two lists and on all that holds a version of them: snapshots, borrows, cached readers, loaded
   arrays, iterators, writers, sub-lists. After each operation all of them are compared with what they should hold. The
   model knows which changes make a new version, and so what must be in conflict. Arguments point into the list that
   changes; allocations, hooks and functions given to a change fail when the input says so. See program.h. */
#define FUZZ_TARGET
#include "kit.h"
#include "list_world.h"
#include "program.h"

/* ---- What the model knows beside the elements ---- */

/* No two versions have the same number; 0 is none at all, which is what an empty list begins with. */
static struct {
    size_t version;  /* that a list or a snapshot is, and that a writer or a sub-list began with */
    size_t changes;  /* of a list */
    size_t i, last;  /* where an iterator or a writer stands; what a writer gave last */
    size_t of;       /* the list of a sub-list */
    size_t begin, n; /* the part of it that a sub-list is */
} mark[ALL];

static size_t versions;

static void begin(void) {
    open_record();
    memset(mark, 0, sizeof mark);
    for (size_t i = 0; i < WRITERS; i++) mark[WRITER + i].last = COW_NPOS;
    versions = 0;
}

/* ---- Plans ---- */

/* Whose elements an operation is about: `self` counts those of its kind. */
static size_t modelled;

static bool on(size_t first, size_t n) {
    self %= n;
    modelled = first + self;
    return true;
}

static bool on_list(void) { return on(LIST, LISTS); }
static bool on_snapshot(void) { return on(SNAPSHOT, SNAPSHOTS); }
static bool on_array(void) { return on(ARRAY, ARRAYS); }
static bool on_iter(void) { return on(ITER, ITERS); }
static bool on_writer(void) { return on(WRITER, WRITERS); }
static bool on_guard(void) { return on(BORROWED, GUARDS); }

static bool on_reader(void) {
    self %= READERS;
    return true;
}

static size_t size(void) { return wanted[modelled].n; }
static int *values(void) { return wanted[modelled].v; }
static bool room(size_t n) { return size() + n <= MOST; }

static bool is_stale(void) { return mark[modelled].version != mark[mark[modelled].of].version; }

/* A sub-list whose list was changed by somebody else refuses everything. */
static bool on_sub(void) {
    (void)on(SUB, SUBS);
    if (is_stale()) refusal = COW_CONFLICT;
    return true;
}

static bool room_in_sub(size_t n) { return wanted[mark[modelled].of].n + n <= MOST; }
static size_t size_of_sub(void) { return mark[modelled].n; }

static bool refuse_unless(bool ok, int reason) {
    if (!ok && !refusal) refusal = reason;
    return true;
}

static bool pick_value(void) {
    value = next_byte() % 100;
    return true;
}

static bool pick_list(void) {
    other = below(LISTS);
    return true;
}

static bool pick_array(void) {
    other = below(ARRAYS);
    return true;
}

/* A place before which something can be inserted; once in a while one too far. */
static bool pick_gap(size_t n) {
    at = below(n + 2);
    return refuse_unless(at <= n, COW_RANGE);
}

/* A place where an element is, once in a while one too far. */
static bool pick_place(size_t n) {
    at = below(n + 1);
    return refuse_unless(at < n, COW_RANGE);
}

/* The same, and `value` is the element there. */
static bool pick_element(int reason_when_empty) {
    at = below(size() + 1);
    if (at < size()) value = values()[at];
    return refuse_unless(at < size(), size() ? COW_RANGE : reason_when_empty);
}

static bool pick_piece(size_t n) {
    at = below(n + 1);
    count = below(n - at + 2);
    return refuse_unless(at + count <= n, COW_RANGE);
}

static bool pick_source(void) {
    other = below(SOURCES);
    from = below(wanted[other].n + 1);
    length = below(wanted[other].n - from + 1);
    return true;
}

static bool pick_source_element(void) {
    other = below(SOURCES);
    from = below(wanted[other].n);
    if (wanted[other].n) value = wanted[other].v[from];
    return wanted[other].n > 0;
}

static bool pick_edit(void) {
    count = below(EDITS);
    value = next_byte() % 100;
    other = below(ARRAYS);
    return refuse_unless(count != PUSH_AND_REFUSE, COW_HOOK);
}

/* A snapshot that an exchange expects, and an array that comes. */
static bool pick_expected(void) {
    (void)pick_array();
    from = below(SNAPSHOTS);
    return refuse_unless(mark[SNAPSHOT + from].version == mark[modelled].version, COW_CONFLICT);
}

/* Where an iterator begins, COW_NPOS being the end. */
static bool pick_start(void) {
    (void)pick_list();
    size_t n = wanted[other].n;
    at = below(n + 3);
    if (at == n + 2) at = COW_NPOS;
    return refuse_unless(at <= n || at == COW_NPOS, COW_RANGE);
}

/* What the next step of an iterator or of a writer meets. */
static bool pick_step(void) {
    size_t i = mark[modelled].i;
    count = below(2);
    bool ends = count ? i == 0 : i == size();
    value = ends ? -1 : values()[count ? i - 1 : i];
    return true;
}

static bool pick_given_last(void) { return refuse_unless(mark[modelled].last != COW_NPOS, COW_ABSENT); }

static bool pick_cut(void) {
    (void)on(SUB, SUBS);
    (void)pick_list();
    return pick_piece(wanted[other].n);
}

/* ---- Scanning ---- */

static size_t place_of(size_t i, long long number, size_t first) {
    for (size_t k = first; k < wanted[i].n; k++)
        if (wanted[i].v[k] == number) return k;
    return COW_NPOS;
}

static size_t last_place_of(size_t i, long long number, size_t last) {
    for (size_t k = wanted[i].n; k > 0; k--)
        if (k - 1 <= last && wanted[i].v[k - 1] == number) return k - 1;
    return COW_NPOS;
}

static bool has(long long number) { return place_of(modelled, number, 0) != COW_NPOS; }

static bool in_source(long long number) {
    size_t k = place_of(other, number, from);
    return k != COW_NPOS && k < from + length;
}

static bool has_source(void) {
    for (size_t k = 0; k < length; k++)
        if (!has(wanted[other].v[from + k])) return false;
    return true;
}

/* How many elements come from the source when each new one comes once. */
static bool count_absent(void) {
    count = 0;
    for (size_t k = from; k < from + length; k++) {
        int number = wanted[other].v[k];
        count += !has(number) && place_of(other, number, from) == k;
    }
    return true;
}

static bool count_in_source(bool in) {
    count = 0;
    for (size_t k = 0; k < size(); k++) count += in_source(values()[k]) == in;
    return true;
}

static bool count_multiples(void) {
    at = 1 + below(6);
    count = 0;
    for (size_t k = 0; k < size(); k++) count += (size_t)values()[k] % at == 0;
    return true;
}

/* ---- The model ---- */

/* What a sub-list has is a part of its list, as long as nobody else changes that. */
static void see_subs(void) {
    for (size_t i = SUB; i < SUB + SUBS; i++) {
        size_t of = mark[i].of;
        bool stale = mark[i].version != mark[of].version;
        memset(wanted[i].v, 0, sizeof wanted[i].v);
        wanted[i].n = stale ? STALE : mark[i].n;
        if (!stale) memcpy(wanted[i].v, wanted[of].v + mark[i].begin, mark[i].n * sizeof *wanted[i].v);
    }
}

static void published(size_t version) {
    mark[modelled].version = version;
    mark[modelled].changes++;
    see_subs();
}

static void publish(void) { published(++versions); }

static void publish_if(bool changed) {
    if (changed) publish();
}

/* A change of a sub-list is one of its list, and the sub-list goes along. */
static void publish_sub(void) {
    size_t sub = modelled;
    modelled = mark[sub].of;
    mark[sub].version = versions + 1;
    publish();
}

static void splice_in(size_t i, size_t place, size_t removed, const int *src, size_t n) {
    int copy[MOST], *v = wanted[i].v;
    if (n) memcpy(copy, src, n * sizeof *src);
    memmove(v + place + n, v + place + removed, (wanted[i].n - place - removed) * sizeof *v);
    if (n) memcpy(v + place, copy, n * sizeof *copy);
    wanted[i].n += n - removed;
}

static void splice(size_t place, size_t removed, const int *src, size_t n) {
    splice_in(modelled, place, removed, src, n);
}

static void splice_sub(size_t place, size_t removed, const int *src, size_t n) {
    splice_in(mark[modelled].of, mark[modelled].begin + place, removed, src, n);
    mark[modelled].n += n - removed;
}

static void add(size_t place) { splice(place, 0, &(int){(int)value}, 1); }
static void add_to_sub(size_t place) { splice_sub(place, 0, &(int){(int)value}, 1); }
static void take_out(size_t place) { splice(place, 1, NULL, 0); }
static void add_source(size_t place) { splice(place, 0, wanted[other].v + from, length); }

static void add_absent(void) {
    int src[MOST];
    memcpy(src, wanted[other].v, sizeof src);
    for (size_t k = from; k < from + length; k++)
        if (!has(src[k])) splice(size(), 0, &src[k], 1);
}

static void become_run(const int *v, size_t n) {
    int copy[MOST] = {0};
    if (n) memcpy(copy, v, n * sizeof *v);
    want(modelled, n, copy);
}

static void become(size_t i) { become_run(wanted[i].v, wanted[i].n); }
static void become_nothing(void) { want(modelled, 0, NULL); }

/* A version that a list had; the numbers stay with it. */
static void become_version(size_t i) {
    become(i);
    mark[modelled].version = mark[i].version;
}

static void exchange_versions(void) {
    size_t list_index = modelled;
    modelled = SNAPSHOT + from;
    become_version(list_index);
    modelled = list_index;
    become(ARRAY + other);
    publish();
}

static void keep_source(bool in) {
    int was[MOST], left[MOST];
    size_t n = 0;
    memcpy(was, values(), sizeof was);
    for (size_t k = 0; k < size(); k++)
        if (in_source(was[k]) == in) left[n++] = was[k];
    become_run(left, n);
}

static void remove_multiples(void) {
    int left[MOST];
    size_t n = 0;
    for (size_t k = 0; k < size(); k++)
        if ((size_t)values()[k] % at) left[n++] = values()[k];
    become_run(left, n);
}

static void increment_all(void) {
    for (size_t k = 0; k < size(); k++) values()[k] = (values()[k] + 1) % 100;
}

static void insertion_sort(int *v, size_t n, int divisor) {
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k && v[k] / divisor < v[k - 1] / divisor; k--) {
            int t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
}

/* What edit does to a run of numbers; returns how many there are then. */
static size_t edit_run(int *v, size_t n) {
    int was[MOST];
    memcpy(was, v, n * sizeof *v);
    switch (count) {
    case PUSH: v[n] = (int)value; return n + 1;
    case PUSH_FRONT:
        memcpy(v + 1, was, n * sizeof *v);
        v[0] = (int)value;
        return n + 1;
    case POP_FRONT:
        if (n) memcpy(v, was + 1, (n - 1) * sizeof *v);
        return n - (n > 0);
    case SORT: insertion_sort(v, n, 1); return n;
    case REVERSE:
        for (size_t k = 0; k < n; k++) v[k] = was[n - 1 - k];
        return n;
    case CLEAR: return 0;
    case BECOME: memcpy(v, wanted[ARRAY + other].v, sizeof was); return wanted[ARRAY + other].n;
    default: return n;
    }
}

static void edit_list(void) {
    int v[MOST];
    memcpy(v, values(), sizeof v);
    become_run(v, edit_run(v, size()));
}

static void edit_sub(void) {
    int v[MOST];
    memcpy(v, values(), sizeof v);
    size_t n = edit_run(v, size());
    splice_sub(0, mark[modelled].n, v, n);
}

static bool room_to_edit_sub(void) { return room_in_sub(count == BECOME ? wanted[ARRAY + other].n : 1); }

static void drop_version(void) {
    become_nothing();
    mark[modelled].version = 0;
}

static void drop_list(void) {
    become_nothing();
    if (mark[modelled].version) published(0);
}

static void walk_begins(void) {
    become(LIST + other);
    mark[modelled].i = at == COW_NPOS ? size() : at;
}

static void walk_stops(void) {
    become_nothing();
    mark[modelled].i = 0;
}

static void step(void) {
    if (value < 0) return;
    mark[modelled].i += count ? (size_t)-1 : 1;
    mark[modelled].last = mark[modelled].i - !count;
}

static void writer_begins(void) {
    become_version(LIST + other);
    mark[modelled].i = 0;
    mark[modelled].last = COW_NPOS;
}

static void writer_ends(void) {
    drop_version();
    mark[modelled].i = 0;
    mark[modelled].last = COW_NPOS;
}

static void writer_adds(void) {
    add(mark[modelled].i++);
    mark[modelled].last = COW_NPOS;
}

static void writer_removes(void) {
    take_out(mark[modelled].last);
    mark[modelled].i -= mark[modelled].last < mark[modelled].i;
    mark[modelled].last = COW_NPOS;
}

static bool pick_commit(void) {
    (void)pick_list();
    return refuse_unless(mark[modelled].version == mark[other].version, COW_CONFLICT);
}

static void commit(void) {
    size_t writer = modelled;
    modelled = LIST + other;
    become(writer);
    publish();
    modelled = writer;
    writer_ends();
}

static void sub_begins(void) {
    mark[modelled].of = other;
    mark[modelled].version = mark[other].version;
    mark[modelled].begin = at;
    mark[modelled].n = count;
    see_subs();
}

static void sub_ends(void) {
    mark[modelled].version = mark[modelled].begin = mark[modelled].n = 0;
    see_subs();
}

static void borrow_everywhere(void) {
    for (modelled = BORROWED; modelled < BORROWED + GUARDS; modelled++) become(LIST + other);
}

static void echo_all(void) {
    size_t n = size();
    for (size_t k = 0; k < n; k++) {
        splice(size(), 0, &values()[k], 1);
        publish();
    }
}

/* ---- What reads must give ---- */

static long long sum(size_t i) {
    long long all = 0;
    for (size_t k = 0; k < wanted[i].n; k++) all += wanted[i].v[k];
    return all;
}

static long long sum_until_200(void) {
    long long all = 0;
    for (size_t k = 0; k < size(); k++)
        if ((all += values()[k]) > 200) return -all;
    return all;
}

static bool same(size_t i, size_t k) {
    return wanted[i].n == wanted[k].n && memcmp(wanted[i].v, wanted[k].v, wanted[i].n * sizeof *wanted[i].v) == 0;
}

static bool expect_text(void) {
    size_t n = 0;
    expected_text[n++] = '[';
    for (size_t k = 0; k < size(); k++)
        n += (size_t)snprintf(expected_text + n, sizeof expected_text - n, "%s%d", k ? ", " : "", values()[k]);
    (void)snprintf(expected_text + n, sizeof expected_text - n, "]");
    return true;
}

static bool pick_room(void) {
    count = below(size() + 2);
    value = sum(modelled);
    length = size();
    return refuse_unless(count >= size(), COW_RANGE);
}

static bool pick_from(void) {
    from = below(size() + 2);
    return pick_value();
}

/* ---- The table: name, weight, plan, call, effect ---- */

/* clang-format off */
#define OPERATIONS(TRY, IS, DO) \
    TRY(add, 16, on_list() && room(1) && pick_value(), given(list_add(&l[self], offer(value))), (add(size()), publish())) \
    TRY(add_at, 6, on_list() && room(1) && pick_gap(size()) && pick_value(), given(list_add_at(&l[self], at, offer(value))), \
        (add(at), publish())) \
    TRY(add_all, 6, on_list() && pick_source() && room(length), list_add_all(&l[self], in(other, from), length), \
        (add_source(size()), publish_if(length))) \
    TRY(add_all_at, 6, on_list() && pick_source() && room(length) && pick_gap(size()), \
        list_add_all_at(&l[self], at, in(other, from), length), (add_source(at), publish_if(length))) \
    TRY(add_if_absent, 4, on_list() && room(1) && pick_value() && refuse_unless(!has(value), COW_EXISTS), \
        given(list_add_if_absent(&l[self], offer(value))), (add(size()), publish())) \
    TRY(add_all_absent, 4, on_list() && pick_source() && room(length) && count_absent(), \
        counts(list_add_all_absent(&l[self], in(other, from), length, &counted), count), (add_absent(), publish_if(count))) \
    TRY(remove_at, 6, on_list() && pick_element(COW_ABSENT), took(list_remove_at(&l[self], at, &taken), value), \
        (take_out(at), publish())) \
    TRY(remove_at_away, 4, on_list() && pick_element(COW_ABSENT), list_remove_at(&l[self], at, NULL), (take_out(at), publish())) \
    TRY(remove, 4, on_list() && pick_source_element() && refuse_unless(has(value), COW_ABSENT), \
        list_remove(&l[self], in(other, from)), (take_out(place_of(modelled, value, 0)), publish())) \
    TRY(remove_all, 3, on_list() && pick_source() && count_in_source(true), \
        counts(list_remove_all(&l[self], in(other, from), length, &counted), count), (keep_source(false), publish_if(count))) \
    TRY(retain_all, 3, on_list() && pick_source() && count_in_source(false), \
        counts(list_retain_all(&l[self], in(other, from), length, &counted), count), (keep_source(true), publish_if(count))) \
    TRY(remove_if, 3, on_list() && count_multiples(), \
        counts(list_remove_if(&l[self], is_multiple, &(size_t){at}, &counted), count), (remove_multiples(), publish_if(count))) \
    DO(clear, 2, on_list(), list_clear(&l[self]), (become_nothing(), published(0))) \
    TRY(set, 6, on_list() && pick_element(COW_RANGE) && (length = (size_t)value, pick_value()), \
        took(given(list_set(&l[self], at, offer(value), &taken)), (long long)length), (values()[at] = (int)value, publish())) \
    TRY(set_away, 4, on_list() && pick_element(COW_RANGE) && pick_value(), given(list_set(&l[self], at, offer(value), NULL)), \
        (values()[at] = (int)value, publish())) \
    TRY(replace_all, 4, on_list(), list_replace_all(&l[self], increment, NULL), (increment_all(), publish())) \
    TRY(sort, 3, on_list(), list_sort(&l[self]), (insertion_sort(values(), size(), 1), publish())) \
    TRY(sort_by, 3, on_list(), list_sort_by(&l[self], by_tens, NULL), (insertion_sort(values(), size(), 10), publish())) \
    TRY(update, 8, on_list() && pick_edit() && room(1), update(&l[self], count, value, other), (edit_list(), publish())) \
    TRY(store, 4, on_list() && pick_array(), stored(list_store(&l[self], share(&a[other]))), (become(ARRAY + other), publish())) \
    TRY(exchange, 4, on_list() && pick_array() && (from = below(SNAPSHOTS), true), exchange(&l[self], &a[other], &s[from]), \
        exchange_versions()) \
    TRY(compare_exchange, 5, on_list() && pick_expected(), stored(list_compare_exchange(&l[self], &s[from], share(&a[other]))), \
        (become(ARRAY + other), publish())) \
    TRY(assign, 4, on_list() && pick_list(), list_assign(&l[self], &l[other]), (become(LIST + other), publish())) \
    TRY(remake, 3, on_list() && pick_source(), remake(&l[self], in(other, from), length), \
        (become_run(wanted[other].v + from, length), publish())) \
    DO(drop, 2, on_list(), list_drop(&l[self]), drop_list()) \
    DO(echo, 2, on_list() && room(size()), echo(&l[self]), echo_all()) \
    DO(keep, 10, on_snapshot() && pick_list(), keep(&s[self], &l[other]), become_version(LIST + other)) \
    DO(keep_copy, 2, on_snapshot() && (other = below(SNAPSHOTS), true), keep_copy(&s[self], &s[other]), \
       become_version(SNAPSHOT + other)) \
    DO(forget, 4, on_snapshot(), list_snapshot_drop(&s[self]), drop_version()) \
    DO(load, 8, on_array() && pick_list(), load(&a[self], &l[other]), become(LIST + other)) \
    DO(load_kept, 3, on_array() && (other = below(SNAPSHOTS), true), list_array_assign(&a[self], list_snapshot_value(&s[other])), \
       become(SNAPSHOT + other)) \
    TRY(array_push, 8, on_array() && room(1) && pick_value(), given(list_array_push(&a[self], offer(value))), add(size())) \
    TRY(array_set, 4, on_array() && pick_place(size()) && pick_value(), given(list_array_set(&a[self], at, offer(value))), \
        values()[at] = (int)value) \
    TRY(array_take, 4, on_array() && pick_element(COW_ABSENT), took(list_array_take(&a[self], at, &taken), value), take_out(at)) \
    DO(array_drop, 3, on_array(), list_array_drop(&a[self]), become_nothing()) \
    DO(borrow, 6, on_guard() && pick_list(), borrow(&g[self], &l[other]), become(LIST + other)) \
    DO(borrow_all, 2, pick_list(), borrow_all(&l[other]), borrow_everywhere()) \
    DO(end, 6, on_guard(), list_end(&g[self]), become_nothing()) \
    IS(cached, 4, on_reader() && pick_list(), cached_sum(&l[other], &r[self]), sum(LIST + other)) \
    DO(idle, 2, on_reader(), list_idle(&r[self]), (void)0) \
    TRY(walk_from, 4, on_iter() && pick_start(), walk_from(&it[self], &l[other], at), walk_begins()) \
    DO(walk_on, 6, on_iter() && pick_step(), walk_on(&it[self], count, value), step()) \
    IS(walk_index, 1, on_iter(), list_iter_index(&it[self]), mark[modelled].i) \
    DO(walk_away, 2, on_iter(), list_iter_drop(&it[self]), walk_stops()) \
    DO(write_from, 6, on_writer() && pick_list(), write_from(&w[self], &l[other]), writer_begins()) \
    DO(write_on, 8, on_writer() && pick_step(), write_on(&w[self], count, value), step()) \
    TRY(writer_set, 5, on_writer() && pick_value() && pick_given_last(), given(list_writer_set(&w[self], offer(value))), \
        values()[mark[modelled].last] = (int)value) \
    TRY(writer_add, 5, on_writer() && room(1) && pick_value(), given(list_writer_add(&w[self], offer(value))), writer_adds()) \
    TRY(writer_remove, 4, on_writer() && pick_given_last(), list_writer_remove(&w[self]), writer_removes()) \
    TRY(writer_commit, 8, on_writer() && pick_commit(), list_writer_commit(&l[other], &w[self]), commit()) \
    DO(writer_drop, 2, on_writer(), list_writer_drop(&w[self]), writer_ends()) \
    TRY(cut, 8, pick_cut(), cut(&p[self], &l[other], at, at + count), sub_begins()) \
    TRY(sub_get, 2, on_sub() && pick_place(size_of_sub()) && (value = refusal ? 0 : values()[at], true), \
        took(list_sublist_get(&p[self], at, &taken), value), (void)0) \
    TRY(sub_set, 4, on_sub() && pick_place(size_of_sub()) && pick_value(), given(list_sublist_set(&p[self], at, offer(value))), \
        (wanted[mark[modelled].of].v[mark[modelled].begin + at] = (int)value, publish_sub())) \
    TRY(sub_add_at, 6, on_sub() && pick_gap(size_of_sub()) && room_in_sub(1) && pick_value(), \
        given(list_sublist_add_at(&p[self], at, offer(value))), (add_to_sub(at), publish_sub())) \
    TRY(sub_add, 6, on_sub() && room_in_sub(1) && pick_value(), given(list_sublist_add(&p[self], offer(value))), \
        (add_to_sub(mark[modelled].n), publish_sub())) \
    TRY(sub_erase_range, 4, on_sub() && pick_piece(size_of_sub()), list_sublist_erase_range(&p[self], at, at + count), \
        (splice_sub(at, count, NULL, 0), publish_sub())) \
    TRY(sub_remove_at, 4, on_sub() && pick_place(size_of_sub()), list_sublist_remove_at(&p[self], at), \
        (splice_sub(at, 1, NULL, 0), publish_sub())) \
    TRY(sub_clear, 2, on_sub(), list_sublist_clear(&p[self]), (splice_sub(0, mark[modelled].n, NULL, 0), publish_sub())) \
    TRY(sub_update, 8, on_sub() && pick_edit() && room_to_edit_sub(), update_part(&p[self], count, value, other), \
        (edit_sub(), publish_sub())) \
    DO(sub_drop, 2, (on_sub(), refusal = 0, true), list_sublist_drop(&p[self]), sub_ends()) \
    IS(length_of, 1, on_list(), list_len(&l[self]), size()) \
    IS(is_empty, 1, on_list(), list_is_empty(&l[self]), size() == 0) \
    TRY(get, 3, on_list() && pick_element(COW_RANGE), took(list_get(&l[self], at, &taken), value), (void)0) \
    TRY(copy_to, 3, on_list() && pick_room(), copy_out(&l[self], count, length, value), (void)0) \
    IS(index_of, 1, on_list() && pick_value(), list_index_of(&l[self], key(value)), place_of(modelled, value, 0)) \
    IS(index_of_from, 2, on_list() && pick_from(), list_index_of_from(&l[self], key(value), from), place_of(modelled, value, from)) \
    IS(last_index_of, 1, on_list() && pick_value(), list_last_index_of(&l[self], key(value)), last_place_of(modelled, value, COW_NPOS)) \
    IS(last_index_of_from, 2, on_list() && pick_from(), list_last_index_of_from(&l[self], key(value), from), \
       last_place_of(modelled, value, from)) \
    IS(contains, 1, on_list() && pick_source_element(), list_contains(&l[self], in(other, from)), has(value)) \
    IS(contains_all, 2, on_list() && pick_source(), list_contains_all(&l[self], in(other, from), length), has_source()) \
    IS(for_each, 2, on_list(), sum_of(&l[self]), sum_until_200()) \
    IS(equal_and_hash, 3, on_list() && pick_list() && (count = same(modelled, LIST + other), true), \
       hashes_agree(&l[self], &l[other], count), true) \
    TRY(print, 2, on_list() && expect_text(), prints(&l[self], expected_text), (void)0) \
    IS(version, 2, on_list(), list_version(&l[self]), mark[modelled].changes) \
    IS(wait, 1, on_list() && (at = mark[modelled].changes + below(2), true), list_wait(&l[self], at, 0), at != mark[modelled].changes)
/* clang-format on */

PROGRAM_TABLE

static void print_wanted(FILE *out, size_t i) {
    size_t n = wanted[i].n;
    if (n == STALE) {
        (void)fprintf(out, "    want(%zu, STALE, NULL);\n", i);
        return;
    }
    (void)fprintf(out, "    want(%zu, %zu, ", i, n);
    for (size_t k = 0; k < n; k++) (void)fprintf(out, "%s%d", k ? ", " : "(const int[]){", wanted[i].v[k]);
    (void)fputs(n ? "});\n" : "NULL);\n", out);
}

static const char *const world[] = {
#include "list_world.inc"
    NULL};

const struct target fuzz_target = {
    .name = "list",
    .operations = operations,
    .count = sizeof operations / sizeof *operations,
    .wanted = wanted,
    .values = ALL,
    .value_size = sizeof *wanted,
    .print_wanted = print_wanted,
    .begin = begin,
    .opening = "open_record()",
    .check_all = check_all,
    .finish = finish,
    .fallible = true,
    .calm_most = 60,
    .world = world,
};
