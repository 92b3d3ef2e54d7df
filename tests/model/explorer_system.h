/* SPDX-License-Identifier: MIT */
/* The system calls of cow/parts/park.h with the explorer behind them: sleeping and waking (futex), and the clock. Included after
 * cow.h by a family whose threads sleep. The header calls `syscall` by that name, and finds this one first.
 *
 * Time stands still, but for a thread whose time limit is over. Set before an operation, and zero between two: */
#ifndef COW_TESTS_EXPLORER_SYSTEM_H
#define COW_TESTS_EXPLORER_SYSTEM_H

#include "explorer.h"

#include <stdarg.h>

/* So many sleeps of this thread may still end although nobody woke it. */
static EXPLORER_THREAD_LOCAL uint32_t system_early_ends;
/* One of them did, and its time limit was no formality: the time is over. */
static EXPLORER_THREAD_LOCAL uint32_t system_time_is_over;

static long system_sleep(const cow__atomic_u32 *word, uint32_t expected, const cow__time *limit) {
    if (system_early_ends && explorer_choose(2)) {
        uint64_t nanoseconds = (uint64_t)limit->seconds * 1000000000u + (uint64_t)limit->nanoseconds;
        system_early_ends--;
        system_time_is_over = nanoseconds < COW__PARK_LONGEST;
        explorer_note("the sleep ends early");
        return -1;
    }
    explorer_futex_wait(word, expected);
    return 0;
}

long cow__syscall(long number, ...) {
    va_list arguments;
    long result = 0;
    va_start(arguments, number);
    if (number == SYS_clock_gettime) {
        (void)va_arg(arguments, long);
        va_arg(arguments, cow__time *)->seconds = system_time_is_over ? LONG_MAX : 0;
    } else {
        const cow__atomic_u32 *word = va_arg(arguments, cow__atomic_u32 *);
        long what = va_arg(arguments, long), operand = va_arg(arguments, long);
        if (number != SYS_futex) explorer_bug("explorer: system call %ld", number);
        if (what == COW__FUTEX_WAIT_PRIVATE)
            result = system_sleep(word, (uint32_t)operand, va_arg(arguments, cow__time *));
        else
            explorer_futex_wake(word, (unsigned)operand);
    }
    va_end(arguments);
    return result;
}

#endif
