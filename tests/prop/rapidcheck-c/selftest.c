/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs: each must be found, and must shrink to the case that selftest.sh states. `selftest NAME` runs one of them.
 */
#include "rapidcheck_c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Values ---- */

static void a_bound(void *ctx) {
    (void)ctx;
    rc_assert(rc_int("n", 0, 1000000) < 1000);
}

static void a_negative(void *ctx) {
    (void)ctx;
    rc_assert(rc_int("n", -1000000, 1000000) > -77);
}

/* Fails on both sides of zero, where the positive one reads better. */
static void either_sign(void *ctx) {
    (void)ctx;
    int64_t n = rc_int("n", -100, 100);
    rc_assertf(n < 5 && n > -5, "n is %d", (int)n);
}

static void above_zero(void *ctx) {
    (void)ctx;
    rc_assert(rc_int("n", 50, 900) < 50);
}

static void below_zero(void *ctx) {
    (void)ctx;
    rc_assert(rc_int("n", INT64_MIN, -3) > -3);
}

static void all_numbers(void *ctx) {
    (void)ctx;
    rc_assert(rc_int("n", INT64_MIN, INT64_MAX) >= -4000000000);
}

static void a_choice(void *ctx) {
    (void)ctx;
    rc_assert_equal(rc_choice("which", 7) / 3, 0);
}

static void a_bool(void *ctx) {
    (void)ctx;
    rc_assert(rc_bool("even") && !rc_bool("odd"));
}

static void two_draws(void *ctx) {
    (void)ctx;
    int64_t a = rc_int("a", 0, 200), b = rc_int("b", 0, 200);
    rc_assert(a < 20 || b < 30);
}

static void a_list(void *ctx) {
    (void)ctx;
    int64_t list[60];
    size_t n = rc_ints("list", 0, 100, list, 60);
    for (size_t i = 1; i < n; i++) rc_assert(list[i - 1] <= list[i]);
}

static void a_long_list(void *ctx) {
    (void)ctx;
    int64_t list[60];
    rc_assert(rc_ints("list", 7, 1000, list, 60) < 5);
}

static void some_bytes(void *ctx) {
    (void)ctx;
    unsigned char bytes[80];
    size_t n = rc_bytes("bytes", bytes, sizeof bytes);
    for (size_t i = 1; i < n; i++) rc_assert(bytes[i - 1] < 0xf0 || bytes[i] < '"');
}

static void a_text(void *ctx) {
    (void)ctx;
    char text[41] = "";
    text[rc_text("text", "abc", text, 40)] = 0;
    const char *c = strchr(text, 'c');
    rc_assert(!c || !strchr(c, 'b'));
}

/* ---- What else a report says ---- */

static void odd_ones_do_not_count(void *ctx) {
    (void)ctx;
    rc_require(rc_int("n", 0, 100) % 2 == 0);
}

static void none_counts(void *ctx) {
    (void)ctx;
    rc_discard("for no reason");
}

static void with_labels(void *ctx) {
    (void)ctx;
    rc_label("%s", rc_int("n", 0, 100) < 50 ? "small" : "large");
    rc_log("not to be seen");
}

static void with_a_log(void *ctx) {
    (void)ctx;
    int64_t n = rc_int("n", 0, 100);
    rc_log("twice that is %d", (int)(2 * n));
    rc_assert(n < 21);
}

/* ---- Cleaning up: how a failed check leaves C functions ---- */

static int made, cleaned;

static void clean(int *variable) {
    (void)variable;
    cleaned++;
}

static void check_deep_inside(int64_t n) {
    __attribute__((cleanup(clean))) int inner = ++made;
    rc_assert(n < 10 || inner == 0);
}

static void with_cleanups(void *ctx) {
    (void)ctx;
    __attribute__((cleanup(clean))) int outer = ++made;
    check_deep_inside(rc_int("n", 0, 100));
    (void)outer;
}

/* ---- Isolation ---- */

static void an_abort(void *ctx) {
    (void)ctx;
    int64_t n = rc_int("n", 0, 1000);
    unsigned char bytes[10];
    size_t count = rc_bytes("bytes", bytes, sizeof bytes);
    if (n < 12 || count < 2) return;
    fprintf(stderr, "these are my last words\n");
    abort();
}

static void a_stray_write(void *ctx) {
    (void)ctx;
    char text[31] = "";
    volatile char *nowhere = NULL;
    rc_text("text", "x\ny", text, 30);
    if (strchr(text, '\n')) *nowhere = 1;
}

static void a_hang(void *ctx) {
    (void)ctx;
    alarm(1); /* instead of RC_ISOLATED_SECONDS, which the child counts already */
    for (;;) pause();
}

static void an_exit(void *ctx) {
    (void)ctx;
    _exit(3);
}

static void isolated_and_well(void *ctx) {
    (void)ctx;
    int64_t n = rc_int("n", 0, 20);
    rc_label("%s", n < 12 ? "below" : "above");
    rc_require(n != 11);
    made = 1; /* and forgotten with the child: nothing needs to be cleaned up */
}

static void isolated_and_failing(void *ctx) {
    (void)ctx;
    int64_t list[20];
    size_t n = rc_ints("list", 0, 100, list, 20);
    rc_log("seen from inside");
    rc_assert(n < 3 || list[2] < 50);
}

static void an_empty_range(void *ctx) {
    (void)ctx;
    (void)rc_int("n", 1, 0);
}

/* ---- Models: three stacks ---- */

enum { STACKS = 3, DEEP = 64 };

