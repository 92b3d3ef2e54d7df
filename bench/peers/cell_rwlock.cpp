// SPDX-License-Identifier: MIT
// Peer `rwlock`: a vector under a pthread rwlock. A borrow is read under the lock; what is to be kept is a copy made under
// it. The writer makes its vector, and destroys the old one, without the lock.
#include "cell_peer.h"

#include <pthread.h>
#include <vector>

namespace {

typedef std::vector<uint64_t> array;

// Without writer preference two overlapping readers would starve the writer.
pthread_rwlock_t lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
array cell;
size_t n;

inline void replace_one(void *, const uint64_t *source) {
    array fresh(source, source + n);
    pthread_rwlock_wrlock(&lock);
    cell.swap(fresh);
    pthread_rwlock_unlock(&lock);
}

void open_cell(size_t length, int) {
    n = length;
    replace_one(nullptr, cell_source(0));
}

inline uint64_t borrow_one(void *) {
    pthread_rwlock_rdlock(&lock);
    uint64_t sum = cell_sum(cell.data(), cell.size());
    pthread_rwlock_unlock(&lock);
    return sum;
}

inline uint64_t strong_one(void *) {
    pthread_rwlock_rdlock(&lock);
    array copy(cell);
    pthread_rwlock_unlock(&lock);
    return cell_sum(copy.data(), copy.size());
}

CELL_READS(borrow, borrow_one)
CELL_READS(strong, strong_one)
CELL_WRITES(replace, replace_one)

} // namespace

const cell_peer cell_rwlock = {"rwlock", borrow, strong, nullptr, replace, {open_cell, 0, 0, 0, 0, 0}, false, 1};
