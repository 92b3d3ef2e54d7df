/* SPDX-License-Identifier: MIT */
/* str_share: what copies, slices and C strings share, what they keep alive, and when a change lets go of it. */
#include "kit.h"
#include "strs.h"

static const size_t sizes[] = {0, 1, 21, 22, 23, 24, 100, 512, 513, 700};

/* Whether b's bytes lie inside a's. */
static bool lies_in(const cow_str *a, const cow_str *b) {
    return cow_str_data(b) >= cow_str_data(a) && cow_str_data(b) + cow_str_len(b) <= cow_str_data(a) + cow_str_len(a);
}

/* ---- copy, drop, move, swap, assign ---- */

static void copies_share_and_survive_each_other(void **state) {
    (void)state;
    static subject of;
    for (form which = 0; which < FORMS; which++) {
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            if (!form_fits(which, sizes[i])) continue;
            snprintf(kit_context, sizeof kit_context, "%s, %zu bytes", form_names[which], sizes[i]);
            subject_set(&of, which, prose(), sizes[i]);
            kit_fail_none();
            cow_str a = cow_str_copy(&of.s), b = cow_str_copy(&a);
            KIT_CHECK(kit.calls == 0);
            CHECK_BYTES(&a, prose(), sizes[i]);
            if (which != INLINE && sizes[i]) KIT_CHECK(cow_str_same(&a, &of.s) && cow_str_is_shared(&a));
            if (which == INLINE) KIT_CHECK(!cow_str_is_shared(&a));
            cow_str_drop(&a);
            KIT_CHECK(str_is_zero(&a));
            cow_str_drop(&a);
            CHECK_BYTES(&b, prose(), sizes[i]);
            cow_str_drop(&b);
            subject_check_others(&of, prose(), sizes[i]);
            subject_strike(&of, which);
        }
    }
}

static void move_leaves_empty_and_swap_exchanges(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        cow_str a = str_of(prose(), sizes[i]);
        cow_str b = cow_str_move(&a), c = STR_OF("other");
        assert_true(str_is_zero(&a));
        CHECK_BYTES(&b, prose(), sizes[i]);
        cow_str_swap(&b, &c);
        CHECK_TEXT(&b, "other");
        CHECK_BYTES(&c, prose(), sizes[i]);
        cow_str_swap(&c, &c);
        CHECK_BYTES(&c, prose(), sizes[i]);
        cow_str_drop(&b);
        cow_str_drop(&c);
    }
}

static void assign_shares_and_drops_the_old_text(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t k = 0; k < LENGTH(sizes); k++) {
            cow_str to = str_of(prose() + 7, sizes[k]), from = str_of(prose(), sizes[i]);
            size_t blocks = kit.blocks;
            cow_str_assign(&to, &from);
            CHECK_BYTES(&to, prose(), sizes[i]);
            CHECK_BYTES(&from, prose(), sizes[i]);
            if (!KIT_KEEPS_DEAD) assert_int_equal(kit.blocks, blocks - (sizes[k] > INLINE_MOST));
            cow_str_assign(&to, &to);
            CHECK_BYTES(&to, prose(), sizes[i]);
            cow_str_drop(&from);
            CHECK_BYTES(&to, prose(), sizes[i]);
            /* A slice of itself lives in what assign gives up. */
            cow_str part = cow_str_slice(&to, sizes[i] / 3, sizes[i]);
            cow_str_assign(&to, &part);
            cow_str_drop(&part);
            CHECK_BYTES(&to, prose() + sizes[i] / 3, sizes[i] - sizes[i] / 3);
            cow_str_drop(&to);
        }
    }
}

static void same_means_the_same_bytes_in_the_same_place(void **state) {
    (void)state;
    cow_str a = str_of(prose(), 600), b = cow_str_copy(&a), c = str_of(prose(), 600);
    cow_str part = cow_str_slice(&a, 0, 599), again = cow_str_slice(&b, 0, 599);
    assert_true(cow_str_same(&a, &a) && cow_str_same(&a, &b));
    assert_false(cow_str_same(&a, &c) || cow_str_same(&a, &part));
    assert_true(cow_str_same(&part, &again));
    assert_true(cow_str_set(&b, 0, cow_str_at(&b, 0)));
    assert_false(cow_str_same(&a, &b));
    cow_str_drop(&a);
    cow_str_drop(&b);
    cow_str_drop(&c);
    cow_str_drop(&part);
    cow_str_drop(&again);
}

