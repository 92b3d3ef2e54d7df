/* SPDX-License-Identifier: MIT */
/* What the peers `fork` share: a snapshot is a forked child that sees memory as it was; it scans on request, times itself and
 * sends the checksum through a pipe. The kernel copies a page when the writer first touches it afterwards. */
#ifndef BENCH_SNAPSHOT_CHILD_H
#define BENCH_SNAPSHOT_CHILD_H

#include "snapshot_peer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Forks under the read lock, so that the container is whole. The child calls `scan_here`, which may only read: the child of
 * a process with threads may only do async-signal-safe things. */
void snapshot_child_take(snapshot_handle *snapshot, pthread_rwlock_t *lock, snapshot_scan (*scan_here)(void));
snapshot_scan snapshot_child_scan(snapshot_handle *snapshot);
void snapshot_child_drop(snapshot_handle *snapshot);

/* What the kernel copied: our minor page faults. Fresh pages of growth are among them, so this is an upper bound. */
uint64_t snapshot_child_bytes_copied(void);

#ifdef __cplusplus
}
#endif
#endif
