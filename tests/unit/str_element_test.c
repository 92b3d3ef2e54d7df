/* SPDX-License-Identifier: MIT */
/* str_element: strings as elements. An array of cow_str brings its own hooks: copies share, drops release, order and equality are
   those of the texts, and freezing an array reaches them, through arrays of arrays too. */
#include "kit.h"
#include "strs.h"

#define COW_ARRAY strs, cow_str
#include "cow/cow.h"
#define COW_ARRAY str_rows, strs
#include "cow/cow.h"

/* Words of all kinds: inline, far, with zeros and high bytes. */
static const struct {
    const char *p;
    size_t n;
} words[] = {
    {"pear", 4},
    {"", 0},
    {"apple", 5},
    {"\xc3\xa4pfel", 6},
    {"a word that does not fit into a handle", 38},
    {"apple\0pie", 9},
    {"apple", 5},
    {"zebra", 5},
    {"a word that does not fit into a handle", 38},
    {"a word that does not fit into a handle!", 39},
};

static strs all_words(void) {
    strs a = {0};
    for (size_t i = 0; i < LENGTH(words); i++) KIT_CHECK(strs_push(&a, str_of(words[i].p, words[i].n)));
    return a;
}

static void arrays_own_their_strings(void **state) {
    (void)state;
    strs a = all_words(), b = strs_copy(&a);
    assert_true(strs_erase(&b, 0)); /* shared: copies the handles, which share the texts */
    assert_int_equal(strs_len(&b), LENGTH(words) - 1);
    for (size_t i = 1; i < LENGTH(words); i++) {
        CHECK_BYTES(strs_get(&a, i), words[i].p, words[i].n);
        CHECK_BYTES(strs_get(&b, i - 1), words[i].p, words[i].n);
        if (words[i].n > INLINE_MOST) assert_true(cow_str_same(strs_get(&a, i), strs_get(&b, i - 1)));
    }
    cow_str *one = strs_mut(&b, 3);
    assert_true(one && cow_str_append(one, " and more"));
    CHECK_BYTES(strs_get(&a, 4), words[4].p, words[4].n);
    cow_str out = {0};
    assert_true(strs_pop(&b, &out) && strs_truncate(&b, 2));
    CHECK_BYTES(&out, words[9].p, words[9].n);
    strs_drop(&a);
    strs_drop(&b);
    CHECK_BYTES(&out, words[9].p, words[9].n);
    cow_str_drop(&out);
}

static void arrays_sort_and_search_by_text(void **state) {
    (void)state;
    strs a = all_words(), b = strs_copy(&a);
    assert_true(strs_sort(&a) && strs_is_sorted(&a) && strs_sort_stable(&b));
    assert_true(strs_equal(&a, &b) && strs_compare(&a, &b) == 0);
    for (size_t i = 1; i < a.n; i++) assert_true(cow_str_compare(strs_get(&a, i - 1), strs_get(&a, i)) <= 0);
    for (size_t i = 0; i < LENGTH(words); i++) {
        cow_str key = cow_str_borrow(words[i].p, words[i].n);
        size_t at = strs_search(&a, &key);
        assert_true(at != COW_NPOS && cow_str_equal(strs_get(&a, at), &key));
        assert_true(strs_contains(&a, &key) && strs_find(&a, &key) != NULL);
        assert_true(strs_upper_bound(&a, &key) - strs_lower_bound(&a, &key) == strs_count(&a, &key));
    }
    cow_str missing = COW_STR("orange"), apple = COW_STR("apple");
    assert_true(strs_search(&a, &missing) == COW_NPOS && !strs_contains(&a, &missing));
    assert_int_equal(strs_count(&a, &apple), 2);
    assert_true(strs_dedup(&a));
    assert_int_equal(a.n, LENGTH(words) - 2);
    strs_drop(&a);
    strs_drop(&b);
}

/* The form of a text is no part of its value. */
static void forms_do_not_matter_to_arrays(void **state) {
    (void)state;
    strs a = {0}, b = {0};
    static subject all[FORMS];
    for (form which = 0; which < FORMS; which++) {
        size_t n = form_fits(which, 10) ? 10 : 600;
        if (which == FROZEN) continue; /* immortal; the next test is about those */
        subject_set(&all[which], which, prose(), n);
        assert_true(strs_push(&a, cow_str_copy(&all[which].s)) && strs_push(&b, str_of(prose(), n)));
    }
    assert_true(strs_equal(&a, &b) && strs_compare(&a, &b) == 0);
    assert_true(strs_hash(&a, 3) == strs_hash(&b, 3));
    assert_true(cow_str_append_byte(strs_mut(&b, 0), 'x'));
    assert_true(!strs_equal(&a, &b) && strs_hash(&a, 3) != strs_hash(&b, 3));
    strs_drop(&a);
    strs_drop(&b);
    for (form which = 0; which < FORMS; which++) {
        cow_str_drop(&all[which].s);
        cow_str_drop(&all[which].keeper);
        free(all[which].lent);
    }
}

