/* SPDX-License-Identifier: MIT */
/* Peer `qt` with a table: QHash in the shared variable. A snapshot shares; the first edit after one copies every node and
 * counts every string. */
#include "snapshot_peer.h"

#include <QByteArray>
#include <QHash>
#include <new>

namespace {

struct vendor {
    QByteArray name, address;
    quint64 edits, amount;
};

typedef QHash<quint32, vendor> vendors;

pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
vendors shared;
uint64_t copied;

QByteArray text_of(bench_text text) { return QByteArray(text.p, static_cast<int>(text.length)); }

void fill(const snapshot_input *in, size_t) {
    vendors fresh;
    for (size_t i = 0; i < in->registry->n; i++) {
        const bench_vendor &v = in->registry->vendor[i];
        fresh.insert(v.key, {text_of(v.name), text_of(v.address), 0, 0});
    }
    pthread_rwlock_wrlock(&lock);
    shared.swap(fresh);
    pthread_rwlock_unlock(&lock);
}

/* All nodes and the table of pointers to them. */
uint64_t bytes_of(const vendors &v) {
    return static_cast<uint64_t>(v.size()) * sizeof(QHashNode<quint32, vendor>) +
           static_cast<uint64_t>(v.capacity()) * sizeof(void *);
}

size_t edit(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        const bench_vendor *which = bench_edit_vendor(in->registry, begin + done);
        pthread_rwlock_wrlock(&lock);
        if (!shared.isDetached()) {
            copied += bytes_of(shared);
        }
        vendor &v = *shared.find(which->key);
        v.edits++;
        v.amount += bench_edit_amount(begin + done);
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

vendors *of(snapshot_handle *snapshot) {
    static_assert(sizeof(vendors) <= sizeof(snapshot_handle), "a snapshot fits its handle");
    return reinterpret_cast<vendors *>(snapshot);
}

void take(snapshot_handle *snapshot) {
    pthread_rwlock_rdlock(&lock);
    new (of(snapshot)) vendors(shared);
    pthread_rwlock_unlock(&lock);
}

uint64_t ends_of(const QByteArray &s) { return bench_text_ends(s.constData(), static_cast<size_t>(s.size())); }

snapshot_scan scan(snapshot_handle *snapshot) {
    uint64_t edits = 0;
    uint64_t amounts = 0;
    uint64_t ends = 0;
    uint64_t letters = 0;
    for (const vendor &v : qAsConst(*of(snapshot))) {
        edits += v.edits;
        amounts += v.amount;
        ends += ends_of(v.name) + ends_of(v.address);
        letters += static_cast<uint64_t>(v.name.size() + v.address.size());
    }
    return {bench_registry_checksum(amounts, ends, letters), edits, 0, 0};
}

void drop(snapshot_handle *snapshot) { of(snapshot)->~vendors(); }

uint64_t bytes_copied() { return copied; }

} // namespace

const snapshot_peer snapshot_map_qt = {"qt", fill, edit, take, scan, drop, bytes_copied, nullptr};
