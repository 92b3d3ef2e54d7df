/* SPDX-License-Identifier: MIT */
/* program: what every fuzz target is made of. An input is a program: a few bytes of text, then operations of a fixed size.

   A target is a world (the values under test and what they should hold: NAME_world.h), and a table of operations. One row
   says all there is to say about an operation: how its arguments come from the bytes, the call itself, and its effect on the
   model. From that row it is run, mutated as a whole, and printed as a line of C. Include this behind the world. */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The arguments of the operation that runs. The plan of a row sets them; where they stand in its call, the printed program has
   their numbers. By habit: the piece [at, at + count) of the value `self`, the piece [from, from + length) of `other`. */
extern size_t self, other, at, count, from, length;
extern long long value;
/* An error code when the call must refuse to do anything. */
extern int refusal;
/* The text of the input; a block of its exact size. */
extern const char *text;
extern size_t text_length;
/* What a call must print; stands in the printed program as a literal. */
extern char expected_text[400];

/* The next byte of the operation, 0 when it has no more; and a number below `bound`, 0 when that is 0. */
unsigned next_byte(void);
size_t below(size_t bound);

enum operation_kind { FALLIBLE, EXACT, CERTAIN };

struct operation {
    const char *name;
    unsigned weight; /* how often the mutator makes one */
    enum operation_kind kind;
    bool (*plan)(void);        /* sets the arguments; false: the operation makes no sense now */
    bool (*run)(void);         /* the call, checked; whether it did something */
    long long (*effect)(void); /* what it does to the model; of an EXACT one, what it must give */
    const char *call;
};

struct target {
    const char *name;
    const struct operation *operations;
    size_t count;
    /* The model: what the values should hold. It depends on the operations and on which of them failed, nothing else. */
    void *wanted;
    size_t values, value_size;
    void (*print_wanted)(FILE *out, size_t i);
    void (*begin)(void); /* when the text is known */
    const char *opening; /* the call that does so in a printed program, if it is more than the model's */
    void (*check_all)(void);
    void (*finish)(void);
    size_t text_most; /* bytes of text that an input may have */
    bool fallible; /* whether inputs make allocations and hooks fail: one more operation, which every such target has */
    size_t calm_most;         /* how many of them may go well first; 0: 7 */
    bool stateless;           /* an input is text alone, and each operation is run at each position of it */
    const char *const *world; /* the lines of kit.h and the world; the build makes them */
};

/* Each target defines one. */
extern const struct target fuzz_target;

/* Whether the allocation or hook that is about to happen fails, as the input says. */
bool program_fails_now(void);

/* Says what went wrong, prints the program that did it, and aborts. */
void program_broken(const char *what);

/* How many operations there are to choose from, with the one that makes others fail. */
size_t program_operations(void);

/* For replay: runs that survive their death in another process, and what is known of the last one. */
struct progress;
void program_quietly_into(struct progress *where);
size_t program_progress_size(void);
/* The input is called `name` when it is printed. */
void program_name(const char *name);
void program_print(FILE *out);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
                                 size_t max_size, unsigned seed);

/* Prints bytes as a C string literal. */
void print_literal(FILE *out, const char *p, size_t n);

#ifdef FUZZ_TARGET

static inline bool judge(bool ok) {
    if (!refusal) return tried(ok);
    refused(ok, refusal);
    return false;
}

/* A target lists its rows once, OPERATIONS(TRY, IS, DO), in which
   TRY is a call that returns whether it did it, and has the effect then; it may fail when a failure was injected;
   IS  is an expression that must give what its last column says;
   DO  is a statement that cannot fail. */
#define PROGRAM_TRY_FUNCTIONS(name, weight, plan, call, effect) \
    static bool name##_plan(void) { return plan; }              \
    static bool name##_run(void) { return judge(call); }        \
    static long long name##_effect(void) { return effect, 0; }
#define PROGRAM_IS_FUNCTIONS(name, weight, plan, call, expected)           \
    static bool name##_plan(void) { return plan; }                         \
    static long long name##_effect(void) { return (long long)(expected); } \
    static bool name##_run(void) { return gives((long long)(call), name##_effect()), true; }
#define PROGRAM_DO_FUNCTIONS(name, weight, plan, call, effect)      \
    static bool name##_plan(void) { return plan; }                  \
    static bool name##_run(void) { return (call), settle(), true; } \
    static long long name##_effect(void) { return effect, 0; }
#define PROGRAM_TRY_ROW(name, weight, plan, call, effect) \
    {#name, weight, FALLIBLE, name##_plan, name##_run, name##_effect, #call},
#define PROGRAM_IS_ROW(name, weight, plan, call, expected) \
    {#name, weight, EXACT, name##_plan, name##_run, name##_effect, #call},
#define PROGRAM_DO_ROW(name, weight, plan, call, effect) \
    {#name, weight, CERTAIN, name##_plan, name##_run, name##_effect, #call},
#define PROGRAM_TABLE                                                             \
    OPERATIONS(PROGRAM_TRY_FUNCTIONS, PROGRAM_IS_FUNCTIONS, PROGRAM_DO_FUNCTIONS) \
    static const struct operation operations[] = {OPERATIONS(PROGRAM_TRY_ROW, PROGRAM_IS_ROW, PROGRAM_DO_ROW)};

#endif
#endif
