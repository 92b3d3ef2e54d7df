/* SPDX-License-Identifier: MIT */
/* map_own: who owns which key and value, when. Every element is tracked, so that a copy too many, a lost or a twice dropped one is seen.
   The kit's teardown fails a test that leaves an element or a block behind. */
#include "kit_map.h"

/* A key to look up, dropped by the caller. */
#define WITH_KEY(k, number, statement)    \
    do {                                  \
        tracked k = tracked_make(number); \
        statement;                        \
        tracked_drop(&k);                 \
    } while (0)

static void reset_counts(void) { lives.made = lives.copied = lives.dropped = 0; }

/* Through a pointer, as a user of mut would. */
static void exchange_value(tmap *m, int key) {
    tracked *value;
    WITH_KEY(k, key, value = tmap_mut(m, &k));
    assert_non_null(value);
    tracked was = *value;
    *value = tracked_make(tracked_value(&was));
    tracked_drop(&was);
}

/* ---- unshared maps move, and never copy ---- */

static void an_unshared_map_moves_its_pairs(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes) && map_sizes[i] <= 3000; i++) {
        int n = map_sizes[i];
        reset_counts();
        tmap m = tmap_run(0, n);
        assert_int_equal(lives.alive, 2 * n);
        for (int k = 0; k < n; k++) exchange_value(&m, k);
        for (int k = 0; k < n; k += 2) WITH_KEY(key, k, assert_true(tmap_erase(&m, &key)));
        assert_int_equal(lives.alive, 2 * (n / 2));
        tmap moved = tmap_move(&m), other = {0};
        tmap_swap(&moved, &other);
        tmap_drop(&other);
        assert_int_equal(lives.alive, 0);
        assert_int_equal(lives.copied, 0);
    }
}

/* ---- arguments ---- */

static void put_over_a_key_drops_the_old_value_and_the_new_key(void **state) {
    (void)state;
    tmap m = tmap_run(0, 100);
    for (int k = 0; k < 100; k++) {
        const tracked *stored;
        WITH_KEY(key, k, stored = &tmap_find(&m, &key)->key);
        uint32_t id = stored->id;
        tracked key = tracked_make(k), value = tracked_make(-k);
        assert_true(tmap_put(&m, key, value));
        assert_int_equal(lives.state[key.id], TRACKED_DEAD);
        assert_int_equal(lives.state[value.id], TRACKED_ALIVE);
        assert_int_equal(lives.state[id], TRACKED_ALIVE); /* the stored key stays */
        assert_int_equal(tmap_value(&m, k), -k);
    }
    assert_int_equal(lives.alive, 200);
    tmap_drop(&m);
}

static void a_refused_argument_stays_the_callers(void **state) {
    (void)state;
    tmap m = tmap_run(0, 40);
    tracked key = tracked_make(7), value = tracked_make(1);
    assert_true(FAILS(tmap_put_if_absent(&m, key, value), COW_EXISTS));
    assert_true(tracked_value(&key) == 7 && tracked_value(&value) == 1);
    tracked missing = tracked_make(50);
    assert_true(FAILS(tmap_replace(&m, &missing, value), COW_ABSENT));
    tracked out = {123456, 7};
    assert_true(FAILS(tmap_take(&m, &missing, &out), COW_ABSENT) && out.id == 123456);
    assert_true(tmap_replace(&m, &key, value)); /* now it is the map's */
    assert_int_equal(tmap_value(&m, 7), 1);
    assert_true(tmap_put_if_absent(&m, missing, tracked_make(2)));
    tracked_drop(&key);
    assert_int_equal(lives.alive, 82);
    tmap_drop(&m);
}

static void take_hands_the_value_over(void **state) {
    (void)state;
    tmap m = tmap_run(0, 40);
    uint32_t id;
    tracked out;
    WITH_KEY(key, 7, id = tmap_get(&m, &key)->id; assert_true(tmap_take(&m, &key, &out)));
    assert_int_equal(out.id, id); /* the very one: nobody else had it */
    assert_int_equal(lives.alive, 79);
    tmap kept = tmap_copy(&m);
    tracked second;
    WITH_KEY(key, 8, id = tmap_get(&m, &key)->id; assert_true(tmap_take(&m, &key, &second)));
    assert_true(second.id != id && tracked_value(&second) == 800); /* a copy: the other map has the value still */
    assert_int_equal(tmap_value(&kept, 8), 800);
    assert_int_equal(tmap_value(&m, 8), -1);
    tracked_drop(&out);
    tracked_drop(&second);
    tmap_drop(&m);
    tmap_drop(&kept);
}

