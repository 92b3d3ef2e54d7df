/* SPDX-License-Identifier: MIT */
/* Peer `absl`: absl::flat_hash_map, one open table with a byte of each hash beside it: the fastest table in common use
 * that does not share. A copy is a deep copy. */
#include "map_peer.h"

#include <absl/container/flat_hash_map.h>
#include <string>

#ifdef MAP_STR
typedef std::string map_key;
#else
typedef uint64_t map_key;
#endif
typedef absl::flat_hash_map<map_key, uint64_t> table;

#define MAP table
#define KEY map_key
#define PEER absl
#include "map_std_like.h"
