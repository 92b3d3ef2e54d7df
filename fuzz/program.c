/* SPDX-License-Identifier: MIT */
/* program: runs and prints the operations of an input. mutate.c changes them.

   Printing calls nothing of the library, because it happens when that is broken: it does the operations on the model alone, and
   takes from the run which of them failed. So a program can be printed from an error hook of a sanitizer, or by another process. */
#include "program.h"
#include "layout.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

size_t self, other, at, count, from, length;
long long value;
int refusal;
const char *text;
size_t text_length;
char expected_text[400];

/* What happened so far. */
enum outcome { SKIPPED, DIED, DID, FAILED };
struct step {
    uint8_t outcome;
    uint16_t successes,
        failures; /* allocations and hooks that went well before the first failure, and how many failed */
};
struct progress {
    char what[120];
    size_t steps;
    struct layout input;
    struct step step[STEPS_MOST];
};

static struct progress own_progress, *progress = &own_progress;
static bool quiet;
static const char *input_name;

size_t program_progress_size(void) { return sizeof(struct progress); }

void program_quietly_into(struct progress *where) {
    quiet = true;
    progress = where;
}

void program_name(const char *name) { input_name = name; }

/* ---- Arguments ---- */

static const uint8_t *left;
static size_t bytes_left;

unsigned next_byte(void) {
    if (!bytes_left) return 0;
    bytes_left--;
    return *left++;
}

size_t below(size_t bound) {
    if (bound < 2) return 0;
    size_t number = next_byte();
    if (bound > 256) number = number << 8 | next_byte();
    return number % bound;
}

/* ---- Failures ---- */

static size_t to_succeed, to_fail;

bool program_fails_now(void) {
    struct step *s = &progress->step[progress->steps ? progress->steps - 1 : 0];
    bool now = to_fail && !to_succeed;
    if (now) {
        to_fail--;
        s->failures++;
    } else {
        to_succeed -= to_succeed > 0;
        if (!s->failures) s->successes++;
    }
    return now;
}

size_t program_operations(void) { return fuzz_target.count + fuzz_target.fallible; }

/* ---- Steps ---- */

/* How many operations the input asks for. */
static size_t steps_of(const struct layout *in) {
    return fuzz_target.stateless ? (in->text_length + 1) * fuzz_target.count : in->records;
}

/* Chooses the operation of a step and its arguments; NULL when it makes no sense in the state of the model, and when it is the one
   that makes others fail. */
static const struct operation *plan(const struct layout *in, size_t step) {
    const struct operation *o;
    other = count = from = length = at = self = 0;
    value = 0;
    refusal = 0;
    bytes_left = 0;
    if (fuzz_target.stateless) {
        o = fuzz_target.operations + step % fuzz_target.count;
        at = step / fuzz_target.count;
    } else {
        const uint8_t *record = in->record[step];
        size_t which = record[0] % program_operations();
        left = record + 2;
        bytes_left = RECORD - 2;
        if (which == fuzz_target.count) {
            to_succeed = below(fuzz_target.calm_most ? fuzz_target.calm_most + 1 : 8);
            to_fail = 1 + below(3);
            return NULL;
        }
        o = fuzz_target.operations + which;
        self = record[1] % fuzz_target.values;
    }
    return o->plan() ? o : NULL;
}

/* ---- Running ---- */

static void forget_model(void) {
    if (fuzz_target.values) memset(fuzz_target.wanted, 0, fuzz_target.values * fuzz_target.value_size);
}

static void run(const struct layout *in) {
    size_t steps = steps_of(in);
    forget_model();
    if (fuzz_target.begin) fuzz_target.begin();
    for (size_t step = 0; step < steps && step < STEPS_MOST; step++) {
        const struct operation *o = plan(in, step);
        struct step *s = &progress->step[step];
        *s = (struct step){o ? DIED : SKIPPED, 0, 0};
        progress->steps = step + 1;
        if (!o) continue;
        bool ok = o->run();
        s->outcome = ok ? DID : FAILED;
        if (ok && o->kind != EXACT) (void)o->effect();
        if (fuzz_target.check_all) fuzz_target.check_all();
    }
    to_fail = 0;
    if (fuzz_target.finish) fuzz_target.finish();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct layout *in = &progress->input;
    layout_read(in, data, size, &fuzz_target);
    progress->steps = 0;
    progress->what[0] = 0;
    to_fail = 0;
    /* A block of its exact size, so that the sanitizers see a read past it. */
    char *exact = malloc(in->text_length ? in->text_length : 1);
    if (!exact) abort();
    memcpy(exact, in->text, in->text_length);
    text = exact;
    text_length = in->text_length;
    run(in);
    free(exact);
    return 0;
}

/* ---- Printing ---- */

void print_literal(FILE *out, const char *p, size_t n) {
    (void)fputc('"', out);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '"' || c == '\\' || c == '?' || c < 32 || c > 126)
            (void)fprintf(out, "\\%03o", c);
        else
            (void)fputc(c, out);
    }
    (void)fputc('"', out);
}

static void print_number(FILE *out, long long number) {
    if (number == INT64_MIN)
        (void)fputs("(-9223372036854775807 - 1)", out);
    else
        (void)fprintf(out, "%lld", number);
}