static void entry_owns_its_key(void **state) {
    (void)state;
    tmap m = {0};
    bool inserted = false;
    for (int i = 0; i < 200; i++) {
        tracked key = tracked_make(i % 50);
        tracked *v = tmap_entry(&m, key, &inserted);
        assert_non_null(v);
        assert_true(inserted == (i < 50) && lives.state[key.id] == (i < 50 ? TRACKED_ALIVE : TRACKED_DEAD));
        if (inserted) {
            assert_true(v->id == 0 && v->value == 0); /* zero bytes, for the caller to fill */
            *v = tracked_make(100 * (i % 50));
        }
    }
    check_tmap_run(&m, 0, 50);
    tmap_drop(&m);
}

static void from_copies_and_drops_what_is_replaced(void **state) {
    (void)state;
    tracked keys[90], values[90];
    for (int i = 0; i < 90; i++) keys[i] = tracked_make(i % 60), values[i] = tracked_make(i < 30 ? -1 : 100 * (i % 60));
    tmap m;
    assert_true(tmap_from(&m, keys, values, 90));
    assert_int_equal(lives.alive, 180 + 120);
    check_tmap_run(&m, 0, 60);
    tmap_drop(&m);
    for (int i = 0; i < 90; i++) tracked_drop(&keys[i]), tracked_drop(&values[i]);
}

static void get_or_gives_nothing_away(void **state) {
    (void)state;
    tmap m = tmap_run(0, 10);
    tracked other = tracked_make(5), none = tracked_make(10), some = tracked_make(3);
    assert_int_equal(tmap_get_or(&m, &none, other).id, other.id);
    assert_int_equal(tmap_get_or(&m, &some, other).id, tmap_get(&m, &some)->id);
    tracked_drop(&other);
    tracked_drop(&none);
    tracked_drop(&some);
    tmap_drop(&m);
}

static void a_missing_drop_hook_is_never_called(void **state) {
    (void)state;
    imap m = imap_run(0, 1000, 1), c = imap_copy(&m);
    for (int k = 0; k < 1000; k += 3) assert_true(imap_erase(&c, &k));
    imap_drop(&m);
    imap_drop(&c);
    assert_int_equal(lives.copied + lives.dropped, 0);
}

/* ---- shared maps copy one leaf, not all ---- */

enum { MANY = 2000, LEAF_PAIRS = 32 };

static void a_change_of_a_shared_map_copies_one_leaf(void **state) {
    (void)state;
    tmap m = tmap_run(0, MANY);
    for (int k = 0; k < MANY; k += 37) {
        tmap c = tmap_copy(&m);
        reset_counts();
        assert_true(tmap_put(&c, tracked_make(k), tracked_make(-1)));
        assert_true(lives.copied <= 2 * LEAF_PAIRS);
        assert_true(tmap_put(&c, tracked_make(k), tracked_make(-2))); /* now the way there is its own */
        assert_true(lives.copied <= 2 * LEAF_PAIRS);
        tmap_drop(&c);
        c = tmap_copy(&m);
        reset_counts();
        WITH_KEY(key, k, assert_true(tmap_erase(&c, &key)));
        assert_true(lives.copied <= 2 * LEAF_PAIRS);
        tmap_drop(&c);
        c = tmap_copy(&m);
        reset_counts();
        assert_true(tmap_put(&c, tracked_make(MANY + k), tracked_make(-1)));
        assert_true(lives.copied <= 2 * LEAF_PAIRS + 2);
        tmap_drop(&c);
    }
    check_tmap_run(&m, 0, MANY);
    tmap_drop(&m);
}

