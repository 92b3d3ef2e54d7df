/* SPDX-License-Identifier: MIT */
/* Peer `std`: std::unordered_map, which allocates every entry. A copy is a deep copy. */
#include "map_peer.h"

#include <string>
#include <unordered_map>

#ifdef MAP_STR
typedef std::string map_key;
#else
typedef uint64_t map_key;
#endif
typedef std::unordered_map<map_key, uint64_t> table;

#define MAP table
#define KEY map_key
#define PEER std
#include "map_std_like.h"
