/* SPDX-License-Identifier: MIT */
/* config: the compiler, the options of a build, and how functions are linked. Floor 0, built on nothing. */

/* A user's types may have any names, also those of parameters and locals here. Our own tests let the warning stand. */
#if defined(__GNUC__) && !defined(COW__WARN_SHADOW)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif

#ifndef COW__CONFIG_H
#define COW__CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COW_VERSION_MAJOR 0
#define COW_VERSION_MINOR 1
#define COW_VERSION_PATCH 0
#define COW_VERSION "0.1.0"

/* Index that no element has: what a search returns when it finds nothing. */
#define COW_NPOS ((size_t)-1)

/* Token pasting that expands its arguments first, and the pieces of `#define COW_ARRAY name, T` and its kin. */
#define COW__CAT_(a, b) a##b
#define COW__CAT(a, b) COW__CAT_(a, b)
#define COW__CAT3_(a, b, c) a##b##c
#define COW__CAT3(a, b, c) COW__CAT3_(a, b, c)
#define COW__TEXT_(a) #a
#define COW__TEXT(a) COW__TEXT_(a)
#define COW__CALL(macro, arguments) macro(arguments)
#define COW__FIRST(a, b) a
#define COW__SECOND(a, b) b
#define COW__LIST_ARRAY(a, b) COW__CAT(a, _array), b
#define COW__LIST_SET(a, b) COW__CAT(a, _set), b
#define COW__FIRST_OF_3(a, b, c) a
#define COW__SECOND_OF_3(a, b, c) b
#define COW__THIRD_OF_3(a, b, c) c

/* The options of a whole program as 0 or 1, so that they can be pasted into the name that guards the link. */
#ifdef COW_DEBUG
#define COW__DEBUG 1
#else
#define COW__DEBUG 0
#endif
#ifdef COW_TRACE
#define COW__TRACE 1
#else
#define COW__TRACE 0
#endif
#ifdef COW_STATS
#define COW__STATS 1
#else
#define COW__STATS 0
#endif
/* Both builds that look for mistakes keep a list of the buffers that are alive. */
#define COW__LIVE (COW__DEBUG || COW__TRACE)

#if defined(__GNUC__)
#define COW__LIKELY(x) __builtin_expect(!!(x), 1)
#define COW__ASSUME(x) ((x) ? (void)0 : __builtin_unreachable())
#define COW__UNUSED __attribute__((unused))
#define COW__COLD __attribute__((cold, noinline))
#define COW__HIDDEN __attribute__((visibility("hidden")))
#define COW__ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define COW__LIKELY(x) (x)
#define COW__ASSUME(x) ((void)0)
#define COW__UNUSED
#define COW__COLD
#define COW__HIDDEN
#define COW__ALWAYS_INLINE static inline
#endif

/* Typed functions are plain inline functions. COW_TRACE forces them into their caller, so that the address of a
   real copy lies in the user's own function and not in the header. */
#if COW__TRACE
#define COW__INLINE COW__ALWAYS_INLINE
#else
#define COW__INLINE static inline
#endif

#ifdef __cplusplus
#define COW__BEGIN_C extern "C" {
#define COW__END_C }
#define COW__THREAD_LOCAL thread_local
/* What another file defines, C++ would ask at each use whether it must be constructed. */
#if defined(__GNUC__)
#define COW__THREAD_SHARED __thread
#else
#define COW__THREAD_SHARED thread_local
#endif
#define COW__ALIGNOF(T) alignof(T)
#define COW__ALIGNAS(T) alignas(T)
#define COW__STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define COW__BEGIN_C
#define COW__END_C
#define COW__THREAD_LOCAL _Thread_local
#define COW__THREAD_SHARED _Thread_local
#define COW__ALIGNOF(T) _Alignof(T)
#define COW__ALIGNAS(T) _Alignas(T)
#define COW__STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* COW__API marks every function that stands once per program. Hidden, so that two shared libraries that each embed
   cow keep their own. COW__IMPLEMENT asks the parts for their bodies. */
#ifdef COW_STATIC
#define COW__API static COW__UNUSED
#else
#define COW__API extern COW__HIDDEN
#endif

