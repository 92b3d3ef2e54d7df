/* SPDX-License-Identifier: MIT */
/* trace: every real copy seen by a hook of the user's, in COW_TRACE builds. Floor 1.

   "Where did that copy come from?" is what users of copy-on-write ask most. */
#ifndef COW__TRACE_H
#define COW__TRACE_H

#include "config.h"

/* Why a buffer was duplicated. */
typedef enum cow_reason {
    COW_REASON_SHARED,     /* a write to a buffer that others share */
    COW_REASON_TAIL_TAKEN, /* an append to a shared buffer whose tail another branch had taken */
    COW_REASON_TAIL_FULL,  /* an append to a shared buffer without room behind its end */
    COW_REASON_BORROWED,   /* a write to a literal, frozen or borrowed value */
    COW_REASON_ALIAS       /* an insertion of a value's own elements into itself */
} cow_reason;

/* One real copy. `site` lies in the function that called the library: addr2line -i names its line. */
typedef struct cow_trace_event {
    const char *type; /* the name the container was instantiated with */
    size_t bytes;     /* element bytes duplicated */
    size_t elements;  /* elements duplicated */
    cow_reason reason;
    const void *site;
} cow_trace_event;

COW__BEGIN_C
/* A short English phrase for `reason`, in static storage. */
COW__API const char *cow_reason_text(cow_reason reason);
#if COW__TRACE
/* Calls `fn` for every real copy from now on; NULL ends it. Set it before other threads use the library. `fn` runs in
   the thread that copies; it may use other containers. */
COW__API void cow_trace_set(void (*fn)(void *ctx, const cow_trace_event *event), void *ctx);
COW__API COW__COLD void cow__trace_mark(void);
COW__API const void *cow__trace_site(const void *change); /* sets the site unless NULL; returns it */
COW__API void cow__trace_copy(const char *type, size_t elements, size_t bytes, cow_reason reason);
#endif
COW__END_C

#if COW__TRACE
/* Remembers where the user's function calls the library: typed functions are inlined there in this build. */
#define COW__MARK_SITE() cow__trace_mark()
/* The same in a function that cannot be inlined. */
#if defined(__GNUC__)
#define COW__MARK_CALLER() ((void)cow__trace_site(__builtin_return_address(0)))
#else
#define COW__MARK_CALLER() ((void)0)
#endif
/* Around callbacks of the user's, which may call the library themselves. */
#define COW__KEEP_SITE(name) const void *name = cow__trace_site(NULL)
#define COW__RESTORE_SITE(name) ((void)cow__trace_site(name))
#define COW__TRACE_COPY(type, elements, bytes, reason) cow__trace_copy((type), (elements), (bytes), (reason))
#else
#define COW__MARK_SITE() ((void)0)
#define COW__MARK_CALLER() ((void)0)
#define COW__KEEP_SITE(name) ((void)0)
#define COW__RESTORE_SITE(name) ((void)0)
#define COW__TRACE_COPY(type, elements, bytes, reason) ((void)(reason))
#endif

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__TRACE_BODY)
#define COW__TRACE_BODY
COW__BEGIN_C

COW__API const char *cow_reason_text(cow_reason reason) {
    switch (reason) {
    case COW_REASON_SHARED: return "write to a shared buffer";
    case COW_REASON_TAIL_TAKEN: return "append after another branch took the tail";
    case COW_REASON_TAIL_FULL: return "append to a shared buffer without room";
    case COW_REASON_BORROWED: return "write to a borrowed or frozen value";
    case COW_REASON_ALIAS: return "insertion of a value into itself";
    }
    return "unknown reason";
}

#if COW__TRACE
static void (*cow__trace_fn)(void *ctx, const cow_trace_event *event);
static void *cow__trace_ctx;
static COW__THREAD_LOCAL const void *cow__trace_last_site;

COW__API void cow_trace_set(void (*fn)(void *ctx, const cow_trace_event *event), void *ctx) {
    cow__trace_fn = fn;
    cow__trace_ctx = ctx;
}

COW__API void cow__trace_mark(void) {
#if defined(__GNUC__)
    cow__trace_last_site = __builtin_return_address(0);
#endif
}

COW__API const void *cow__trace_site(const void *change) {
    if (change) cow__trace_last_site = change;
    return cow__trace_last_site;
}

COW__API void cow__trace_copy(const char *type, size_t elements, size_t bytes, cow_reason reason) {
    if (!cow__trace_fn) return;
    cow_trace_event event;
    event.type = type;
    event.bytes = bytes;
    event.elements = elements;
    event.reason = reason;
    event.site = cow__trace_last_site;
    cow__trace_fn(cow__trace_ctx, &event);
}
#endif

COW__END_C
#endif