/* {"ab", "c"} and {"a", "bc"} are different arrays. */
static void hashes_see_where_a_string_ends(void **state) {
    (void)state;
    strs a = {0}, b = {0};
    assert_true(strs_push(&a, COW_STR("ab")) && strs_push(&a, COW_STR("c")));
    assert_true(strs_push(&b, COW_STR("a")) && strs_push(&b, COW_STR("bc")));
    assert_true(strs_hash(&a, 1) != strs_hash(&b, 1) && !strs_equal(&a, &b));
    strs_drop(&a);
    strs_drop(&b);
}

static void arrays_of_arrays_of_strings(void **state) {
    (void)state;
    str_rows table = {0};
    for (int i = 0; i < 5; i++) assert_true(str_rows_push(&table, all_words()));
    str_rows kept = str_rows_copy(&table);
    cow_str *one = strs_mut(str_rows_mut(&table, 2), 4);
    assert_true(one && cow_str_set(one, 0, 'A'));
    CHECK_BYTES(strs_get(str_rows_get(&kept, 2), 4), words[4].p, words[4].n);
    assert_true(!str_rows_equal(&table, &kept) && str_rows_hash(&table, 1) != str_rows_hash(&kept, 1));
    assert_true(str_rows_compare(&table, &kept) < 0);
    str_rows_drop(&kept);
    assert_true(str_rows_sort(&table));
    str_rows_drop(&table);
}

static void freezing_an_array_reaches_its_strings(void **state) {
    (void)state;
    str_rows table = {0};
    assert_true(str_rows_push(&table, all_words()));
    str_rows_freeze(&table);
    const strs *row = str_rows_get(&table, 0);
    for (size_t i = 0; i < LENGTH(words); i++) {
        const cow_str *s = strs_get(row, i);
        CHECK_BYTES(s, words[i].p, words[i].n);
        assert_int_equal(cow_str_retained_bytes(s), 0); /* frozen, or inline: nothing is counted any more */
        cow_str mine = cow_str_copy(s);
        assert_true(cow_str_append(&mine, "!"));
        cow_str_drop(&mine);
        CHECK_BYTES(s, words[i].p, words[i].n);
    }
    str_rows_drop(&table);
    kit_give_up_immortals();
}

static void arrays_resize_and_fill_with_strings(void **state) {
    (void)state;
    strs a = {0};
    cow_str one = str_of(prose(), 100);
    assert_true(strs_resize(&a, 50, &one) && strs_resize(&a, 60, NULL));
    CHECK_TEXT(strs_get(&a, 59), "");
    for (size_t i = 0; i < 50; i++) assert_true(cow_str_same(strs_get(&a, i), &one));
    cow_str_drop(&one);
    assert_true(strs_fill(&a, strs_get(&a, 3)));
    assert_true(cow_str_same(strs_get(&a, 59), strs_get(&a, 0)));
    strs_drop(&a);
}

/* What split yields goes into an array, and join makes one of it again. */
static void fields_into_an_array_and_back(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 700), field = {0}, joined = {0};
    strs fields = {0};
    cow_str_split it = cow_str_split_byte(&s, ' ');
    while (cow_str_split_next(&it, &field)) assert_true(strs_push(&fields, cow_str_copy(&field)));
    assert_true(cow_str_join(&joined, strs_data(&fields), strs_len(&fields), " "));
    assert_true(cow_str_equal(&joined, &s));
    strs_drop(&fields);
    cow_str_drop(&joined);
    cow_str_drop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(arrays_own_their_strings),
        UNIT(arrays_sort_and_search_by_text),
        UNIT(forms_do_not_matter_to_arrays),
        UNIT(hashes_see_where_a_string_ends),
        UNIT(arrays_of_arrays_of_strings),
        UNIT(freezing_an_array_reaches_its_strings),
        UNIT(arrays_resize_and_fill_with_strings),
        UNIT(fields_into_an_array_and_back),
    };
    return cmocka_run_group_tests_name("str_element", tests, NULL, NULL);
}