/* Prints the number of the argument called by this word, or the word. */
static void print_word(FILE *out, const char *word, size_t n) {
    const struct {
        const char *name;
        long long number;
    } arguments[] = {
        {"self", (long long)self}, {"other", (long long)other},
        {"at", (long long)at},     {"count", (long long)count},
        {"from", (long long)from}, {"length", (long long)length},
        {"value", value},          {"text_length", (long long)text_length},
    };
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
        if (strlen(arguments[i].name) == n && memcmp(arguments[i].name, word, n) == 0) {
            print_number(out, arguments[i].number);
            return;
        }
    if (n == strlen("expected_text") && memcmp(word, "expected_text", n) == 0)
        print_literal(out, expected_text, strlen(expected_text));
    else
        (void)fprintf(out, "%.*s", (int)n, word);
}

static bool in_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static void print_call(FILE *out, const char *call) {
    while (*call) {
        size_t n = 0;
        while (in_word(call[n])) n++;
        if (n)
            print_word(out, call, n);
        else
            (void)fputc(call[n++], out);
        call += n;
    }
}

static const char *reason_name(int code) {
    static const char *const names[] = {"COW_OK",   "COW_ABSENT",   "COW_EXISTS",      "COW_RANGE", "COW_NOMEM",
                                        "COW_HOOK", "COW_CONFLICT", "COW_UNSUPPORTED", "COW_IO",    "COW_INVALID"};
    return names[code];
}

/* The call of an operation inside the check that its outcome asks for. */
static void print_call_of(FILE *out, const struct operation *o, enum outcome outcome) {
    const char *check = o->kind == CERTAIN  ? ""
                        : o->kind == EXACT  ? "gives"
                        : refusal           ? "refused"
                        : outcome == FAILED ? "failed"
                                            : "did";
    (void)fprintf(out, "    %s%s", check, *check ? "(" : "");
    print_call(out, o->call);
    if (o->kind == EXACT) {
        (void)fputs(", ", out);
        print_number(out, o->effect());
    } else if (o->kind == FALLIBLE && refusal) {
        (void)fprintf(out, ", %s", reason_name(refusal));
    }
    (void)fprintf(out, "%s;\n", *check ? ")" : "");
}

/* Does to the model what the operation does, and prints the values that it changed. */
static void print_effect(FILE *out, const struct operation *o) {
    size_t size = fuzz_target.values * fuzz_target.value_size;
    char *before = malloc(size), *after = fuzz_target.wanted;
    if (!before) abort();
    memcpy(before, after, size);
    (void)o->effect();
    for (size_t i = 0; i < fuzz_target.values; i++)
        if (memcmp(before + i * fuzz_target.value_size, after + i * fuzz_target.value_size, fuzz_target.value_size))
            fuzz_target.print_wanted(out, i);
    free(before);
}

static void print_steps(FILE *out) {
    forget_model();
    if (fuzz_target.begin) fuzz_target.begin();
    for (size_t step = 0; step < progress->steps; step++) {
        const struct step *s = &progress->step[step];
        const struct operation *o = plan(&progress->input, step);
        /* Steps of a stateless target do not depend on each other: the last one tells all. */
        if (!o || (fuzz_target.stateless && step + 1 < progress->steps)) continue;
        if (s->failures) (void)fprintf(out, "    fail_after(%u, %u);\n", s->successes, s->failures);
        print_call_of(out, o, s->outcome);
        if (s->failures && o->kind == CERTAIN) (void)fputs("    (void)settle();\n", out);
        if (o->kind != EXACT && s->outcome != FAILED && !refusal) print_effect(out, o);
        if (fuzz_target.check_all) (void)fputs("    check_all();\n", out);
    }
}

void program_print(FILE *out) {
    const struct layout *in = &progress->input;
    (void)fprintf(out, "/* Printed by the fuzz target %s for %s: %s.\n", fuzz_target.name,
                  input_name ? input_name : "an input", progress->what[0] ? progress->what : "no check failed");
    (void)fputs("   Build it in the folder of the library, and without the sanitizers too:\n"
                "   cc -g -I. -fsanitize=address,undefined THIS.c && ./a.out */\n",
                out);
    for (const char *const *line = fuzz_target.world; *line; line++) (void)fprintf(out, "%s\n", *line);
    if (fuzz_target.text_most) {
        (void)fprintf(out, "\nstatic const char text[%zu] = ", in->text_length ? in->text_length : 1);
        print_literal(out, in->text, in->text_length);
        (void)fputs(";\n", out);
        text = in->text;
        text_length = in->text_length;
    }
    (void)fputs("\nint main(void) {\n", out);
    if (fuzz_target.opening) {
        (void)fputs("    ", out);
        print_call(out, fuzz_target.opening);
        (void)fputs(";\n", out);
    }
    print_steps(out);
    (void)fprintf(out, "%s    puts(\"no failure\");\n    return 0;\n}\n", fuzz_target.finish ? "    finish();\n" : "");
}

/* ---- Dying ---- */

static void die_printing(const char *what) {
    static bool dying;
    if (dying) return;
    dying = true;
    (void)snprintf(progress->what, sizeof progress->what, "%s", what);
    if (quiet) return;
    (void)fprintf(stderr, "%s_fuzz: %s. A program that does the same:\n\n", fuzz_target.name, what);
    program_print(stderr);
    (void)fputc('\n', stderr);
}

void program_broken(const char *what) {
    die_printing(what);
    abort();
}

/* The sanitizers call these before they report. The death callback would take the place of libFuzzer's own, which writes the
   failing input to a file. */
void __asan_on_error(void);
void __asan_on_error(void) { die_printing("AddressSanitizer found an error"); }
void __ubsan_on_report(void);
void __ubsan_on_report(void) { die_printing("undefined behaviour"); }
