/* SPDX-License-Identifier: MIT */
/* The search: from each state every thread goes on in every way, and no state is explored twice.
 *
 * One step of a thread runs up to its next operation on a shared atomic (or to the boundary after it). What a step may choose
 * (the next operation of the program, the message that a load reads) is written into a script; running the step again with the
 * next script gives the next way. Private work needs no turns: see `explore_alone`. */
#include "explorer_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const program *explorer_program;
unsigned explorer_current = MAIN;
bool explorer_tracing;

enum { MAX_DEPTH = 1000 };

typedef enum step_kind { STEP, STEP_ALONE, STEP_RETIRE } step_kind;

/* One step on the way from the start to the current state. */
typedef struct path_step {
    step_kind kind;
    unsigned thread;
    unsigned length; /* of the script */
    uint8_t choice[MAX_SCRIPT], ways[MAX_SCRIPT];
    snapshot before;
} path_step;

static path_step path[MAX_DEPTH];
static path_step *script; /* of the step that runs now; NULL: nothing may be chosen */
static unsigned script_position;
static unsigned path_length; /* the steps that led to a bug */
static bool bug_found;
static explorer_result result;
static jmp_buf escape;

/* ---- what the program calls ---- */

unsigned explorer_thread(void) { return explorer_current; }

void explorer_note(const char *format, ...) {
    if (!explorer_tracing) return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "  thread %u: ", explorer_current);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
}

void explorer_bug(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result.bug, sizeof result.bug, format, arguments);
    va_end(arguments);
    bug_found = true;
    if (explorer_current != MAIN) coroutine_park(); /* never comes back */
    longjmp(escape, 1);
}

void search_log(uint64_t word) {
    if (explorer_current == MAIN) return;
    thread *t = &explorer_world.thread[explorer_current];
    t->log = hash_mix(t->log, word);
}

void explorer_depends_on(uint64_t word) { search_log(word); }

unsigned search_choose(unsigned n) {
    if (n <= 1) return 0;
    if (!script) explorer_bug("explorer: a choice where none is possible");
    if (script_position == script->length) {
        if (script->length == MAX_SCRIPT) explorer_bug("explorer: too many choices in one step, raise MAX_SCRIPT");
        script->choice[script->length] = 0;
        script->ways[script->length++] = (uint8_t)n;
    }
    return script->choice[script_position++];
}

unsigned explorer_choose(unsigned n) {
    unsigned chosen = search_choose(n);
    search_log(chosen);
    return chosen;
}

/* A step that has not used its turn yet goes on into the next operation. */
void explorer_boundary(void) {
    thread *t = &explorer_world.thread[explorer_current];
    t->log = world_hash_thread(explorer_current);
    if (t->granted && !explorer_world.alone) return;
    t->at_boundary = true;
    coroutine_park();
}

/* ---- one step ---- */

static bool next_script(path_step *s) {
    while (s->length && s->choice[s->length - 1] + 1 == s->ways[s->length - 1]) s->length--;
    if (s->length == 0) return false;
    s->choice[s->length - 1]++;
    return true;
}

static void resume(unsigned t) {
    thread *of = &explorer_world.thread[t];
    of->granted = true;
    of->at_boundary = false;
    script_position = 0;
    coroutine_resume(t);
    if (bug_found) longjmp(escape, 1);
    if (of->finished) plain_check_thread_end(t);
}

/* Runs the step as its script says, with fresh choices after the script's end. */
static void run_step(path_step *s) {
    script = s->kind == STEP_RETIRE ? NULL : s;
    explorer_world.alone = s->kind != STEP;
    if (s->kind == STEP_RETIRE) {
        explorer_program->retire(s->thread);
        while (!explorer_world.thread[s->thread].finished) resume(s->thread);
    } else {
        resume(s->thread);
    }
    explorer_world.alone = false;
    script = NULL;
    result.steps++;
}

static void begin(void) {
    world_reset();
    coroutine_clear_local();
    bug_found = false;
    explorer_current = MAIN;
    explorer_program->setup();
    for (unsigned t = 0; t < explorer_program->threads; t++) coroutine_start(t);
    for (unsigned t = explorer_program->threads; t < MAX_THREADS; t++) explorer_world.thread[t].finished = true;
}

static void end(void) {
    coroutine_clear_local();
    if (explorer_program->finish) explorer_program->finish();
    plain_check_world_end();
}

/* ---- the states met so far ---- */

/* Two arrays, because one of pairs would waste a quarter of the memory on padding. */
static uint64_t *table_keys;    /* 0: empty */
static float *table_executions; /* how many lead from here to an end */
static size_t table_size;       /* a power of two */
static size_t table_used;

static void table_allocate(size_t size) {
    table_keys = calloc(size, sizeof *table_keys);
    table_executions = malloc(size * sizeof *table_executions);
    table_size = size;
    if (table_keys && table_executions) return;
    fprintf(stderr, "explorer: out of memory at %zu states\n", table_used);
    exit(2);
}

static void table_clear(void) {
    free(table_keys);
    free(table_executions);
    table_used = 0;
    table_allocate(1 << 12);
}