static void copies_and_reads_copy_no_element(void **state) {
    (void)state;
    tmap m = tmap_run(0, MANY), copies[20];
    reset_counts();
    for (int i = 0; i < 20; i++) copies[i] = tmap_copy(&m);
    for (int i = 0; i < 20; i++) check_tmap_run(&copies[i], 0, i ? MANY : MANY);
    assert_true(tmap_equal(&m, &copies[3]) && tmap_is_subset(&m, &copies[4]));
    assert_true(tmap_hash(&m, 1) == tmap_hash(&copies[0], 1));
    for (int i = 0; i < 20; i++) tmap_drop(&copies[i]);
    tmap_clear(&m);
    assert_int_equal(lives.copied, 0);
}

/* ---- failing hooks: see the out-of-memory sweep for each operation in each state ---- */

static void a_failing_copy_hook_changes_nothing(void **state) {
    (void)state;
    tmap m = tmap_run(0, 500), c = tmap_copy(&m);
    for (int k = 0; k < 700; k += 13) {
        tracked key = tracked_make(k), value = tracked_make(-1);
        size_t alive = lives.alive;
        tracked_fail(1, false);
        bool said = tmap_put(&c, key, value);
        tracked_fail_none();
        if (!said) {
            assert_int_equal(cow_error(), COW_HOOK);
            assert_int_equal(lives.alive, alive);
            tracked_drop(&key);
            tracked_drop(&value);
        } else {
            assert_true(k >= 500 || tmap_value(&c, k) == -1);
            tmap_assign(&c, &m);
        }
        check_tmap_run(&m, 0, 500);
        check_tmap_run(&c, 0, 500);
    }
    tmap_drop(&m);
    tmap_drop(&c);
}

static bool copy_value(tracked *to, const tracked *key, const tracked *from, void *context) {
    (void)key;
    int *left = context;
    if (*left >= 0 && (*left)-- == 0) return false;
    KIT_CHECK(tracked_copy(to, from));
    return true;
}

static void map_values_drops_what_it_made_when_the_function_fails(void **state) {
    (void)state;
    tmap m = tmap_run(0, 200), made;
    for (int at = -1; at < 200; at += 3) {
        int left = at;
        size_t alive = lives.alive;
        bool said = tmap_map_values(&made, &m, copy_value, &left);
        assert_true(said == (at < 0));
        if (said) {
            check_tmap_run(&made, 0, 200);
            tmap_drop(&made);
        } else {
            assert_int_equal(cow_error(), COW_HOOK);
        }
        assert_int_equal(lives.alive, alive);
    }
    tmap_drop(&m);
}

static bool is_even(const tmap_pair *e, void *context) {
    (void)context;
    KIT_CHECK(tracked_value(&e->value) == 100 * tracked_value(&e->key));
    return tracked_value(&e->key) % 2 == 0;
}

static void sifting_drops_or_shares(void **state) {
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        tmap m = tmap_run(0, 300), keeper = {0}, yes, no;
        if (shared) keeper = tmap_copy(&m);
        assert_true(tmap_partition(&m, &yes, &no, is_even, NULL));
        assert_true(tmap_len(&yes) == 150 && tmap_len(&no) == 150);
        check_tmap_run(&m, 0, 300);
        assert_true(tmap_retain_if(&m, is_even, NULL));
        assert_true(tmap_equal(&m, &yes));
        assert_true(tmap_union(&m, &no, NULL, NULL));
        check_tmap_run(&m, 0, 300);
        tmap_drop(&m);
        tmap_drop(&yes);
        tmap_drop(&no);
        if (shared) check_tmap_run(&keeper, 0, 300);
        tmap_drop(&keeper);
    }
}

/* ---- aliases: arguments that lie in the map itself ---- */

static void a_maps_own_value_goes_under_another_key(void **state) {
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        tmap m = tmap_run(0, 100), keeper = {0};
        if (shared) keeper = tmap_copy(&m);
        for (int k = 0; k < 100; k++) {
            tracked key, value;
            WITH_KEY(probe, k, assert_true(tracked_copy(&value, tmap_get(&m, &probe))));
            key = tracked_make(100 + k);
            assert_true(tmap_put(&m, key, value));
            assert_int_equal(tmap_value(&m, 100 + k), 100 * k);
        }
        assert_int_equal(tmap_len(&m), 200);
        tmap_drop(&m);
        if (shared) check_tmap_run(&keeper, 0, 100);
        tmap_drop(&keeper);
    }
}