/* ---- slices ---- */

static void slices_of_every_form_and_length(void **state) {
    (void)state;
    static subject of;
    static const size_t cuts[] = {0, 1, 21, 22, 23, 24, 99, 511, 512, 513, 514, 700};
    for (form which = 0; which < FORMS; which++) {
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            size_t n = sizes[i];
            for (size_t k = 0; form_fits(which, n) && k < LENGTH(cuts) * 2; k++) {
                size_t length = cuts[k / 2], begin = k % 2 ? n - length : 0;
                if (length > n || (k % 2 && length == n)) continue;
                snprintf(kit_context, sizeof kit_context, "[%zu, +%zu) of %s, %zu bytes", begin, length,
                         form_names[which], n);
                subject_set(&of, which, prose(), n);
                kit_fail_none();
                cow_str part = cow_str_slice(&of.s, begin, begin + length);
                CHECK_BYTES(&part, prose() + begin, length);
                bool counted = which != INLINE && which != LITERAL && which != BORROWED && which != FROZEN;
                bool whole = length == n;
                if (counted && !whole && length > INLINE_MOST && length <= COPIED_MOST)
                    KIT_CHECK(kit.calls == 1 && !lies_in(&of.s, &part) && !cow_str_is_shared(&part));
                else
                    KIT_CHECK(kit.calls == 0);
                if (length > COPIED_MOST || (whole && which != INLINE && n) ||
                    (!counted && which != INLINE && length > 0))
                    KIT_CHECK(lies_in(&of.s, &part));
                if (counted && !whole && length <= INLINE_MOST) KIT_CHECK(cow_str_retained_bytes(&part) == 0);
                const char *c = cow_str_cstr(&part);
                KIT_CHECK(c && c[length] == 0 && memcmp(c, prose() + begin, length) == 0);
                subject_check_others(&of, prose(), n);
                /* It outlives its source, and a change of either is not seen in the other. */
                KIT_CHECK(cow_str_append(&of.s, "more") && cow_str_reverse(&of.s));
                CHECK_BYTES(&part, prose() + begin, length);
                cow_str_drop(&of.s);
                CHECK_BYTES(&part, prose() + begin, length);
                KIT_CHECK(cow_str_append_bytes(&part, prose() + begin + length, n - begin - length));
                CHECK_BYTES(&part, prose() + begin, n - begin);
                subject_check_others(&of, prose(), n);
                cow_str_drop(&part);
                subject_strike(&of, which);
            }
        }
    }
}

static void slices_out_of_range_are_empty_and_say_so(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 600);
    const size_t bad[][2] = {{0, 601},      {601, 601},   {2, 1}, {600, 599}, {SIZE_MAX, SIZE_MAX},
                             {0, SIZE_MAX}, {SIZE_MAX, 0}};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        cow__set_error(COW_OK);
        cow_str part = cow_str_slice(&s, bad[i][0], bad[i][1]);
        assert_int_equal(cow_error(), COW_RANGE);
        assert_true(str_is_zero(&part));
    }
    cow__set_error(COW_OK);
    cow_str none = cow_str_slice(&s, 600, 600), first = cow_str_slice(&s, 0, 0);
    assert_int_equal(cow_error(), COW_OK);
    assert_true(cow_str_is_empty(&none) && cow_str_is_empty(&first));
    assert_int_equal(cow_str_retained_bytes(&none), 0);
    cow_str_drop(&s);
}

