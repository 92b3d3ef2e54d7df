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

/* The handlers that were there when this one was installed. Whoever came on top and passes faults on to it may still be there
   when the last region goes; the next region then installs it once more, above. */
enum { COW__FAULT_LEVELS = 4 };
static struct sigaction cow__fault_before[COW__FAULT_LEVELS];
static unsigned cow__fault_levels;

/* As the kernel does it: with the signals blocked that it would have blocked. */
static void cow__fault_call(struct sigaction *before, int sig, siginfo_t *info, void *context) {
    struct sigaction copy = *before, *h = &copy;
    sigset_t blocked = ((const ucontext_t *)context)->uc_sigmask;
    for (int s = 1; s < 65; s++)
        if (sigismember(&h->sa_mask, s) == 1) (void)sigaddset(&blocked, s);
    if (!(h->sa_flags & SA_NODEFER)) (void)sigaddset(&blocked, sig);
    if (h->sa_flags & (int)SA_RESETHAND) {
        before->sa_flags = 0;
        before->sa_handler = SIG_DFL;
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

static void cow__fault_pass_on(struct sigaction *h, int sig, siginfo_t *info, void *context) {
    bool plain = !(h->sa_flags & SA_SIGINFO);
    if (plain && h->sa_handler == SIG_IGN && info->si_code <= 0) return;
    if (plain && (h->sa_handler == SIG_DFL || h->sa_handler == SIG_IGN))
        cow__fault_default(sig, info);
    else
        cow__fault_call(h, sig, info, context);
}

/* Passes a fault on to the handler below; when that passes it back, to the one below that. How far it is, is written into
   the context: there the kernel writes NULL for each new fault, also after a handler that was left by longjmp. */
static void cow__fault_pass_down(int sig, siginfo_t *info, ucontext_t *context) {
    struct ucontext_t **mark = (struct ucontext_t **)(void *)&context->uc_link, *outer = *mark;
    struct sigaction *h = cow__fault_before + cow__fault_levels;
    uintptr_t first = (uintptr_t)cow__fault_before, at = (uintptr_t)outer;
    if (at >= first && at < first + sizeof cow__fault_before) h = cow__fault_before + (at - first) / sizeof *h;
    if (h-- == cow__fault_before) {
        cow__fault_default(sig, info);
        return;
    }
    *mark = (struct ucontext_t *)(void *)h;
    cow__fault_pass_on(h, sig, info, context);
    *mark = outer;
}

/* Whether all signals are blocked, as they are unless a handler that stands above has called this one. */
static bool cow__signals_blocked(void) {
    uint64_t now = 0, never = (uint64_t)3 << 31; /* those that the C library keeps for itself */
    never |= (uint64_t)1 << (SIGSEGV - 1) | (uint64_t)1 << (SIGKILL - 1) | (uint64_t)1 << (SIGSTOP - 1);
    return cow__syscall(SYS_rt_sigprocmask, (long)SIG_BLOCK, NULL, &now, (long)sizeof now) == 0 &&
           (now | never) == UINT64_MAX;
}

static bool cow__fault_serve_quietly(const siginfo_t *info) {
    sigset_t before;
    cow__block_signals(&before);
    bool ours = cow__fault_serve(info);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ours;
}

static void cow__fault_handler(int sig, siginfo_t *info, void *context) {
    int before = errno;
    if (!(cow__signals_blocked() ? cow__fault_serve(info) : cow__fault_serve_quietly(info)))
        cow__fault_pass_down(sig, info, (ucontext_t *)context);
    errno = before;
}

/* ---- Installing it ---- */

static bool cow__fault_is_ours(const struct sigaction *h) {
    return h->sa_flags & SA_SIGINFO && h->sa_sigaction == cow__fault_handler;
}

/* Whether there are regions: those of a parent do not count. */
static bool cow__watching(void) {
    for (cow__watched *w = (cow__watched *)COW__LOAD(&cow__watches, COW__RELAXED); w; w = w->next) {
        const cow_paged *r = (const cow_paged *)COW__LOAD(&w->region, COW__RELAXED);
        if (r && r->process == (long)getpid()) return true;
    }
    return false;
}

/* A forked child must not find the lock taken by a thread that it does not have. */
static void cow__watch_forks(void) { cow__mutex_lock(&cow__watch_turn); }
static void cow__watch_has_forked(void) { cow__mutex_unlock(&cow__watch_turn); }

static void cow__watch_begin_forks(void) {
    (void)pthread_atfork(cow__watch_forks, cow__watch_has_forked, cow__watch_has_forked);
}

/* While there are regions, whoever stands on top passes faults on to it. Later that is not known. */
static bool cow__fault_install(void) {
    struct sigaction ours, now;
    if (sigaction(SIGSEGV, NULL, &now)) return false;
    if (cow__fault_is_ours(&now) || (cow__fault_levels && cow__watching())) return true;
    if (cow__fault_levels == COW__FAULT_LEVELS)
        return true; /* so many stand on top that one of them will pass faults on */
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = cow__fault_handler;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    (void)sigfillset(&ours.sa_mask);
    cow__fault_before[cow__fault_levels] = now; /* the handler may be called at once */
    if (COW__REFUSED(COW__OS_SIGNAL) || sigaction(SIGSEGV, &ours, NULL)) return false;
    cow__fault_levels++;
    return true;
}

/* The handler goes with the last region, unless somebody stands on top of it. */
static void cow__fault_uninstall(void) {
    struct sigaction now;
    if (cow__watching() || !cow__fault_levels || sigaction(SIGSEGV, NULL, &now) || !cow__fault_is_ours(&now)) return;
    if (sigaction(SIGSEGV, &cow__fault_before[cow__fault_levels - 1], NULL) == 0) cow__fault_levels--;
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
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    cow__quiet before;
    (void)pthread_once(&once, cow__watch_begin_forks);
    cow__quiet_begin(&before);
    cow__mutex_lock(&cow__watch_turn);
    r->watched = cow__fault_install() ? cow__watched_free() : NULL;
    if (r->watched) cow__watched_set(r->watched, r->data, (size_t)(r->aside - r->data), r);
    cow__mutex_unlock(&cow__watch_turn);
    cow__quiet_end(&before);
    return r->watched != NULL;
}

static void cow__unwatch_region(cow_paged *r) {
    cow__quiet before;
    if (!r->watched) return;
    cow__quiet_begin(&before);
    cow__mutex_lock(&cow__watch_turn);
    cow__watched_set(r->watched, NULL, 0, NULL);
    cow__fault_uninstall();
    cow__mutex_unlock(&cow__watch_turn);
    cow__quiet_end(&before);
    r->watched = NULL;
}

COW__END_C
#endif
#endif