static void touch(tracked *value, void *context) {
    (void)context;
    int was = tracked_value(value);
    tracked_drop(value);
    *value = tracked_make(was);
}

/* A key given by pointer may be the stored one, which the call moves or drops. */
static void a_maps_own_key_is_asked_for(void **state) {
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        for (int n = 1; n < 200; n += 33) {
            tmap m = tmap_run(0, n), keeper = {0};
            for (int k = 0; k < n; k++) {
                if (shared) tmap_assign(&keeper, &m);
                const tmap_pair *e;
                WITH_KEY(probe, k, e = tmap_find(&m, &probe));
                assert_true(tmap_contains(&m, &e->key) && tmap_get(&m, &e->key) == &e->value);
                assert_true(tmap_replace(&m, &e->key, tracked_make(100 * k)));
                if (shared) tmap_assign(&keeper, &m);
                WITH_KEY(probe, k, e = tmap_find(&m, &probe));
                assert_true(tmap_update(&m, &e->key, touch, NULL));
                if (shared) tmap_assign(&keeper, &m);
                WITH_KEY(probe, k, e = tmap_find(&m, &probe));
                tracked *v = tmap_mut(&m, &e->key);
                assert_true(v && tracked_value(v) == 100 * k);
            }
            check_tmap_run(&m, 0, n);
            for (int k = 0; k < n; k++) {
                if (shared) tmap_assign(&keeper, &m);
                const tmap_pair *e;
                WITH_KEY(probe, k, e = tmap_find(&m, &probe));
                tracked out;
                if (k % 2) {
                    assert_true(tmap_erase(&m, &e->key));
                } else {
                    assert_true(tmap_take(&m, &e->key, &out) && tracked_value(&out) == 100 * k);
                    tracked_drop(&out);
                }
            }
            assert_true(tmap_is_empty(&m));
            tmap_drop(&keeper);
        }
    }
}

static void a_map_is_built_from_its_own_pairs(void **state) {
    (void)state;
    imap m = imap_run(0, 300, 1), made;
    int keys[300], values[300], n = 0;
    COW_MAP_EACH (imap, it, &m) keys[n] = it->key, values[n++] = it->value;
    assert_true(imap_from(&made, keys, values, 300) && imap_equal(&made, &m));
    imap_drop(&made);
    imap_drop(&m);
}

/* ---- strings: what is put shares, what is dropped gives up ---- */

static void string_keys_are_shared_not_copied(void **state) {
    (void)state;
    cow_str key = {0};
    assert_true(cow_str_append_format(&key, "%0600d", 7));
    smap m = {0};
    assert_true(smap_put(&m, cow_str_copy(&key), 1));
    assert_true(cow_str_same(&smap_find(&m, &key)->key, &key));
    smap c = smap_copy(&m);
    cow_str other = {0};
    assert_true(cow_str_append_format(&other, "%0600d", 8) && smap_put(&c, other, 2));
    assert_true(cow_str_same(&smap_find(&c, &key)->key, &key)); /* also in the leaf that was copied */
    smap_drop(&m);
    cow_str_drop(&key);
    assert_int_equal(smap_len(&c), 2);
    smap_drop(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(an_unshared_map_moves_its_pairs),
        UNIT(put_over_a_key_drops_the_old_value_and_the_new_key),
        UNIT(a_refused_argument_stays_the_callers),
        UNIT(take_hands_the_value_over),
        UNIT(entry_owns_its_key),
        UNIT(from_copies_and_drops_what_is_replaced),
        UNIT(get_or_gives_nothing_away),
        UNIT(a_missing_drop_hook_is_never_called),
        UNIT(a_change_of_a_shared_map_copies_one_leaf),
        UNIT(copies_and_reads_copy_no_element),
        UNIT(a_failing_copy_hook_changes_nothing),
        UNIT(map_values_drops_what_it_made_when_the_function_fails),
        UNIT(sifting_drops_or_shares),
        UNIT(a_maps_own_value_goes_under_another_key),
        UNIT(a_maps_own_key_is_asked_for),
        UNIT(a_map_is_built_from_its_own_pairs),
        UNIT(string_keys_are_shared_not_copied),
    };
    return cmocka_run_group_tests_name("map_own", tests, NULL, NULL);
}