static void prefix_and_suffix_take_what_there_is(void **state) {
    (void)state;
    static const size_t takes[] = {0, 1, 22, 23, 512, 513, 599, 600, 601, SIZE_MAX};
    static const size_t lengths[] = {0, 5, 22, 40, 600};
    for (size_t l = 0; l < LENGTH(lengths); l++) {
        cow_str s = str_of(prose(), lengths[l]);
        cow__set_error(COW_OK);
        for (size_t i = 0; i < LENGTH(takes); i++) {
            size_t n = takes[i] < lengths[l] ? takes[i] : lengths[l];
            cow_str head = cow_str_prefix(&s, takes[i]), tail = cow_str_suffix(&s, takes[i]);
            CHECK_BYTES(&head, prose(), n);
            CHECK_BYTES(&tail, prose() + lengths[l] - n, n);
            if (n == lengths[l] && n > INLINE_MOST) assert_true(cow_str_same(&head, &s) && cow_str_same(&tail, &s));
            cow_str_drop(&head);
            cow_str_drop(&tail);
        }
        assert_int_equal(cow_error(), COW_OK);
        cow_str_drop(&s);
    }
}

static void slicing_never_fails(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 300);
    kit_fail(1, true);
    cow__set_error(COW_OK);
    cow_str part = cow_str_slice(&s, 10, 200);
    assert_int_equal(kit.injected, 1);
    assert_int_equal(cow_error(), COW_OK); /* nothing failed that anybody should hear of */
    kit_fail_none();
    CHECK_BYTES(&part, prose() + 10, 190);
    assert_true(lies_in(&s, &part)); /* shared instead of copied */
    cow_str_drop(&s);
    CHECK_BYTES(&part, prose() + 10, 190);
    assert_true(cow_str_compact(&part));
    CHECK_BYTES(&part, prose() + 10, 190);
    cow_str_drop(&part);
}

static void trim_takes_white_space_off_the_ends(void **state) {
    (void)state;
    static const char *const samples[] = {
        "",
        " ",
        " \t\n\v\f\r ",
        "x",
        " x",
        "x ",
        " x ",
        "\t\r\n x y \v\f",
        "  a text that is longer than 22 bytes \n",
        "\xc2\xa0x\xc2\xa0" /* a no-break space is not ASCII */,
        "a\x1f",
        "\x1f\b",
    };
    for (size_t i = 0; i < LENGTH(samples); i++) {
        static const char space[] = " \t\n\v\f\r";
        size_t n = strlen(samples[i]), begin = strspn(samples[i], space), end = n;
        while (end > begin && strchr(space, samples[i][end - 1])) end--;
        size_t last = n;
        while (last > 0 && strchr(space, samples[i][last - 1])) last--;
        cow_str s = str_of(samples[i], n);
        cow_str both = cow_str_trim(&s), start = cow_str_trim_start(&s), ending = cow_str_trim_end(&s);
        CHECK_BYTES(&both, samples[i] + begin, end - begin);
        CHECK_BYTES(&start, samples[i] + begin, n - begin);
        CHECK_BYTES(&ending, samples[i], last);
        cow_str_drop(&both);
        cow_str_drop(&start);
        cow_str_drop(&ending);
        cow_str_drop(&s);
    }
    cow_str zero = str_of(" \0 ", 3), trimmed = cow_str_trim(&zero);
    CHECK_BYTES(&trimmed, "\0", 1);
    /* A long one with nothing to take off is shared. */
    cow_str whole = str_of(prose(), PROSE_LENGTH), same = cow_str_trim(&whole);
    assert_true(cow_str_same(&whole, &same));
    cow_str_drop(&whole);
    cow_str_drop(&same);
}

/* ---- C strings of texts that are not terminated ---- */

/* The one that matters most: the byte behind a slice belongs to somebody else. */
static void a_c_string_never_cuts_what_others_see(void **state) {
    (void)state;
    cow_str whole = str_of(prose(), 700), part = cow_str_slice(&whole, 0, 600);
    assert_ptr_equal(cow_str_data(&part), cow_str_data(&whole));
    const char *c = cow_str_cstr(&part);
    assert_non_null(c);
    assert_int_equal(c[600], 0);
    assert_memory_equal(c, prose(), 600);
    CHECK_BYTES(&whole, prose(), 700);
    assert_int_equal(cow_str_cstr(&whole)[700], 0);
    cow_str_drop(&part);
    cow_str_drop(&whole);
}

