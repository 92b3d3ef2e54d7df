/* SPDX-License-Identifier: MIT */
/* paged_io: lets the kernel write into a region. Floor 5, built on paged_cut and paged.

   A system call does not fault where a program does: it fails with EFAULT, returns a short count, or loses a datagram. The
   functions here open the pages first, and no snapshot protects them before the call has returned: one that is taken
   meanwhile copies them. So a thread cannot be cancelled in them, and no handler of signals may leave them by longjmp. */
#ifdef COW_PAGED
#ifndef COW__PAGED_IO_H
#define COW__PAGED_IO_H

#include "paged_region.h"

#include <stdio.h>
#if COW__PAGED_FILES
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#endif

COW__BEGIN_C
/* Opens [p, p + n), which saves the faults of writing there, until the next snapshot. Bytes outside the region are no
   failure. COW_NOMEM. COW_CONFLICT: snapshots hold all they may, and the options say that writers wait. */
COW__API bool cow_paged_will_write(cow_paged *r, void *p, size_t n);
#if COW__PAGED_FILES
/* As read, readv, recv, recvfrom and fread, into memory that may be the region's, in whole or in part. errno is theirs; or
   EFAULT and cow_error() when the pages cannot be opened. */
COW__API ssize_t cow_paged_read(cow_paged *r, int file, void *p, size_t n);
COW__API ssize_t cow_paged_readv(cow_paged *r, int file, const struct iovec *parts, int n);
COW__API ssize_t cow_paged_recv(cow_paged *r, int socket, void *p, size_t n, int flags);
COW__API ssize_t cow_paged_recvfrom(cow_paged *r, int socket, void *p, size_t n, int flags, struct sockaddr *from,
                                    socklen_t *from_n);
#endif
COW__API size_t cow_paged_fread(cow_paged *r, void *p, size_t size, size_t n, FILE *f);
COW__END_C

#endif
#endif

#if defined(COW_PAGED) && defined(COW__IMPLEMENT) && !defined(COW__PAGED_IO_BODY)
#define COW__PAGED_IO_BODY

#include "paged.h"
#include "paged_cut.h"

#if COW__PAGED_FILES
#include <errno.h>
#include <unistd.h>
#endif

COW__BEGIN_C

#if COW__PAGED_FAULTS

/* The pages of the region that [p, p + n) touches; false when there are none. */
static bool cow__pages_at(const cow_paged *r, const void *p, size_t n, size_t *begin, size_t *end) {
    uintptr_t from = (uintptr_t)p, to = n > UINTPTR_MAX - from ? UINTPTR_MAX : from + n;
    uintptr_t data = (uintptr_t)r->data, data_end = data + r->bytes;
    if (from < data) from = data;
    if (to > data_end) to = data_end;
    if (from >= to) return false;
    *begin = (size_t)(from - data) >> r->shift;
    *end = ((size_t)(to - 1 - data) >> r->shift) + 1;
    return true;
}

/* Opens what is not open of [begin, end), within one chunk. */
static cow__opened cow__open_rest(cow_paged *r, size_t begin, size_t end) {
    cow__opened done = COW__OPENED;
    for (size_t p = begin; done == COW__OPENED && p < end;) {
        size_t from = p;
        while (p < end && !cow__page_open(r, p)) p++;
        if (p > from)
            done = cow__open(r, from, p);
        else
            p++;
    }
    return done;
}

static bool cow__open_pages(cow_paged *r, size_t begin, size_t end) {
    cow__opened done = COW__OPENED;
    while (done == COW__OPENED && begin < end) {
        size_t part = cow__chunk_end(r, begin) < end ? cow__chunk_end(r, begin) : end;
        cow__chunk *c = cow__chunk_of(r, begin);
        cow__mutex_lock(&c->lock);
        done = cow__open_rest(r, begin, part);
        cow__mutex_unlock(&c->lock);
        begin = part;
    }
    if (done == COW__NO_ROOM) return cow__fail(COW_CONFLICT);
    return done == COW__OPENED || cow__fail(COW_NOMEM);
}

static bool cow__region_will_write(cow_paged *r, void *p, size_t n) {
    size_t begin, end;
    cow__quiet quiet;
    if (!cow__region_mine(r)) return false;
    if (!cow__pages_at(r, p, n, &begin, &end)) return true;
    cow__quiet_begin(&quiet);
    bool ok = cow__open_pages(r, begin, end);
    cow__quiet_end(&quiet);
    return ok;
}

