/* SPDX-License-Identifier: MIT */
/* Peer `cow` with a table: a typed map in the shared variable; a snapshot is a copy, which counts a reference. An edit
 * writes in place, or copies one leaf first when a snapshot sees it. */
#include "snapshot_peer.h"

#include "cow/cow.h"

#include <stdlib.h>

typedef struct vendor {
    cow_str name, address;
    uint64_t edits, amount;
} vendor;

static bool vendor_copy(vendor *to, const vendor *from) {
    *to = (vendor){cow_str_copy(&from->name), cow_str_copy(&from->address), from->edits, from->amount};
    return true;
}

static void vendor_drop(vendor *v) {
    cow_str_drop(&v->name);
    cow_str_drop(&v->address);
}

#define COW_MAP vendors, uint32_t, vendor
#define COW_VALUE_COPY vendor_copy
#define COW_VALUE_DROP vendor_drop
#include "cow/cow.h"

static pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
static vendors shared;

/* ---- what is copied: all nodes that the map makes, as only the writer makes any ---- */

static uint64_t copied;

static void *count_alloc(void *context, size_t size) {
    (void)context;
    copied += size;
    return malloc(size);
}

static void *count_resize(void *context, void *p, size_t old_size, size_t new_size) {
    (void)context;
    (void)old_size;
    copied += new_size;
    return realloc(p, new_size);
}

static void uncounted_release(void *context, void *p, size_t size) {
    (void)context;
    (void)size;
    free(p);
}

static const cow_alloc counting = {count_alloc, count_resize, uncounted_release, NULL};

static uint64_t bytes_copied(void) { return copied; }

/* ---- the table ---- */

static bool put(vendors *table, const bench_vendor *from) {
    vendor v = {0};
    return cow_str_from_bytes(&v.name, from->name.p, from->name.length) &&
           cow_str_from_bytes(&v.address, from->address.p, from->address.length) && vendors_put(table, from->key, v);
}

static void fill(const snapshot_input *in, size_t n) {
    vendors fresh;
    (void)n;
    bool ok = vendors_new_in(&fresh, &counting);
    for (size_t i = 0; ok && i < in->registry->n; i++) {
        ok = put(&fresh, &in->registry->vendor[i]);
    }
    if (!ok) {
        bench_die("out of memory");
    }
    pthread_rwlock_wrlock(&lock);
    vendors_swap(&shared, &fresh);
    pthread_rwlock_unlock(&lock);
    vendors_drop(&fresh);
}

static size_t edit(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        const bench_vendor *which = bench_edit_vendor(in->registry, begin + done);
        pthread_rwlock_wrlock(&lock);
        vendor *v = vendors_mut(&shared, &which->key);
        if (v == NULL) {
            bench_die("cannot edit a record: %s", cow_error_text(cow_error()));
        }
        v->edits++;
        v->amount += bench_edit_amount(begin + done);
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

static vendors *of(snapshot_handle *snapshot) {
    _Static_assert(sizeof(vendors) <= sizeof(snapshot_handle), "a snapshot fits its handle");
    return (vendors *)(void *)snapshot;
}

static void take(snapshot_handle *snapshot) {
    pthread_rwlock_rdlock(&lock);
    *of(snapshot) = vendors_copy(&shared);
    pthread_rwlock_unlock(&lock);
}

static uint64_t ends_of(const cow_str *s) { return bench_text_ends(cow_str_data(s), cow_str_len(s)); }

static snapshot_scan scan(snapshot_handle *snapshot) {
    uint64_t edits = 0;
    uint64_t amounts = 0;
    uint64_t ends = 0;
    uint64_t letters = 0;
    COW_MAP_EACH (vendors, e, of(snapshot)) {
        edits += e->value.edits;
        amounts += e->value.amount;
        ends += ends_of(&e->value.name) + ends_of(&e->value.address);
        letters += cow_str_len(&e->value.name) + cow_str_len(&e->value.address);
    }
    return (snapshot_scan){.checksum = bench_registry_checksum(amounts, ends, letters), .count = edits};
}

static void drop(snapshot_handle *snapshot) { vendors_drop(of(snapshot)); }

const snapshot_peer snapshot_map_cow = {"cow", fill, edit, take, scan, drop, bytes_copied, NULL};