static void a_truncated_copy_has_a_c_string_of_its_own(void **state) {
    (void)state;
    for (size_t n = 0; n <= 100; n += 10) {
        cow_str a = str_of(prose(), 100), b = cow_str_copy(&a);
        kit_fail_none();
        assert_true(cow_str_truncate(&b, n));
        assert_int_equal(kit.calls, n > INLINE_MOST && n < 100); /* sliced, and short slices are copies */
        assert_int_equal(cow_str_cstr(&b)[n], 0);
        CHECK_BYTES(&b, prose(), n);
        CHECK_BYTES(&a, prose(), 100);
        cow_str_drop(&a);
        cow_str_drop(&b);
    }
}

static void a_slice_that_is_alone_is_terminated_in_place(void **state) {
    (void)state;
    cow_str whole = str_of(prose(), 700), part = cow_str_slice(&whole, 50, 650);
    cow_str_drop(&whole);
    const char *p = cow_str_data(&part);
    kit_fail_none();
    assert_ptr_equal(cow_str_cstr(&part), p); /* nobody else sees the byte behind it */
    assert_int_equal(kit.calls, 0);
    assert_int_equal(p[600], 0);
    CHECK_BYTES(&part, prose() + 50, 600);
    cow_str_drop(&part);
}

/* What runs to the end of a literal has the literal's NUL behind it. */
static void the_end_of_a_literal_is_terminated_already(void **state) {
    (void)state;
    cow_str s = COW_STR("a literal of more than twenty-two bytes"), end = cow_str_suffix(&s, 30),
            start = cow_str_prefix(&s, 30);
    kit_fail_none();
    assert_ptr_equal(cow_str_cstr(&s), cow_str_data(&s));
    assert_ptr_equal(cow_str_cstr(&end), cow_str_data(&s) + 9);
    assert_int_equal(kit.calls, 0);
    assert_string_equal(cow_str_cstr(&start), "a literal of more than twenty-");
    assert_int_equal(kit.calls, 1);
    cow_str_drop(&start);
}

static void a_c_string_without_memory_says_so(void **state) {
    (void)state;
    cow_str whole = str_of(prose(), 700), part = cow_str_slice(&whole, 0, 600), before = part;
    kit_fail(1, true);
    assert_true(FAILS(cow_str_cstr(&part) != NULL, COW_NOMEM));
    assert_memory_equal(&before, &part, sizeof part);
    kit_fail_none();
    CHECK_BYTES(&whole, prose(), 700);
    cow_str_drop(&part);
    cow_str_drop(&whole);
}

/* ---- freeze ---- */

static void frozen_texts_are_read_only_for_ever(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        cow_str s = roomy(prose(), sizes[i]), before = cow_str_copy(&s);
        cow_str_freeze(&s);
        CHECK_BYTES(&s, prose(), sizes[i]);
        CHECK_BYTES(&before, prose(), sizes[i]);
        assert_int_equal(cow_str_retained_bytes(&s), 0);
        assert_int_equal(cow_str_capacity(&s), 0);
        assert_int_equal(cow_str_is_shared(&s), sizes[i] > 0); /* a change of "" copies nothing */
        cow_str copy = cow_str_copy(&s), part = cow_str_slice(&s, 0, sizes[i] / 2);
        assert_true(cow_str_append(&copy, "!") && cow_str_append(&before, "?"));
        CHECK_BYTES(&s, prose(), sizes[i]);
        CHECK_BYTES(&part, prose(), sizes[i] / 2);
        cow_str_drop(&copy);
        cow_str_drop(&part);
        cow_str_drop(&before);
        cow_str_drop(&s);
        cow_str_drop(&s);
        kit_give_up_immortals();
    }
    /* Inline, literal and borrowed texts have nothing to freeze. */
    cow_str small = STR_OF("abc"), literal = COW_STR("a literal of more than 22 bytes");
    cow_str_freeze(&small);
    cow_str_freeze(&literal);
    CHECK_TEXT(&small, "abc");
    CHECK_TEXT(&literal, "a literal of more than 22 bytes");
    cow_str_drop(&small);
}

