/* SPDX-License-Identifier: MIT */
/* What the families of programs (arrays.c, strings.c, maps.c, cells.c) have in common: threads that hold a few values and choose operations on
 * them one by one, the ways in which they come by their first value, the count of such programs, and the command line.
 *
 * The explorer tries every choice. Since programs with the same beginning share it, this is all programs of a length at once. */
#ifndef COW_TESTS_PROGRAMS_H
#define COW_TESTS_PROGRAMS_H

#include "explorer.h"

enum { MOST_THREADS = 3, MOST_HELD = 4, MOST_OPERATIONS = 6, MOST_ACTIONS = 32 };

/* The slot of every thread begins with this. */
typedef struct holding {
    uint8_t count; /* values held */
    uint8_t left;  /* operations still to choose */
} holding;

typedef struct action {
    const char *name;
    int gain;     /* values held afterwards, less those before */
    bool by_name; /* "all" leaves it out */
} action;

/* How the threads come by their first value. Every family has these two; those that follow start as COPIES does. */
enum {
    COPIES, /* each starts with a copy of its own, made before the threads start */
    CONST,  /* all read one const value at once; thread 0 owns it and may change it when the others are done with it */
    MORE_STARTS /* the first one of the family's own */
};

/* A thread that reads the const value does so in one of these ways: most leave it with a value of its own, some with none. */
typedef struct ways {
    unsigned with_value, without;
} ways;

typedef struct family {
    const char *name;
    const action *actions; /* the operations */
    unsigned action_count;
    const char *const *starts; /* their names */
    unsigned start_count;
    void *slots; /* all that a thread knows between two operations; unused parts are zero, so that equal knowledge */
    size_t slot_size; /* is equal memory */

    void (*setup)(void);                       /* makes the first value */
    void (*start_with_copy)(unsigned thread);  /* in the set-up: the thread's own copy */
    void (*setup_done)(void);                  /* after those copies; in a CONST start at once */
    ways (*ways_to_read)(void);                /* the const value */
    void (*read)(unsigned thread, unsigned n); /* the const value, in way n: first come those that leave a value */
    void (*take)(unsigned thread);             /* the const value itself is this thread's now */
    bool (*applies)(const void *slot, unsigned operation, unsigned which);
    bool (*same)(const void *slot, unsigned which, unsigned other); /* in every respect: not both need to be tried */
    void (*carry_out)(unsigned thread, unsigned operation, unsigned which);
    void (*check)(unsigned thread); /* compares all values held with the model */
    void (*let_go)(unsigned thread, unsigned which);
    void (*finish)(void); /* may be NULL */
    unsigned (*first_alike)(
        void); /* in starts of the family's own: threads from this one on start alike; NULL: all do */
    uint64_t (*representative)(const void *address, uint64_t value);
    const char *(*name_of)(const void *address);
    bool (*leaks_expected)(void);
} family;

/* What the command line asks for. */
typedef struct request {
    unsigned threads, operations, capacity, start;
    bool enabled[MOST_ACTIONS];
} request;
extern request asked;

/* Stops the run when something that cannot fail did. */
void must(bool worked);
/* One row of results, for run.sh. */
void programs_print_row(const char *from, double count, const explorer_result *r);
/* FAMILY START THREADS OPERATIONS CAPACITY all|name,name... [compare]; returns what main does: 0, 1 for a bug, 2 for bad usage. */
int programs_main(const family *f, int count, char **arguments);

#endif