typedef struct stacks {
    int64_t kept[STACKS][DEEP];
    size_t n[STACKS];  /* as the implementation counts */
    size_t is[STACKS]; /* as it should be */
    bool broken;
} stacks;

static int begun, ended;

static void *stacks_begin(void *ctx) {
    begun++;
    memset(ctx, 0, sizeof(stacks));
    return ctx;
}

static void stacks_end(void *state) {
    ended++;
    rc_assert(!((stacks *)state)->broken);
}

static void stacks_agree(void *state) {
    stacks *s = state;
    for (size_t i = 0; i < STACKS; i++) rc_assertf(s->n[i] == s->is[i], "stack %zu", i);
}

static bool has_room(const void *state, const int64_t *a) { return ((const stacks *)state)->n[a[0]] < DEEP; }
static bool has_some(const void *state, const int64_t *a) { return ((const stacks *)state)->n[a[0]] > 0; }
static bool fits(const void *state, const int64_t *a) {
    const stacks *s = state;
    return s->n[a[0]] + s->n[a[1]] <= DEEP;
}

static void push(void *state, const int64_t *a) {
    stacks *s = state;
    s->kept[a[0]][s->n[a[0]]++] = a[1];
    s->is[a[0]]++;
}

static void pop(void *state, const int64_t *a) {
    stacks *s = state;
    rc_assert(s->n[a[0]] > 0);
    s->n[a[0]]--;
    s->is[a[0]]--;
}

/* The planted bug: moving all to another stack forgets one when there are two or more and the top is 5 or more. */
static void pour(void *state, const int64_t *a) {
    stacks *s = state;
    int64_t from = a[0], to = a[1];
    if (from == to) return;
    size_t n = s->n[from];
    memcpy(s->kept[to] + s->n[to], s->kept[from], n * sizeof(int64_t));
    s->n[to] += n >= 2 && s->kept[from][n - 1] >= 5 ? n - 1 : n;
    s->n[from] = 0;
    s->is[to] += s->is[from];
    s->is[from] = 0;
}

static void describe_pour(const int64_t *a, char *text, size_t size) {
    snprintf(text, size, "pour %d into %d", (int)a[0], (int)a[1]);
}

static void crash_when_deep(void *state, const int64_t *a) {
    if (((stacks *)state)->n[a[0]] >= 3) abort();
}

/* Three sizes are too many: the first of them in the table is the simplest. */
static void take(void *state, const int64_t *a) {
    (void)state;
    rc_assert(a[0] <= 512);
}

static const int64_t sizes[] = {0, 22, 512, 513, 1000, 600};

#define STACK \
    { "stack", 0, STACKS - 1, NULL }
static const rc_command stack_commands[] = {
    {"pour", 1, {STACK, STACK}, fits, pour, describe_pour},
    {"push", 5, {STACK, {"value", 0, 9, NULL}}, has_room, push, NULL},
    {"pop", 0, {STACK}, has_some, pop, NULL},
    {"crash_when_deep", 1, {STACK}, NULL, crash_when_deep, NULL},
    {"take", 1, {{"size", 0, 5, sizes}}, NULL, take, NULL},
};

static stacks the_stacks;

/* ---- The table ---- */

static void model_case(size_t first, size_t count, bool isolated) {
    const rc_model model = {stack_commands + first, count, 60, stacks_begin, stacks_agree, stacks_end, isolated};
    rc_check_model("the stacks", &model, &the_stacks);
    if (!isolated) printf("selftest: %s\n", begun && begun == ended ? "each run was ended" : "a run was NOT ended");
}

static const struct {
    const char *name;
    void (*property)(void *ctx);
    bool isolated;
} properties[] = {
    {"a_bound", a_bound, false},
    {"a_negative", a_negative, false},
    {"either_sign", either_sign, false},
    {"above_zero", above_zero, false},
    {"below_zero", below_zero, false},
    {"all_numbers", all_numbers, false},
    {"a_choice", a_choice, false},
    {"a_bool", a_bool, false},
    {"two_draws", two_draws, false},
    {"a_list", a_list, false},
    {"a_long_list", a_long_list, false},
    {"some_bytes", some_bytes, false},
    {"a_text", a_text, false},
    {"odd_ones_do_not_count", odd_ones_do_not_count, false},
    {"none_counts", none_counts, false},
    {"with_labels", with_labels, false},
    {"with_a_log", with_a_log, false},
    {"with_cleanups", with_cleanups, false},
    {"an_abort", an_abort, true},
    {"a_stray_write", a_stray_write, true},
    {"a_hang", a_hang, true},
    {"an_exit", an_exit, true},
    {"isolated_and_well", isolated_and_well, true},
    {"isolated_and_failing", isolated_and_failing, true},
    {"an_empty_range", an_empty_range, true},
};

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "a_model") == 0) model_case(0, 3, false);
    if (strcmp(name, "a_sound_model") == 0) model_case(1, 2, false);
    if (strcmp(name, "an_isolated_model") == 0) model_case(0, 3, true);
    if (strcmp(name, "a_crashing_model") == 0) model_case(1, 3, true);
    if (strcmp(name, "a_table") == 0) model_case(4, 1, false);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (strcmp(name, properties[i].name) == 0)
            (properties[i].isolated ? rc_check_isolated : rc_check)(name, properties[i].property, NULL);
    if (made) printf("selftest: %s\n", made == cleaned ? "all is cleaned up" : "something is NOT cleaned up");
    return rc_summary("selftest");
}