static void freezing_adopted_bytes_keeps_them_for_ever(void **state) {
    (void)state;
    static subject of;
    subject_set(&of, ADOPTED, prose(), 100);
    cow_str_freeze(&of.s);
    cow_str copy = cow_str_copy(&of.s);
    cow_str_drop(&of.s);
    CHECK_BYTES(&copy, prose(), 100);
    cow_str_drop(&copy);
    assert_int_equal(of.released, 0);
    free(of.lent);
    kit_give_up_immortals();
}

/* ---- what is kept alive, and how to let go of it ---- */

static void retained_bytes_tell_what_a_value_keeps_alive(void **state) {
    (void)state;
    cow_str s = full(prose(), 700);
    size_t whole = cow_str_retained_bytes(&s);
    assert_true(whole >= 701);
    if (!KIT_KEEPS_DEAD) assert_int_equal(whole, kit.bytes); /* header and storage: all that was allocated */
    cow_str part = cow_str_slice(&s, 0, 600), small = cow_str_slice(&s, 0, 22), middle = cow_str_slice(&s, 0, 100);
    assert_int_equal(cow_str_retained_bytes(&part), whole);
    assert_int_equal(cow_str_retained_bytes(&small), 0);
    assert_true(cow_str_retained_bytes(&middle) >= 101 && cow_str_retained_bytes(&middle) < whole);
    assert_true(cow_str_reserve(&s, 5000));
    assert_true(cow_str_retained_bytes(&s) > 5000);
    cow_str_drop(&s);
    cow_str_drop(&part);
    cow_str_drop(&small);
    cow_str_drop(&middle);
    cow_str roomy_one = roomy("abc", 3);
    if (!KIT_KEEPS_DEAD) assert_int_equal(cow_str_retained_bytes(&roomy_one), kit.bytes);
    cow_str_drop(&roomy_one);
}

static void compact_lets_go_of_the_rest(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 700), part = cow_str_slice(&s, 0, 600);
    size_t whole = cow_str_retained_bytes(&part);
    assert_true(cow_str_compact(&part));
    CHECK_BYTES(&part, prose(), 600);
    assert_true(cow_str_retained_bytes(&part) < whole);
    assert_false(cow_str_is_shared(&part));
    /* An exact text has nothing to let go of, shared or not. */
    cow_str exact = full(prose(), 100), copy = cow_str_copy(&exact);
    kit_fail_none();
    assert_true(cow_str_compact(&exact));
    assert_true(cow_str_same(&exact, &copy));
    assert_int_equal(kit.calls, 0);
    /* Room counts, and so does a text that has become short enough for the handle. */
    cow_str room = roomy(prose(), 100);
    size_t before = cow_str_retained_bytes(&room);
    assert_true(cow_str_compact(&room));
    assert_true(cow_str_retained_bytes(&room) < before);
    CHECK_BYTES(&room, prose(), 100);
    assert_true(cow_str_truncate(&room, 10) && cow_str_compact(&room));
    assert_int_equal(cow_str_retained_bytes(&room), 0);
    CHECK_BYTES(&room, prose(), 10);
    cow_str_drop(&s);
    cow_str_drop(&part);
    cow_str_drop(&exact);
    cow_str_drop(&copy);
    cow_str_drop(&room);
}

static void shrink_gives_spare_room_back(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, 22, 23, 100};
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        size_t n = lengths[i];
        cow_str s = {0};
        assert_true(cow_str_with_capacity(&s, 5000) && cow_str_append_bytes(&s, prose(), n));
        cow_str shared = cow_str_copy(&s);
        size_t before = cow_str_retained_bytes(&s);
        assert_true(cow_str_shrink(&s)); /* shared: nothing to do */
        assert_true(cow_str_same(&s, &shared));
        cow_str_drop(&shared);
        assert_true(cow_str_shrink(&s));
        CHECK_BYTES(&s, prose(), n);
        assert_true(cow_str_retained_bytes(&s) < before);
        if (n <= INLINE_MOST) assert_int_equal(cow_str_retained_bytes(&s), 0);
        assert_true(cow_str_capacity(&s) < 200);
        cow_str_drop(&s);
    }
}

