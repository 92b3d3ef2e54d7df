/* SPDX-License-Identifier: MIT */
/*
 * RapidCheck from C: properties, drawn values that shrink, and stateful models. Built on RapidCheck, by rapidcheck_c.cpp.
 *
 *     static void reversing_twice(void *ctx) {
 *         int64_t list[50];
 *         size_t n = rc_ints("list", -9, 9, list, 50);
 *         ...
 *         rc_assert(memcmp(list, twice, n * sizeof *list) == 0);
 *     }
 *
 *     int main(void) {
 *         rc_check("reversing twice is the identity", reversing_twice, NULL);
 *         return rc_summary("lists");
 *     }
 *
 * A failed check leaves the property by a C++ exception. It passes through C functions, whose cleanup attributes run, if they
 * are compiled with -fexceptions. So everything between a property and a check needs that flag; without it nothing is cleaned up.
 */
#ifndef RAPIDCHECK_C_H
#define RAPIDCHECK_C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) && !defined(__EXCEPTIONS)
#error "rapidcheck_c.h: compile with -fexceptions, or cleanups would be skipped when a check fails"
#endif

#ifdef __GNUC__
#define RC_PRINTF(text, rest) __attribute__((format(printf, text, rest)))
#else
#define RC_PRINTF(text, rest)
#endif

#ifdef __cplusplus
#define RC_NORETURN [[noreturn]]
extern "C" {
#else
#define RC_NORETURN _Noreturn
#endif

/* ---- Running ---- */

/* Runs `property(ctx)` with many drawn values. Prints RapidCheck's report to stderr; returns whether the property held.
   The name identifies the property for RC_PARAMS, so each needs its own. */
bool rc_check(const char *name, void (*property)(void *ctx), void *ctx);

/* As rc_check, but each case runs in a forked child. There a crash, an abort, a sanitizer's report, an exit, and
   RC_ISOLATED_SECONDS without an end are failures of the case, which shrink like others; the report has the first of what the
   case wrote to stderr. What a case leaves in memory is gone with it. */
bool rc_check_isolated(const char *name, void (*property)(void *ctx), void *ctx);
enum { RC_ISOLATED_SECONDS = 10 };

/* Prints "<label>: N properties passed", or how many failed, and returns what main should: 0, or 1 after a failure. */
int rc_summary(const char *label);

/* ---- Drawing: only inside a property. The name stands beside the value in a counterexample ---- */

/* A number from lo to hi, both included. Shrinks toward zero, or toward the bound that is nearest to zero. */
int64_t rc_int(const char *name, int64_t lo, int64_t hi);

/* A number below n, which is at least 1. Shrinks toward 0: put the simplest choice first. */
size_t rc_choice(const char *name, size_t n);

/* Shrinks toward false. */
bool rc_bool(const char *name);

/* Up to `max` numbers from lo to hi; returns how many. Shrinks by leaving some out, and each as rc_int. */
size_t rc_ints(const char *name, int64_t lo, int64_t hi, int64_t *to, size_t max);

/* Up to `max` bytes; returns how many. Shrinks by leaving some out, and each toward 0. Shown as a C string. */
size_t rc_bytes(const char *name, void *to, size_t max);

/* As rc_bytes, but of the characters of `alphabet`; each shrinks toward the first of them. */
size_t rc_text(const char *name, const char *alphabet, char *to, size_t max);

/* ---- Judging ---- */

/* Fail the case unless the condition holds; rc_assertf adds a message in printf's way, rc_assert_equal shows two integers. */
#define rc_assert(condition) \
    ((condition) ? (void)0 : rc_fail_at(__FILE__, __LINE__, "rc_assert(" #condition ")", "%s", ""))
#define rc_assertf(condition, ...) \
    ((condition) ? (void)0 : rc_fail_at(__FILE__, __LINE__, "rc_assertf(" #condition ")", __VA_ARGS__))
#define rc_assert_equal(a, b) \
    rc_assert_equal_at(__FILE__, __LINE__, "rc_assert_equal(" #a ", " #b ")", (int64_t)(a), (int64_t)(b))
#define rc_fail(...) rc_fail_at(__FILE__, __LINE__, "rc_fail", __VA_ARGS__)

/* Gives the case up: it counts neither as passed nor as failed. RapidCheck gives up when too many are. */
#define rc_require(condition) ((condition) ? (void)0 : rc_discard("rc_require(" #condition ")"))
RC_NORETURN void rc_discard(const char *why);

/* Adds a label to the case; the report shows what share of the cases had which labels. */
void rc_label(const char *format, ...) RC_PRINTF(1, 2);

/* Adds a line that is printed only with the counterexample. */
void rc_log(const char *format, ...) RC_PRINTF(1, 2);

/* What the macros call. */
RC_NORETURN void rc_fail_at(const char *file, int line, const char *check, const char *format, ...) RC_PRINTF(4, 5);
void rc_assert_equal_at(const char *file, int line, const char *check, int64_t a, int64_t b);

/* ---- Stateful models: a list of commands is drawn, then run on a fresh state ---- */

enum { RC_ARGUMENTS = 8 };

/* What one argument of a command is drawn from, as by rc_int. Arguments of the same name and range, in any command, are taken
   for names of the same things (slots, handles): shrinking exchanges and merges them throughout the list. */
typedef struct rc_argument {
    const char *name;
    int64_t lo, hi;
    const int64_t
        *table; /* if not NULL, commands get, and reports show, the row that was drawn; put the simplest first */
} rc_argument;

typedef struct rc_command {
    const char *name;
    unsigned weight;                     /* how often it is drawn, relative to the others; 0 counts as 1 */
    rc_argument arguments[RC_ARGUMENTS]; /* up to the first without a name */
    /* Whether the command makes sense now; NULL: always. Otherwise it is skipped, so a list stays valid when shrinking takes
       commands out of it, and a minimal list has no skipped command. */
    bool (*precondition)(const void *state, const int64_t *arguments);
    void (*run)(void *state, const int64_t *arguments);
    /* How the command is shown; NULL: as name(argument=value, ...). */
    void (*describe)(const int64_t *arguments, char *text, size_t size);
} rc_command;

typedef struct rc_model {
    const rc_command *commands;
    size_t count;
    size_t longest;                 /* the longest list; 0: 100 */
    void *(*begin)(void *ctx);      /* makes the state of one run; NULL: the state is ctx */
    void (*invariant)(void *state); /* checked after each command; may be NULL */
    void (*end)(void *state);       /* gives the state up, and may check once more; may be NULL */
    /* Each run in a child, as by rc_check_isolated. After a failure the child just ends; without isolation `end` is called then,
       too, and what it checks does not count. */
    bool isolated;
} rc_model;

/* As rc_check, for a model. */
bool rc_check_model(const char *name, const rc_model *model, void *ctx);

#ifdef __cplusplus
}
#endif
#endif