/* Where the key is, or where it would be. */
static size_t table_slot(uint64_t key) {
    size_t at = (size_t)key & (table_size - 1);
    while (table_keys[at] && table_keys[at] != key) at = (at + 1) & (table_size - 1);
    return at;
}

static void table_put(uint64_t key, float executions) {
    size_t at = table_slot(key);
    table_keys[at] = key;
    table_executions[at] = executions;
}

static void table_grow(void) {
    uint64_t *keys = table_keys;
    float *executions = table_executions;
    size_t size = table_size;
    table_allocate(size * 2);
    for (size_t i = 0; i < size; i++) {
        if (keys[i]) table_put(keys[i], executions[i]);
    }
    free(keys);
    free(executions);
}

static bool known_state(uint64_t key, double *executions) {
    size_t at = table_slot(key);
    bool known = table_keys[at] != 0 && !explorer_program->unmerged;
    *executions = known ? (double)table_executions[at] : 0;
    return known;
}

static void remember_state(uint64_t key, double executions) {
    if (explorer_program->unmerged) return;
    if (table_used * 10 > table_size * 8) table_grow();
    table_put(key, (float)executions);
    table_used++;
    result.states++;
}

/* ---- the search ---- */

static bool runnable(unsigned t) {
    const thread *of = &explorer_world.thread[t];
    return !of->finished && !of->asleep && (!of->waiting || order_wait_satisfied(of));
}

static bool all_finished(void) {
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        if (!explorer_world.thread[t].finished) return false;
    }
    return true;
}

static path_step *enter_depth(unsigned depth) {
    if (depth == MAX_DEPTH) explorer_bug("explorer: run too long, raise MAX_DEPTH");
    path_length = depth;
    return &path[depth];
}

static void take_step(unsigned depth, step_kind kind, unsigned t) {
    path[depth].kind = kind;
    path[depth].thread = t;
    path_length = depth + 1;
    run_step(&path[depth]);
}

/* A thread that holds no shared storage any more can neither see the others nor be seen. All its ways to go on are explored
 * here once, without the others; in the search proper it then takes just one of them. */
static double explore_alone(unsigned t, unsigned depth) {
    path_step *here = enter_depth(depth);
    uint64_t key = hash_mix(world_hash_thread(t), 0xa10ae) | 1;
    double executions;
    if (known_state(key, &executions)) return executions;
    world_save(&here->before);
    here->length = 0;
    do {
        world_restore(&here->before);
        take_step(depth, STEP_ALONE, t);
        executions += explorer_world.thread[t].finished ? 1 : explore_alone(t, depth + 1);
    } while (next_script(here));
    world_restore(&here->before);
    remember_state(key, executions);
    return executions;
}

static double explore(unsigned depth);

static double explore_after(unsigned t, unsigned depth) {
    const thread *of = &explorer_world.thread[t];
    if (of->finished || !of->at_boundary || !explorer_program->retire || world_holds_shared(t)) return explore(depth);
    double alone = explore_alone(t, depth);
    take_step(depth, STEP_RETIRE, t);
    return alone * explore(depth + 1);
}

static double explore(unsigned depth) {
    path_step *here = enter_depth(depth);
    if (all_finished()) {
        end();
        return 1;
    }
    world_normalise();
    uint64_t key = world_hash() | 1;
    double executions;
    if (known_state(key, &executions)) return executions;
    world_save(&here->before);
    bool any = false;
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        if (any) world_restore(&here->before);
        if (!runnable(t)) continue;
        here->length = 0;
        do {
            if (any) world_restore(&here->before);
            any = true;
            take_step(depth, STEP, t);
            executions += explore_after(t, depth + 1);
        } while (next_script(here));
    }
    path_length = depth;
    if (!any) explorer_bug("deadlock: every thread waits");
    remember_state(key, executions);
    return executions;
}

/* ---- the report ---- */

/* Runs the path to the bug once more and lets everybody talk. */
static void report(void) {
    char bug[sizeof result.bug];
    memcpy(bug, result.bug, sizeof bug);
    fprintf(stderr, "\nBUG in %s: %s\n  the run that shows it:\n", explorer_program->name, bug);
    explorer_tracing = true;
    unsigned length = path_length;
    if (setjmp(escape) == 0) {
        begin();
        for (unsigned depth = 0; depth < length; depth++) {
            world_normalise();
            run_step(&path[depth]);
        }
        if (all_finished()) end();
    }
    explorer_tracing = false;
    explorer_current = MAIN;
    fprintf(stderr, "  BUG: %s\n\n", bug);
    if (strcmp(bug, result.bug) != 0) fprintf(stderr, "  (the repeated run ended differently: %s)\n", result.bug);
    memcpy(result.bug, bug, sizeof bug);
}

explorer_result explorer_run(const program *p, bool quiet) {
    memset(&result, 0, sizeof result);
    explorer_program = p;
    explorer_locations = 0;
    script = NULL;
    table_clear();
    if (setjmp(escape) == 0) {
        begin();
        result.executions = explore(0);
    } else {
        result.wrong = true;
        explorer_current = MAIN;
        if (!quiet) report();
    }
    return result;
}