static void a_far_string_that_shrinks_keeps_its_storage(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 100);
    const char *p = cow_str_data(&s);
    size_t room = cow_str_capacity(&s);
    kit_fail_none();
    assert_true(cow_str_truncate(&s, 5));
    assert_ptr_equal(cow_str_data(&s), p);
    assert_int_equal(cow_str_capacity(&s), room);
    cow_str_clear(&s);
    assert_int_equal(cow_str_capacity(&s), room);
    assert_true(cow_str_append_bytes(&s, prose(), 100));
    assert_int_equal(kit.calls, 0);
    cow_str_drop(&s);
}

/* Cutting a shared text at either end is a slice: nothing is copied, whoever asks for it. */
static void cutting_the_ends_of_a_shared_text_copies_nothing(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 700), head = cow_str_copy(&s), tail = cow_str_copy(&s), less = cow_str_copy(&s);
    kit_fail_none();
    assert_true(cow_str_erase_range(&head, 600, 700) && cow_str_erase_range(&tail, 0, 100) &&
                cow_str_truncate(&less, 650));
    assert_int_equal(kit.calls, 0);
    assert_ptr_equal(cow_str_data(&head), cow_str_data(&s));
    assert_ptr_equal(cow_str_data(&tail), cow_str_data(&s) + 100);
    CHECK_BYTES(&head, prose(), 600);
    CHECK_BYTES(&tail, prose() + 100, 600);
    CHECK_BYTES(&less, prose(), 650);
    cow_str_drop(&s);
    cow_str_drop(&head);
    cow_str_drop(&tail);
    cow_str_drop(&less);
}

/* What was erased at the front of an unshared text is room, for a prepend and for the text that comes after a clear. */
static void room_in_front_is_used_again(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 700);
    const char *p = cow_str_data(&s);
    size_t room = cow_str_capacity(&s);
    kit_fail_none();
    assert_true(cow_str_erase_range(&s, 0, 100));
    assert_ptr_equal(cow_str_data(&s), p + 100);
    assert_true(cow_str_prepend_bytes(&s, prose() + 40, 60));
    assert_ptr_equal(cow_str_data(&s), p + 40);
    CHECK_BYTES(&s, prose() + 40, 660);
    assert_true(cow_str_prepend_bytes(&s, prose(), 40));
    assert_ptr_equal(cow_str_data(&s), p);
    CHECK_BYTES(&s, prose(), 700);
    assert_true(cow_str_erase_range(&s, 0, 600));
    assert_true(cow_str_capacity(&s) <= room - 600);
    cow_str_clear(&s);
    assert_int_equal(cow_str_capacity(&s), room);
    assert_int_equal(kit.calls, 0);
    cow_str_drop(&s);
}

/* A change that has to copy puts a short result into the handle. */
static void a_copying_change_with_a_short_result_is_inline(void **state) {
    (void)state;
    cow_str s = str_of(prose(), 100), t = cow_str_copy(&s);
    kit_fail_none();
    assert_true(cow_str_erase_range(&t, 10, 90));
    assert_int_equal(kit.calls, 0);
    assert_int_equal(cow_str_retained_bytes(&t), 0);
    assert_int_equal(cow_str_len(&t), 20);
    cow_str_drop(&s);
    cow_str_drop(&t);
}

static void reserve_unshares_and_makes_room(void **state) {
    (void)state;
    static subject of;
    for (form which = 0; which < FORMS; which++) {
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            static const size_t rooms[] = {0, 10, 22, 23, 100, 2000};
            for (size_t k = 0; form_fits(which, sizes[i]) && k < LENGTH(rooms); k++) {
                size_t n = sizes[i];
                snprintf(kit_context, sizeof kit_context, "%s, %zu bytes, room for %zu", form_names[which], n,
                         rooms[k]);
                subject_set(&of, which, prose(), n);
                KIT_CHECK(cow_str_reserve(&of.s, rooms[k]));
                CHECK_BYTES(&of.s, prose(), n);
                KIT_CHECK(!cow_str_is_shared(&of.s));
                KIT_CHECK(cow_str_capacity(&of.s) >= rooms[k] && cow_str_capacity(&of.s) >= n);
                kit_fail_none();
                for (size_t at = n; at < rooms[k]; at++) KIT_CHECK(cow_str_append_byte(&of.s, 'x'));
                KIT_CHECK(kit.calls == 0);
                subject_check_others(&of, prose(), n);
                subject_strike(&of, which);
            }
        }
    }
}