/* Opens the pages, and keeps them open. */
static bool cow__pin_begin(cow_paged *r, cow__pin *pin, void *p, size_t n) {
    cow__quiet quiet;
    int before = errno;
    pin->begin = pin->end = 0;
    if (cow__paged_copies(r) || !cow__pages_at(r, p, n, &pin->begin, &pin->end)) return true;
    errno = EFAULT;
    if (!cow__region_mine(r)) return false;
    cow__turn_begin(r, &quiet);
    bool ok = cow__open_pages(r, pin->begin, pin->end);
    if (ok) {
        pin->next = r->pins;
        r->pins = pin;
    } else
        pin->begin = pin->end = 0;
    cow__turn_end(r, &quiet);
    if (ok) cow__cancel_off(&pin->cancel);
    errno = ok ? before : EFAULT;
    return ok;
}

static void cow__pin_end(cow_paged *r, cow__pin *pin) {
    cow__quiet quiet;
    int before = errno;
    if (pin->begin == pin->end) return;
    cow__turn_begin(r, &quiet);
    cow__pin **at = &r->pins;
    while (*at != pin) at = &(*at)->next;
    *at = pin->next;
    cow__turn_end(r, &quiet);
    cow__cancel_restore(pin->cancel);
    errno = before;
}

#endif

COW__API bool cow_paged_will_write(cow_paged *r, void *p, size_t n) {
    return cow__paged_copies(r) || cow__region_will_write(r, p, n);
}

#if COW__PAGED_FILES

COW__API ssize_t cow_paged_read(cow_paged *r, int file, void *p, size_t n) {
    cow__pin pin;
    if (!cow__pin_begin(r, &pin, p, n)) return -1;
    ssize_t got = read(file, p, n);
    cow__pin_end(r, &pin);
    return got;
}

/* Pins what lies between the first and the last byte that is in the region. */
COW__API ssize_t cow_paged_readv(cow_paged *r, int file, const struct iovec *parts, int n) {
    cow__pin *pins = n > 0 ? (cow__pin *)cow__allocate(NULL, (size_t)n * sizeof *pins) : NULL;
    ssize_t got = -1;
    int pinned = 0;
    if (n > 0 && !pins) {
        errno = ENOMEM;
        return (void)cow__fail(COW_NOMEM), got;
    }
    while (pinned < n && cow__pin_begin(r, &pins[pinned], parts[pinned].iov_base, parts[pinned].iov_len)) pinned++;
    if (pinned >= n) got = readv(file, parts, n);
    while (pinned > 0) cow__pin_end(r, &pins[--pinned]);
    if (pins) cow__release(NULL, pins, (size_t)n * sizeof *pins);
    return got;
}

COW__API ssize_t cow_paged_recv(cow_paged *r, int socket, void *p, size_t n, int flags) {
    return cow_paged_recvfrom(r, socket, p, n, flags, NULL, NULL);
}

COW__API ssize_t cow_paged_recvfrom(cow_paged *r, int socket, void *p, size_t n, int flags, struct sockaddr *from,
                                    socklen_t *from_n) {
    cow__pin pin, pin_from, pin_n;
    ssize_t got = -1;
    if (!cow__pin_begin(r, &pin, p, n)) return got;
    if (cow__pin_begin(r, &pin_from, from, from && from_n ? *from_n : 0)) {
        if (cow__pin_begin(r, &pin_n, from_n, from_n ? sizeof *from_n : 0)) {
            got = recvfrom(socket, p, n, flags, from, from_n);
            cow__pin_end(r, &pin_n);
        }
        cow__pin_end(r, &pin_from);
    }
    cow__pin_end(r, &pin);
    return got;
}

#endif

COW__API size_t cow_paged_fread(cow_paged *r, void *p, size_t size, size_t n, FILE *f) {
    cow__pin pin;
    size_t bytes;
    if (!cow__mul_size(size, n, &bytes)) return (void)cow__fail(COW_RANGE), (size_t)0;
    if (!cow__pin_begin(r, &pin, p, bytes)) return 0;
    size_t got = fread(p, size, n, f);
    cow__pin_end(r, &pin);
    return got;
}

COW__END_C
#endif
