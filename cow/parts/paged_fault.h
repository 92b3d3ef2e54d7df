/* SPDX-License-Identifier: MIT */
/* paged_fault: catches the first write to a protected page. Floor 5, built on paged_open.

   The handler of SIGSEGV stands once per program, from the first region to the last. Faults that are not ours go on to the
   handler that was there before, as the kernel would have called it, or to the default action: a crash stays a crash, at
   the same instruction. */
#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_FAULT_BODY)
#define COW__PAGED_FAULT_BODY

#include "paged_open.h"

#if COW__PAGED_FAULTS

COW__BEGIN_C

/* ---- Which region an address belongs to ---- */

/* An entry is never freed, but used again: handlers of other threads may read it at any time. `changes` is odd while it
   changes. */
typedef struct cow__watched {
    cow__atomic_size changes, begin, end;
    cow__atomic_ptr region; /* NULL: the entry is free */
    struct cow__watched *next;
} cow__watched;

static cow__atomic_ptr cow__watches;
static cow__mutex cow__watch_turn; /* of those who add and remove entries, and install the handler */

static void cow__watched_set(cow__watched *w, const char *begin, size_t bytes, cow_paged *r) {
    (void)COW__ADD(&w->changes, (size_t)1, COW__SEQ_CST);
    COW__STORE(&w->begin, (size_t)(uintptr_t)begin, COW__SEQ_CST);
    COW__STORE(&w->end, (size_t)(uintptr_t)begin + bytes, COW__SEQ_CST);
    COW__STORE(&w->region, (void *)r, COW__SEQ_CST);
    (void)COW__ADD(&w->changes, (size_t)1, COW__SEQ_CST);
}

/* An entry that changes is not that of a region which the faulting thread may use. In a forked child there are those of its
   parent, too, where it may have mapped its own memory by now: *forked says so. */
static cow_paged *cow__watched_at(const void *address, bool *forked) {
    size_t at = (size_t)(uintptr_t)address;
    long process = cow__syscall(SYS_getpid);
    for (cow__watched *w = (cow__watched *)COW__LOAD(&cow__watches, COW__ACQUIRE); w; w = w->next) {
        size_t seen = COW__LOAD(&w->changes, COW__ACQUIRE);
        bool in = at >= COW__LOAD(&w->begin, COW__ACQUIRE) && at < COW__LOAD(&w->end, COW__ACQUIRE);
        cow_paged *r = (cow_paged *)COW__LOAD(&w->region, COW__ACQUIRE);
        if (!in || !r || seen % 2 || COW__LOAD(&w->changes, COW__RELAXED) != seen) continue;
        if (r->process == process) return r;
        *forked = true;
    }
    return NULL;
}

/* ---- The handler ---- */

COW__COLD static void cow__fault_say(const char *what) {
    size_t n = 0;
    while (what[n]) n++;
    (void)!write(2, what, n);
}

COW__COLD static void cow__fault_die(const char *why) {
    cow__fault_say(why);
    abort();
}

/* Whether this thread comes again with a page that was open already: then opening it does not help. */
static bool cow__fault_again(cow_paged *r, cow__chunk *c, size_t page) {
    long thread = cow__syscall(SYS_gettid);
    uint32_t epoch = COW__LOAD(&r->epoch, COW__RELAXED);
    bool again = c->again == (uint32_t)page && c->again_epoch == epoch && c->again_thread == thread;
    c->again = (uint32_t)page;
    c->again_epoch = epoch;
    c->again_thread = thread;
    return again;
}

/* Serves a fault on a page; false when it is not one that a protected page makes. */
static bool cow__fault_on(cow_paged *r, size_t page) {
    cow__chunk *c = cow__chunk_of(r, page);
    uint32_t released = COW__LOAD(&r->released, COW__ACQUIRE);
    cow__mutex_lock(&c->lock);
    bool was_open = cow__page_open(r, page), ours = true;
    cow__opened done = COW__OPENED;
    if (was_open)
        ours = !cow__fault_again(r, c, page); /* another thread was faster */
    else
        done = cow__open_for(r, page);
    cow__mutex_unlock(&c->lock);
    if (done == COW__NOT_OPENED) cow__fault_die("cow_paged: the system refuses to make a page writable (mprotect)\n");
    /* The instruction faults again, and finds room or waits again. */
    if (done == COW__NO_ROOM) cow__park(&r->released, released, 100000000u);
    if (!was_open) (void)COW__ADD(&r->faults, (size_t)1, COW__RELAXED);
    return ours;
}

static bool cow__fault_serve(const siginfo_t *info) {
    bool forked = false;
    cow_paged *r = info->si_code > 0 ? cow__watched_at(info->si_addr, &forked) : NULL;
    if (forked && !r) cow__fault_say("cow_paged: a forked child uses a region of its parent\n");
    if (!r) return false;
    size_t offset = (size_t)((const char *)info->si_addr - r->data);
    return offset < r->bytes && info->si_code == SEGV_ACCERR && cow__fault_on(r, offset >> r->shift);
}

/* ---- What is not ours ---- */

static struct sigaction cow__fault_before; /* the handler that was there */
static bool cow__fault_installed;

