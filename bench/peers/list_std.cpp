// SPDX-License-Identifier: MIT
// Peer `std`: copy-on-write as it is written by hand in C++: std::atomic<std::shared_ptr> of a vector, and a mutex for the
// writers, which copy it. The copy has room for one more element, as that of CopyOnWriteArrayList has.
#include "list_peer.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace {

typedef std::vector<uint64_t> array;
typedef std::shared_ptr<const array> version;

struct list {
    std::atomic<version> now{std::make_shared<const array>()};
    std::mutex writers;
};

} // namespace

#define PEER std
#define PEER_SHARES_ADDS false
typedef list LIST;
typedef version SNAPSHOT;

static inline void peer_add(LIST *l, uint64_t v) {
    std::lock_guard<std::mutex> writing(l->writers);
    version old = l->now.load();
    auto fresh = std::make_shared<array>();
    fresh->reserve(old->size() + 1);
    fresh->insert(fresh->end(), old->begin(), old->end());
    fresh->push_back(v);
    l->now.store(std::move(fresh));
}

static void peer_fill(LIST *l, size_t n) {
    auto fresh = std::make_shared<array>(n);
    for (size_t i = 0; i < n; i++) {
        (*fresh)[i] = i;
    }
    l->now.store(std::move(fresh));
}

static inline void peer_set(LIST *l, size_t i, uint64_t v) {
    std::lock_guard<std::mutex> writing(l->writers);
    auto fresh = std::make_shared<array>(*l->now.load());
    (*fresh)[i] = v;
    l->now.store(std::move(fresh));
}

static size_t peer_len(const LIST *l) { return l->now.load()->size(); }
static void peer_drop(LIST *l) { l->now.store(version()); }

static inline void peer_keep(SNAPSHOT *s, const LIST *l) { *s = l->now.load(); }
static size_t peer_count(const SNAPSHOT *s) { return (*s)->size(); }
static inline void peer_forget(SNAPSHOT *s) { s->reset(); }

static uint64_t peer_sum(const LIST *l) {
    version v = l->now.load();
    uint64_t sum = 0;
    for (uint64_t x : *v) {
        sum += x;
    }
    return sum;
}

#include "list_loops.h"