COW__BEGIN_C
/* The name says version and layout. Every descriptor refers to it, so objects built with different options do not link. */
#define COW__ABI_NAME_(debug, trace, stats) cow__abi_0_1_debug##debug##_trace##trace##_stats##stats
#define COW__ABI_NAME(debug, trace, stats) COW__ABI_NAME_(debug, trace, stats)
#define COW__ABI COW__ABI_NAME(COW__DEBUG, COW__TRACE, COW__STATS)
/* The same for what has no descriptor: a function whose name in the object file says version and layout. */
#define COW__ABI_FUNCTION_(name, debug, trace, stats) name##_0_1_debug##debug##_trace##trace##_stats##stats
#define COW__ABI_FUNCTION_OF(name, debug, trace, stats) COW__ABI_FUNCTION_(name, debug, trace, stats)
#define COW__ABI_FUNCTION(name) COW__ABI_FUNCTION_OF(name, COW__DEBUG, COW__TRACE, COW__STATS)
#ifdef COW_STATIC
static const char COW__ABI COW__UNUSED = 1;
#else
extern COW__HIDDEN const char COW__ABI;
#endif
COW__END_C

#endif

/* Set anew at every include. COW__TAKE_SLOT: this one brings a new container. COW__IMPLEMENT: the parts give their
   bodies; a file may include the header first and define COW_IMPLEMENTATION later. */
#if defined(COW_ARRAY) + defined(COW_MAP) + defined(COW_SET) + defined(COW_CELL) + defined(COW_LIST) + \
        defined(COW_LIST_SET) + defined(COW_PAGED_ARRAY) >                                             \
    1
#error \
    "cow: one container at a time: include cow.h after each of COW_ARRAY, COW_MAP, COW_SET, COW_CELL, COW_LIST, COW_LIST_SET and COW_PAGED_ARRAY"
#endif
/* Lists bring the type of their versions. */
#ifdef COW_LIST
#define COW_ARRAY COW__CALL(COW__LIST_ARRAY, COW_LIST)
#endif
#ifdef COW_LIST_SET
#define COW_SET COW__CALL(COW__LIST_SET, COW_LIST_SET)
#endif
/* An option that would be ignored is a mistake. */
#if defined(COW_KEEP_ORDER) && !defined(COW_LIST_SET)
#error "cow: COW_KEEP_ORDER is for COW_LIST_SET"
#endif
#if defined(COW_ALIGN) && !defined(COW_ARRAY)
#error "cow: COW_ALIGN is for arrays and lists"
#endif
#if defined(COW_STORE_HASH) && !defined(COW_MAP) && !defined(COW_SET)
#error "cow: COW_STORE_HASH is for maps and sets"
#endif
#if (defined(COW_VALUE_COPY) || defined(COW_VALUE_DROP) || defined(COW_VALUE_EQUAL) || defined(COW_VALUE_HASH)) && \
    !defined(COW_MAP)
#error "cow: COW_VALUE_COPY, COW_VALUE_DROP, COW_VALUE_EQUAL and COW_VALUE_HASH are for maps"
#endif
#undef COW__IMPLEMENT
#undef COW__TAKE_SLOT
#if (defined(COW_ARRAY) || defined(COW_MAP) || defined(COW_SET)) && !defined(COW_FORWARDED)
#define COW__TAKE_SLOT
#endif
/* How many COW_FORWARD wait for their COW_FORWARDED. Types instantiated meanwhile can lie on a cycle of types. */
#ifdef COW_FORWARD
#if !defined(COW__PENDING_1)
#define COW__PENDING_1
#elif !defined(COW__PENDING_2)
#define COW__PENDING_2
#elif !defined(COW__PENDING_3)
#define COW__PENDING_3
#else
#error "cow: more than 3 types declared by COW_FORWARD wait for COW_FORWARDED"
#endif
#endif

/* Whether values of this type may contain themselves. */
#if defined(COW_FORWARDED) || defined(COW_RECURSIVE) || defined(COW__PENDING_1)
#define COW__RECURSIVE true
#else
#define COW__RECURSIVE false
#endif

#if defined(COW_IMPLEMENTATION) || defined(COW_STATIC)
#define COW__IMPLEMENT
#endif

#if defined(COW__IMPLEMENT) && !defined(COW__CONFIG_BODY)
#define COW__CONFIG_BODY
#ifndef COW_STATIC
COW__BEGIN_C
const char COW__ABI = 1;
COW__END_C
#endif
#endif