/* As the kernel does it: with the signals blocked that it would have blocked. */
static void cow__fault_call(const struct sigaction *h, int sig, siginfo_t *info, void *context) {
    sigset_t blocked = ((const ucontext_t *)context)->uc_sigmask;
    for (int s = 1; s < 65; s++)
        if (sigismember(&h->sa_mask, s) == 1) (void)sigaddset(&blocked, s);
    if (!(h->sa_flags & SA_NODEFER)) (void)sigaddset(&blocked, sig);
    if (h->sa_flags & (int)SA_RESETHAND) {
        cow__fault_before.sa_flags = 0;
        cow__fault_before.sa_handler = SIG_DFL;
    }
    (void)pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    if (h->sa_flags & SA_SIGINFO)
        h->sa_sigaction(sig, info, context);
    else
        h->sa_handler(sig);
}

/* The default action, by doing it again without a handler. A signal that was sent is sent again. */
static void cow__fault_default(int sig, const siginfo_t *info) {
    struct sigaction none;
    memset(&none, 0, sizeof none);
    none.sa_handler = SIG_DFL;
    (void)sigaction(sig, &none, NULL);
    if (info->si_code <= 0)
        (void)cow__syscall(SYS_tgkill, cow__syscall(SYS_getpid), cow__syscall(SYS_gettid), (long)sig);
}

static void cow__fault_pass_on(int sig, siginfo_t *info, void *context) {
    struct sigaction h = cow__fault_before;
    bool plain = !(h.sa_flags & SA_SIGINFO);
    if (plain && h.sa_handler == SIG_IGN && info->si_code <= 0) return;
    if (plain && (h.sa_handler == SIG_DFL || h.sa_handler == SIG_IGN))
        cow__fault_default(sig, info);
    else
        cow__fault_call(&h, sig, info, context);
}

/* The fault that this thread passes on: a handler that stands before and behind ours would pass it back for ever. */
static COW__THREAD_LOCAL const void *cow__fault_passing;

static void cow__fault_handler(int sig, siginfo_t *info, void *context) {
    int before = errno;
    if (!cow__fault_serve(info)) {
        const void *outer = cow__fault_passing;
        cow__fault_passing = context;
        if (outer == context)
            cow__fault_default(sig, info);
        else
            cow__fault_pass_on(sig, info, context);
        cow__fault_passing = outer;
    }
    errno = before;
}

/* ---- Installing it ---- */

static bool cow__fault_is_ours(const struct sigaction *h) {
    return h->sa_flags & SA_SIGINFO && h->sa_sigaction == cow__fault_handler;
}

static bool cow__watching(void) {
    for (cow__watched *w = (cow__watched *)COW__LOAD(&cow__watches, COW__RELAXED); w; w = w->next)
        if (COW__LOAD(&w->region, COW__RELAXED)) return true;
    return false;
}

/* While there are regions, whoever stands on top passes faults on to it. Later that is not known. */
static bool cow__fault_install(void) {
    struct sigaction ours, now;
    if (sigaction(SIGSEGV, NULL, &now)) return false;
    if (cow__fault_is_ours(&now) || (cow__fault_installed && cow__watching())) return true;
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = cow__fault_handler;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    (void)sigfillset(&ours.sa_mask);
    if (COW__OS_REFUSES(COW__OS_SIGNAL) || sigaction(SIGSEGV, &ours, &cow__fault_before)) return false;
    cow__fault_installed = true;
    return true;
}

/* The handler goes with the last region, unless somebody stands on top of it. */
static void cow__fault_uninstall(void) {
    struct sigaction now;
    if (cow__watching() || !cow__fault_installed || sigaction(SIGSEGV, NULL, &now) || !cow__fault_is_ours(&now)) return;
    cow__fault_installed = sigaction(SIGSEGV, &cow__fault_before, NULL) != 0;
}

static cow__watched *cow__watched_free(void) {
    cow__watched *w = (cow__watched *)COW__LOAD(&cow__watches, COW__RELAXED);
    while (w && COW__LOAD(&w->region, COW__RELAXED)) w = w->next;
    if (w) return w;
    w = (cow__watched *)cow__allocate(NULL, sizeof *w);
    if (!w) return NULL;
    COW__FORGET_LEAK(w);
    memset((void *)w, 0, sizeof *w);
    w->next = (cow__watched *)COW__LOAD(&cow__watches, COW__RELAXED);
    COW__STORE(&cow__watches, (void *)w, COW__RELEASE);
    return w;
}

/* Has writes to the region caught. */
static bool cow__watch_region(cow_paged *r) {
    sigset_t before;
    cow__os_block_signals(&before);
    cow__mutex_lock(&cow__watch_turn);
    r->watched = cow__fault_install() ? cow__watched_free() : NULL;
    if (r->watched) cow__watched_set(r->watched, r->data, (size_t)(r->aside - r->data), r);
    cow__mutex_unlock(&cow__watch_turn);
    cow__os_restore_signals(&before);
    return r->watched != NULL;
}

static void cow__unwatch_region(cow_paged *r) {
    sigset_t before;
    if (!r->watched) return;
    cow__os_block_signals(&before);
    cow__mutex_lock(&cow__watch_turn);
    cow__watched_set(r->watched, NULL, 0, NULL);
    cow__fault_uninstall();
    cow__mutex_unlock(&cow__watch_turn);
    cow__os_restore_signals(&before);
    r->watched = NULL;
}

COW__END_C
#endif
#endif
