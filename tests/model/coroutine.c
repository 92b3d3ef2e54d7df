/* SPDX-License-Identifier: MIT */
/* The threads of a program, as coroutines. A parked thread is nothing but its stack: copy the stack and you have the thread. */
#include "explorer_internal.h"

#include <string.h>

enum { STACK_SIZE = 1 << 16 };

static uint8_t stacks[MAX_THREADS][STACK_SIZE] __attribute__((aligned(64)));
static void *scheduler_stack_pointer;

/* Pushes the registers that a call must preserve, saves the stack pointer, takes the other one, pops. */
void coroutine_switch(void **save, void *to);
#if defined(__x86_64__)
enum { SAVED_WORDS = 6 };
__asm__(".text\n"
        ".globl coroutine_switch\n"
        "coroutine_switch:\n"
        "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  mov %rsp, (%rdi)\n"
        "  mov %rsi, %rsp\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
        "  ret\n");
#elif defined(__aarch64__)
enum { SAVED_WORDS = 20 };
__asm__(".text\n"
        ".globl coroutine_switch\n"
        "coroutine_switch:\n"
        "  sub sp, sp, #160\n"
        "  stp x19, x20, [sp, #0]\n  stp x21, x22, [sp, #16]\n  stp x23, x24, [sp, #32]\n"
        "  stp x25, x26, [sp, #48]\n  stp x27, x28, [sp, #64]\n  stp x29, x30, [sp, #80]\n"
        "  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n  stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n"
        "  mov x9, sp\n  str x9, [x0]\n  mov sp, x1\n"
        "  ldp x19, x20, [sp, #0]\n  ldp x21, x22, [sp, #16]\n  ldp x23, x24, [sp, #32]\n"
        "  ldp x25, x26, [sp, #48]\n  ldp x27, x28, [sp, #64]\n  ldp x29, x30, [sp, #80]\n"
        "  ldp d8, d9, [sp, #96]\n  ldp d10, d11, [sp, #112]\n  ldp d12, d13, [sp, #128]\n  ldp d14, d15, [sp, #144]\n"
        "  add sp, sp, #160\n  ret\n");
#else
#error "the explorer knows how to switch stacks on x86-64 and AArch64 only"
#endif

/* A finished thread is never resumed. */
static void thread_main(void) {
    explorer_program->run(explorer_current);
    explorer_world.thread[explorer_current].finished = true;
    coroutine_park();
    __builtin_trap();
}

/* Lays out a stack as if the thread had just called coroutine_switch from the first instruction of thread_main. */
void coroutine_start(unsigned t) {
    void **word = (void **)(void *)(stacks[t] + STACK_SIZE - 64);
#if defined(__x86_64__)
    *--word = NULL; /* keeps the stack aligned as after a call */
    *--word = (void *)(uintptr_t)thread_main;
    for (int i = 0; i < SAVED_WORDS; i++) *--word = NULL;
#else
    for (int i = 0; i < SAVED_WORDS; i++) *--word = NULL;
    word[11] = (void *)(uintptr_t)thread_main; /* x30 */
#endif
    explorer_world.thread[t].stack_pointer = word;
}

/* The section of the thread-local variables; absent when a program has none. */
extern uint8_t __start_explorer_thread_local[] __attribute__((weak));
extern uint8_t __stop_explorer_thread_local[] __attribute__((weak));

size_t coroutine_local_size(void) {
    return (size_t)((uintptr_t)__stop_explorer_thread_local - (uintptr_t)__start_explorer_thread_local);
}

const uint8_t *coroutine_local(unsigned t) {
    return explorer_current == t ? __start_explorer_thread_local : explorer_world.thread[t].local;
}

/* The set-up and the finish begin with fresh thread-local variables, as a new thread does. */
void coroutine_clear_local(void) {
    if (coroutine_local_size()) memset(__start_explorer_thread_local, 0, coroutine_local_size());
}

void *coroutine_stack_top(unsigned t) { return stacks[t] + STACK_SIZE; }

/* Runs a thread until it parks. */
void coroutine_resume(unsigned t) {
    thread *of = &explorer_world.thread[t];
    size_t local = coroutine_local_size();
    if (local > MAX_LOCAL) explorer_bug("explorer: too many thread-local variables, raise MAX_LOCAL");
    if (local) memcpy(__start_explorer_thread_local, of->local, local);
    explorer_current = t;
    coroutine_switch(&scheduler_stack_pointer, of->stack_pointer);
    explorer_current = MAIN;
    if (local) memcpy(of->local, __start_explorer_thread_local, local);
}

/* Back to the search. */
void coroutine_park(void) {
    coroutine_switch(&explorer_world.thread[explorer_current].stack_pointer, scheduler_stack_pointer);
}
