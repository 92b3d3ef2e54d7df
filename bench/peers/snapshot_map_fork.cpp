/* SPDX-License-Identifier: MIT */
/* Peer `fork` with a table: std::unordered_map; a snapshot is a forked child (snapshot_child.h). */
#include "snapshot_child.h"

#include <string>
#include <unordered_map>

namespace {

struct vendor {
    std::string name, address;
    uint64_t edits, amount;
};

typedef std::unordered_map<uint32_t, vendor> vendors;

pthread_rwlock_t lock = SNAPSHOT_LOCK_INITIALIZER;
vendors table;

std::string text_of(bench_text text) { return std::string(text.p, text.length); }

void fill(const snapshot_input *in, size_t) {
    vendors fresh;
    for (size_t i = 0; i < in->registry->n; i++) {
        const bench_vendor &v = in->registry->vendor[i];
        fresh.emplace(v.key, vendor{text_of(v.name), text_of(v.address), 0, 0});
    }
    pthread_rwlock_wrlock(&lock);
    table.swap(fresh);
    pthread_rwlock_unlock(&lock);
}

size_t edit(const snapshot_input *in, size_t begin, size_t n, const int *phase, int while_phase) {
    size_t done = 0;
    while (done < n && snapshot_goes_on(phase, while_phase)) {
        const bench_vendor *which = bench_edit_vendor(in->registry, begin + done);
        pthread_rwlock_wrlock(&lock);
        vendor &v = table.find(which->key)->second;
        v.edits++;
        v.amount += bench_edit_amount(begin + done);
        pthread_rwlock_unlock(&lock);
        done++;
    }
    return done;
}

uint64_t ends_of(const std::string &s) { return bench_text_ends(s.data(), s.size()); }

snapshot_scan scan_here() {
    uint64_t edits = 0;
    uint64_t amounts = 0;
    uint64_t ends = 0;
    uint64_t letters = 0;
    for (const vendors::value_type &e : table) {
        const vendor &v = e.second;
        edits += v.edits;
        amounts += v.amount;
        ends += ends_of(v.name) + ends_of(v.address);
        letters += v.name.size() + v.address.size();
    }
    return {bench_registry_checksum(amounts, ends, letters), edits, 0, 0};
}

void take(snapshot_handle *snapshot) { snapshot_child_take(snapshot, &lock, scan_here); }

} // namespace

const snapshot_peer snapshot_map_fork = {
    "fork", fill, edit, take, snapshot_child_scan, snapshot_child_drop, snapshot_child_bytes_copied, nullptr};