#ifdef COW_STATS
static void the_counters_see_strings(void **state) {
    (void)state;
    cow_stats now;
    cow_stats_reset();
    cow_str s = str_of(prose(), 100), t = cow_str_copy(&s);
    assert_true(cow_stats_get(&now));
    assert_int_equal(now.buffers_new, 1);
    assert_int_equal(now.retains, 1);
    assert_int_equal(now.copies, 0);
    assert_true(now.bytes_allocated >= 101);
    assert_true(cow_str_edit(&t) != NULL);
    assert_true(cow_stats_get(&now));
    assert_int_equal(now.copies, 1);
    assert_int_equal(now.bytes_copied, 100);
    assert_int_equal(now.buffers_new, 2);
    cow_str_drop(&s);
    cow_str_drop(&t);
    assert_true(cow_stats_get(&now));
    assert_int_equal(now.buffers_freed, 2);
    cow_str small = STR_OF("inline"), copy = cow_str_copy(&small);
    assert_true(cow_str_append(&copy, "!"));
    assert_true(cow_stats_get(&now));
    assert_int_equal(now.buffers_new, 2); /* the handle counts nothing */
    assert_int_equal(now.copies, 1);
    cow_str_drop(&small);
    cow_str_drop(&copy);
}
#endif

/* The text may be all there is in its buffer: a line in a buffer that was made for long ones. */
static void all_of_a_short_text_does_not_keep_a_large_buffer(void **state) {
    (void)state;
    cow_str line;
    KIT_CHECK(cow_str_with_capacity(&line, 1 << 20) && cow_str_append(&line, "a line of more than twenty-two bytes"));
    cow_str all = cow_str_trim(&line), none = cow_str_slice(&line, 0, cow_str_len(&line));
    KIT_CHECK(cow_str_retained_bytes(&all) < 200 && cow_str_retained_bytes(&none) < 200);
    cow_str_drop(&all);
    cow_str_drop(&none);
    cow_str_drop(&line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(copies_share_and_survive_each_other),
        UNIT(move_leaves_empty_and_swap_exchanges),
        UNIT(assign_shares_and_drops_the_old_text),
        UNIT(same_means_the_same_bytes_in_the_same_place),
        UNIT(slices_of_every_form_and_length),
        UNIT(slices_out_of_range_are_empty_and_say_so),
        UNIT(prefix_and_suffix_take_what_there_is),
        UNIT(slicing_never_fails),
        UNIT(all_of_a_short_text_does_not_keep_a_large_buffer),
        UNIT(trim_takes_white_space_off_the_ends),
        UNIT(a_c_string_never_cuts_what_others_see),
        UNIT(a_truncated_copy_has_a_c_string_of_its_own),
        UNIT(a_slice_that_is_alone_is_terminated_in_place),
        UNIT(the_end_of_a_literal_is_terminated_already),
        UNIT(a_c_string_without_memory_says_so),
        UNIT(frozen_texts_are_read_only_for_ever),
        UNIT(freezing_adopted_bytes_keeps_them_for_ever),
        UNIT(retained_bytes_tell_what_a_value_keeps_alive),
        UNIT(compact_lets_go_of_the_rest),
        UNIT(shrink_gives_spare_room_back),
        UNIT(a_far_string_that_shrinks_keeps_its_storage),
        UNIT(cutting_the_ends_of_a_shared_text_copies_nothing),
        UNIT(room_in_front_is_used_again),
        UNIT(a_copying_change_with_a_short_result_is_inline),
        UNIT(reserve_unshares_and_makes_room),
#ifdef COW_STATS
        UNIT(the_counters_see_strings),
#endif
    };
    return cmocka_run_group_tests_name("str_share", tests, NULL, NULL);
}
