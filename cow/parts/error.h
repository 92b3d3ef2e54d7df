/* SPDX-License-Identifier: MIT */
/* error: why the last call of this thread did nothing. Floor 1. */
#ifndef COW__ERROR_H
#define COW__ERROR_H

#include "config.h"

/* Why a call returned false or NULL. In every case nothing happened: the container is unchanged and the caller still
   owns what it passed. */
typedef enum cow_error_code {
    COW_OK = 0,          /* no call of this thread has failed yet */
    COW_ABSENT = 1,      /* there is no such element: popping or editing an empty array */
    COW_EXISTS = 2,      /* there is one already */
    COW_RANGE = 3,       /* an index or a size is out of range, or a size overflows */
    COW_NOMEM = 4,       /* the allocator returned NULL */
    COW_HOOK = 5,        /* a copy hook returned false */
    COW_CONFLICT = 6,    /* somebody else was first */
    COW_UNSUPPORTED = 7, /* this build or machine cannot do it */
    COW_IO = 8,          /* a file could not be read or written; errno says more */
    COW_INVALID = 9      /* malformed: a number, UTF-8, a format */
} cow_error_code;

COW__BEGIN_C
/* The reason of this thread's last failed call. Calls that succeed leave it as it is. Cost: one thread-local load. */
COW__API cow_error_code cow_error(void);
/* A short English phrase for `code`, in static storage. */
COW__API const char *cow_error_text(cow_error_code code);
COW__API COW__COLD void cow__set_error(cow_error_code code);
COW__END_C

/* Records the reason and returns false, so that failing paths end with `return cow__fail(...)`. */
static inline bool cow__fail(cow_error_code code) {
    cow__set_error(code);
    return false;
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__ERROR_BODY)
#define COW__ERROR_BODY
COW__BEGIN_C

static COW__THREAD_LOCAL cow_error_code cow__last_error = COW_OK;

COW__API cow_error_code cow_error(void) { return cow__last_error; }

COW__API void cow__set_error(cow_error_code code) { cow__last_error = code; }

COW__API const char *cow_error_text(cow_error_code code) {
    switch (code) {
    case COW_OK: return "no error";
    case COW_ABSENT: return "no such element";
    case COW_EXISTS: return "already present";
    case COW_RANGE: return "index or size out of range";
    case COW_NOMEM: return "out of memory";
    case COW_HOOK: return "a copy hook failed";
    case COW_CONFLICT: return "conflict with another change";
    case COW_UNSUPPORTED: return "not supported by this build";
    case COW_IO: return "input or output failed";
    case COW_INVALID: return "malformed";
    }
    return "unknown error";
}

COW__END_C
#endif
