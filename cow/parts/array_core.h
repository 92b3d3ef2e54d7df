/* SPDX-License-Identifier: MIT */
/* array_core: what all typed arrays share: growing, detaching, splicing. Floor 4, built on buffer.

   These functions are cold or long. They take a value as its fields (cow__raw) and change them in place for the typed
   function to store. When one fails, the fields and the elements are as they were. */
#ifndef COW__ARRAY_CORE_H
#define COW__ARRAY_CORE_H

#include "buffer.h"

/* How new elements come to be. */
typedef enum cow__source {
    COW__MOVED,  /* bitwise: the caller gave them away */
    COW__COPIED, /* by the copy hook, one from each source element */
    COW__FILLED  /* by the copy hook, all from one element; zero bytes when it is NULL */
} cow__source;

typedef bool (*cow__keep_fn)(void *ctx, const void *element, const void *last_kept);

COW__BEGIN_C
/* A fresh unique array of copies of the `n` elements at `src`. */
COW__API bool cow__array_from(cow__raw *out, const void *src, size_t n, const cow_type *type);
/* A fresh empty array with room for `capacity` elements from `alloc`. */
COW__API bool cow__array_new(cow__raw *out, size_t capacity, const cow_type *type, const cow_alloc *alloc);
/* Makes the value the only owner of its elements, for a write in place. */
COW__API bool cow__array_own(cow__raw *a, const cow_type *type);
/* Makes the value unique, with room for `capacity` elements from p on. */
COW__API bool cow__array_reserve(cow__raw *a, size_t capacity, const cow_type *type);
/* Gives spare storage of a unique value back. */
COW__API bool cow__array_shrink(cow__raw *a, const cow_type *type);
/* Puts one moved element behind the last one: the slow path of push. */
COW__API bool cow__array_push(cow__raw *a, const void *e, const cow_type *type);
/* Puts `k` new elements behind the last one, or before element `at`. */
COW__API bool cow__array_append(cow__raw *a, const void *src, size_t k, cow__source source, const cow_type *type);
COW__API bool cow__array_insert(cow__raw *a, size_t at, const void *src, size_t k, cow__source source,
                                const cow_type *type);
/* Removes and drops the elements [begin, end). */
COW__API bool cow__array_erase(cow__raw *a, size_t begin, size_t end, const cow_type *type);
/* Removes one element and gives it to the caller (a copy of it when others share it); `out` NULL drops it. */
COW__API bool cow__array_take(cow__raw *a, size_t at, void *out, const cow_type *type);
/* The same, with the last element moved to its place. */
COW__API bool cow__array_swap_remove(cow__raw *a, size_t at, void *out, const cow_type *type);
/* Shortens to `n`, which is at most the length. */
COW__API bool cow__array_truncate(cow__raw *a, size_t n, const cow_type *type);
/* Makes every element a copy of *value. */
COW__API bool cow__array_fill(cow__raw *a, const void *value, const cow_type *type);
/* Keeps the elements for which `keep` says so, in their order. */
COW__API bool cow__array_filter(cow__raw *a, cow__keep_fn keep, void *ctx, const cow_type *type);
/* Aligned memory for `n` elements outside any array. Free *block, of *size bytes, with cow__release. */
COW__API void *cow__scratch(const cow_type *type, const cow_alloc *alloc, size_t n, void **block, size_t *size);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__ARRAY_CORE_BODY)
#define COW__ARRAY_CORE_BODY
COW__BEGIN_C

static const cow_alloc *cow__array_alloc(const cow__raw *a, const cow_type *type) {
    return a->h ? a->h->alloc : type->alloc;
}

/* Element `i`, also of an empty value, whose p may be NULL. */
static char *cow__array_at(const cow__raw *a, size_t i, const cow_type *type) {
    return i ? a->p + i * type->size : a->p;
}

static char *cow__array_end(const cow__raw *a, const cow_type *type) { return cow__array_at(a, a->n, type); }

static void cow__array_let_go(const cow__raw *a, const cow_type *type) {
    if (a->h) cow__buffer_release(a->h, cow__array_end(a, type), type->local);
}

/* Capacity for at least `needed` elements: doubling the block, header included, keeps appends O(1); the smallest storage is
   a cache line. */
static size_t cow__grown_capacity(size_t have, size_t needed, const cow_type *type) {
    size_t capacity = 2 * have + 64 / type->size, bytes;
    if (capacity < needed || !cow__mul_size(capacity, type->size, &bytes)) capacity = needed;
    return capacity;
}

/* a + b as a length; false with COW_RANGE when no array can be that long. */
static bool cow__array_length(size_t a, size_t b, const cow_type *type, size_t *out) {
    size_t bytes;
    if (cow__add_size(a, b, out) && cow__mul_size(*out, type->size, &bytes)) return true;
    return cow__fail(COW_RANGE);
}

static bool cow__elements_construct(const cow_type *type, char *to, const void *src, size_t k, cow__source source) {
    switch (source) {
    case COW__MOVED:
        if (k) memcpy(to, src, k * type->size);
        return true;
    case COW__COPIED: return cow__elements_copy(type, to, src, k);
    case COW__FILLED: return cow__elements_fill(type, to, src, k);
    }
    return false;
}

/* Undoes cow__elements_construct; moved elements stay the caller's. */
static void cow__elements_undo(const cow_type *type, char *at, size_t k, cow__source source) {
    if (source != COW__MOVED) cow__elements_drop(type, at, at + k * type->size);
}

/* A change of a value, as the functions below pass it on: at `at`, `removed` elements go and `k` new ones come, made from
   `src`. A fresh buffer for the result has room for `capacity` elements, `front` of them before the first. */
typedef struct cow__splice {
    size_t at, removed;
    const void *src;
    size_t k;
    cow__source source;
    size_t front, capacity;
} cow__splice;

/* Applies a splice in a fresh buffer, in one pass: the way of values that are shared, borrowed or inserted into
   themselves. The kept elements are copied by the hook and the old buffer is let go last, so a failure changes nothing. */
static bool cow__array_rebuild(cow__raw *a, const cow__splice *s, cow_reason reason, const cow_type *type) {
    size_t kept = a->n - s->removed, n = kept + s->k;
    size_t rest = kept - s->at;
    cow__header *h = cow__buffer_new(type, cow__array_alloc(a, type), s->front, s->capacity, n);
    if (!h) return false;
    if (kept) {
        COW__TRACE_COPY(type->name, kept, kept * type->size, reason);
        COW__COUNT(COPIES, 1);
        COW__COUNT(BYTES_COPIED, kept * type->size);
    }
    char *head = h->begin, *middle = head + s->at * type->size, *tail = middle + s->k * type->size;
    COW__OPEN(head, n * type->size);
    if (s->at && !cow__elements_copy(type, head, a->p, s->at)) goto free_buffer;
    if (s->k && !cow__elements_construct(type, middle, s->src, s->k, s->source)) goto drop_head;
    if (rest && !cow__elements_copy(type, tail, a->p + (s->at + s->removed) * type->size, rest)) goto drop_middle;
    cow__array_let_go(a, type);
    a->p = head;
    a->n = n;
    a->h = h;
    return true;
drop_middle:
    cow__elements_undo(type, middle, s->k, s->source);
drop_head:
    cow__elements_drop(type, head, middle);
free_buffer:
    cow__buffer_free(h);
    return false;
}

/* Applies a splice that only inserts, in a fresh buffer, moving the elements of a unique, settled value bitwise. The new
   elements are made first, so a failure changes nothing. */
static bool cow__array_relocate(cow__raw *a, const cow__splice *s, const cow_type *type) {
    cow__header *h = cow__buffer_new(type, a->h->alloc, s->front, s->capacity, a->n + s->k);
    if (!h) return false;
    size_t head = s->at * type->size, gap = s->k * type->size, tail = (a->n - s->at) * type->size;
    COW__OPEN(h->begin, head + gap + tail);
    if (!cow__elements_construct(type, h->begin + head, s->src, s->k, s->source)) {
        cow__buffer_free(h);
        return false;
    }
    if (head) memcpy(h->begin, a->p, head);
    if (tail) memcpy(h->begin + head + gap, a->p + head, tail);
    cow__buffer_free(a->h);
    a->p = h->begin;
    a->n += s->k;
    a->h = h;
    return true;
}

static cow_reason cow__write_reason(const cow__raw *a) { return a->h ? COW_REASON_SHARED : COW_REASON_BORROWED; }

/* The same elements in a buffer of their own. */
static bool cow__array_duplicate(cow__raw *a, size_t capacity, const cow_type *type) {
    cow__splice s = {a->n, 0, NULL, 0, COW__MOVED, 0, capacity};
    return cow__array_rebuild(a, &s, cow__write_reason(a), type);
}

COW__API bool cow__array_from(cow__raw *out, const void *src, size_t n, const cow_type *type) {
    cow__raw a = {NULL, 0, NULL};
    cow__splice s = {0, 0, src, n, COW__COPIED, 0, n};
    if (n && !cow__array_rebuild(&a, &s, COW_REASON_BORROWED, type)) return false;
    *out = a;
    return true;
}

COW__API bool cow__array_new(cow__raw *out, size_t capacity, const cow_type *type, const cow_alloc *alloc) {
    cow__header *h = cow__buffer_new(type, alloc, 0, capacity, 0);
    if (!h) return false;
    out->p = cow__base(h);
    out->n = 0;
    out->h = h;
    return true;
}

COW__API bool cow__array_own(cow__raw *a, const cow_type *type) {
    if (cow__buffer_unique(a->h)) {
        COW__WATCH_FORGET(a->h);
        return true;
    }
    return !a->n || cow__array_duplicate(a, a->n, type);
}

/* Moves a unique, settled value to the middle of its storage, so that both ends have room. */
static void cow__array_center(cow__raw *a, const cow_type *type) {
    char *base = cow__base(a->h);
    size_t bytes = a->n * type->size, storage = (size_t)(a->h->end - base);
    char *p = base + (storage - bytes) / type->size / 2 * type->size;
    COW__OPEN(base, storage);
    memmove(p, a->p, bytes);
    COW__SHUT(base, (size_t)(p - base));
    COW__SHUT(p + bytes, storage - bytes - (size_t)(p - base));
    a->p = a->h->begin = p;
}

/* Whether centering gives room for `k` elements at both ends, and so much that it is worth its O(n): at least a quarter of
   the length at each, so an element moves at most four times for each one added. Used before storage grows: a queue or a
   deque in steady state never does. */
static bool cow__array_roomy(const cow__raw *a, size_t k, const cow_type *type) {
    size_t free = (size_t)(a->h->end - cow__base(a->h)) - a->n * type->size, wanted;
    return free >= a->n * type->size / 2 && cow__mul_size(k, 2 * type->size, &wanted) && free >= wanted;
}

/* COW_DEBUG never resizes: the old header must stay behind, marked dead, for stale copies of the variable to find. */
static bool cow__array_can_resize(const cow__raw *a, const cow_type *type) {
    return !COW__DEBUG && type->align <= COW__PLAIN_ALIGN && cow__can_resize(a->h->alloc);
}

/* Room for `capacity` elements from p on, for a unique, settled value. */
static bool cow__array_grow(cow__raw *a, size_t capacity, const cow_type *type) {
    size_t front = (size_t)(a->p - cow__base(a->h)), total = capacity, bytes;
    if (!cow__mul_size(capacity, type->size, &bytes)) return cow__fail(COW_RANGE);
    if (bytes <= (size_t)(a->h->end - a->p)) return true;
    if (!cow__array_can_resize(a, type)) {
        cow__splice s = {a->n, 0, NULL, 0, COW__MOVED, 0, capacity};
        return cow__array_relocate(a, &s, type);
    }
    return (!front || cow__array_length(capacity, front / type->size, type, &total)) && cow__buffer_resize(a, total);
}

COW__API bool cow__array_reserve(cow__raw *a, size_t capacity, const cow_type *type) {
    size_t checked;
    if (!cow__array_length(capacity, 0, type, &checked)) return false;
    if (capacity < a->n) capacity = a->n;
    if (cow__buffer_unique(a->h)) {
        cow__buffer_settle(a);
        return cow__array_grow(a, capacity, type);
    }
    return !capacity || cow__array_duplicate(a, capacity, type);
}

COW__API bool cow__array_shrink(cow__raw *a, const cow_type *type) {
    if (!cow__buffer_unique(a->h)) return true;
    cow__buffer_settle(a);
    if (a->p == cow__base(a->h) && cow__array_end(a, type) == a->h->end) return true;
    /* Sliding to the base and then failing to resize would have changed the value: so a fresh buffer instead. */
    if (a->p == cow__base(a->h) && cow__array_can_resize(a, type)) return cow__buffer_resize(a, a->n);
    cow__splice s = {a->n, 0, NULL, 0, COW__MOVED, 0, a->n};
    return cow__array_relocate(a, &s, type);
}

/* Whether `src` lies in the storage of this value's buffer, so that moving the storage would move the source. */
static bool cow__array_holds(const cow__raw *a, const void *src) {
    uintptr_t p = (uintptr_t)src;
    return src && a->h && p >= (uintptr_t)cow__base(a->h) && p < (uintptr_t)a->h->end;
}

/* Appends to a unique, settled value that has no room behind its end. */
static bool cow__array_append_growing(cow__raw *a, const cow__splice *s, const cow_type *type) {
    if (s->source != COW__MOVED && cow__array_holds(a, s->src)) return cow__array_rebuild(a, s, COW_REASON_ALIAS, type);
    /* A hook that fails must find nothing moved: then the new elements are made before the old ones move. */
    if (s->source != COW__MOVED && type->copy) return cow__array_relocate(a, s, type);
    if (a->p != cow__base(a->h) && cow__array_roomy(a, s->k, type))
        cow__array_center(a, type);
    else if (!cow__array_grow(a, s->capacity, type))
        return false;
    COW__OPEN(cow__array_end(a, type), s->k * type->size);
    (void)cow__elements_construct(type, cow__array_end(a, type), s->src, s->k, s->source);
    a->n += s->k;
    return true;
}

static bool cow__array_append_unique(cow__raw *a, cow__splice *s, const cow_type *type) {
    char *end = cow__array_end(a, type);
    size_t bytes = s->k * type->size, room = (size_t)(a->h->end - end);
    if (room < bytes) {
        cow__buffer_settle(a);
        s->capacity = cow__grown_capacity(a->n + (room ? room / type->size : 0), a->n + s->k, type);
        return cow__array_append_growing(a, s, type);
    }
    if (!cow__buffer_armed(a->h)) cow__buffer_settle_tail(a);
    COW__OPEN(end, bytes);
    if (!cow__elements_construct(type, end, s->src, s->k, s->source)) {
        COW__SHUT(end, bytes);
        return false;
    }
    a->n += s->k;
    return true;
}

/* Appends to a value that has neither elements nor storage. */
static bool cow__array_append_first(cow__raw *a, const cow__splice *s, const cow_type *type) {
    cow__header *h = cow__buffer_new(type, type->alloc, 0, cow__grown_capacity(0, s->k, type), s->k);
    if (!h) return false;
    COW__OPEN(cow__base(h), s->k * type->size);
    if (!cow__elements_construct(type, cow__base(h), s->src, s->k, s->source)) {
        cow__buffer_free(h);
        return false;
    }
    a->p = cow__base(h);
    a->n = s->k;
    a->h = h;
    return true;
}

/* Appends to a buffer that others share: by claiming the tail, else in a fresh buffer. Types that can contain themselves
   do not claim: an element that shares this very buffer would keep it alive for ever. */
static bool cow__array_append_shared(cow__raw *a, cow__splice *s, const cow_type *type) {
    char *end = cow__array_end(a, type);
    size_t bytes = s->k * type->size;
    cow_reason reason = COW_REASON_BORROWED;
    if (a->h) {
        if (!type->recursive && cow__buffer_claim(a->h, end, bytes)) {
            if (cow__elements_construct(type, end, s->src, s->k, s->source)) {
                a->n += s->k;
                return true;
            }
            cow__buffer_unclaim(a->h, end, bytes);
            return false;
        }
        reason = (size_t)(a->h->end - end) < bytes ? COW_REASON_TAIL_FULL : COW_REASON_TAIL_TAKEN;
        if (type->recursive) reason = COW_REASON_SHARED;
        if (reason == COW_REASON_TAIL_TAKEN) COW__COUNT(TAIL_CLAIMS_LOST, 1);
    }
    s->capacity = cow__grown_capacity(a->n, a->n + s->k, type);
    return cow__array_rebuild(a, s, reason, type);
}

COW__API bool cow__array_append(cow__raw *a, const void *src, size_t k, cow__source source, const cow_type *type) {
    size_t needed;
    cow__splice s = {a->n, 0, src, k, source, 0, 0};
    if (!k) return true;
    if (!cow__array_length(a->n, k, type, &needed)) return false;
    if (cow__buffer_unique(a->h)) return cow__array_append_unique(a, &s, type);
    if (!a->h && !a->n) return cow__array_append_first(a, &s, type);
    return cow__array_append_shared(a, &s, type);
}

/* What nearly every slow push meets is a full buffer of one owner, without room in front: it goes straight to resize. */
COW__API bool cow__array_push(cow__raw *a, const void *e, const cow_type *type) {
    cow__header *h = a->h;
    if (!h || !cow__buffer_armed(h) || a->p != cow__base(h) || cow__array_end(a, type) != h->end ||
        !cow__array_can_resize(a, type))
        return cow__array_append(a, e, 1, COW__MOVED, type);
    if (!cow__buffer_resize(a, cow__grown_capacity(a->n, a->n + 1, type))) return false;
    char *end = cow__array_end(a, type);
    COW__OPEN(end, type->size);
    memcpy(end, e, type->size);
    a->n++;
    return true;
}

/* Opens a gap of `k` elements at `at` in a unique, settled value; n does not count it. Moves the head if `front`, else the
   tail. The side must have room. */
static void cow__array_open_gap(cow__raw *a, size_t at, size_t k, bool front, const cow_type *type) {
    size_t gap = k * type->size, head = at * type->size, tail = (a->n - at) * type->size;
    if (front) {
        COW__OPEN(a->p - gap, gap);
        memmove(a->p - gap, a->p, head);
        a->p = a->h->begin = a->p - gap;
    } else {
        COW__OPEN(a->p + head + tail, gap);
        memmove(a->p + head + gap, a->p + head, tail);
    }
}

/* Closes a gap of `k` dead elements at `at`, moving the head if `front`, else the tail. */
static void cow__array_close_gap(cow__raw *a, size_t at, size_t k, bool front, const cow_type *type) {
    size_t gap = k * type->size, head = at * type->size, tail = (a->n - at) * type->size;
    if (front) {
        memmove(a->p + gap, a->p, head);
        COW__SHUT(a->p, gap);
        a->p = a->h->begin = a->p + gap;
    } else {
        memmove(a->p + head, a->p + head + gap, tail);
        COW__SHUT(a->p + head + tail, gap);
    }
}

/* Inserts into a unique, settled value without room, in a fresh buffer. At the front, the new room is all there: whoever
   inserts at the front once does it again. */
static bool cow__array_insert_growing(cow__raw *a, cow__splice *s, const cow_type *type) {
    size_t behind = (size_t)(a->h->end - cow__array_end(a, type)) / type->size, needed = a->n + s->k;
    s->capacity = cow__grown_capacity(a->n + behind, needed, type);
    if (s->at == 0) {
        s->capacity = cow__grown_capacity(a->n, needed, type);
        s->front = s->capacity - needed;
        s->capacity += behind < a->n ? behind : a->n;
    }
    return cow__array_relocate(a, s, type);
}

static bool cow__array_insert_unique(cow__raw *a, cow__splice *s, const cow_type *type) {
    cow__buffer_settle(a);
    size_t gap = s->k * type->size;
    bool head_shorter = s->at < a->n - s->at;
    /* A hook that fails must find nothing moved, so its values do not center. */
    bool may_center = s->source == COW__MOVED || !type->copy;
    if (s->at == 0 && (size_t)(a->p - cow__base(a->h)) < gap && may_center && cow__array_roomy(a, s->k, type))
        cow__array_center(a, type);
    bool front = head_shorter && (size_t)(a->p - cow__base(a->h)) >= gap;
    if (!front && (size_t)(a->h->end - cow__array_end(a, type)) < gap) return cow__array_insert_growing(a, s, type);
    cow__array_open_gap(a, s->at, s->k, front, type);
    if (!cow__elements_construct(type, a->p + s->at * type->size, s->src, s->k, s->source)) {
        cow__array_close_gap(a, s->at, s->k, front, type);
        return false;
    }
    a->n += s->k;
    return true;
}

COW__API bool cow__array_insert(cow__raw *a, size_t at, const void *src, size_t k, cow__source source,
                                const cow_type *type) {
    size_t needed;
    cow__splice s = {at, 0, src, k, source, 0, 0};
    if (at > a->n) return cow__fail(COW_RANGE);
    if (at == a->n || !k) return cow__array_append(a, src, k, source, type);
    if (!cow__array_length(a->n, k, type, &needed)) return false;
    bool alias = source != COW__MOVED && cow__array_holds(a, src), unique = cow__buffer_unique(a->h);
    if (unique && !alias) return cow__array_insert_unique(a, &s, type);
    s.capacity = cow__grown_capacity(a->n, needed, type);
    if (at == 0) s.front = s.capacity - needed;
    return cow__array_rebuild(a, &s, unique ? COW_REASON_ALIAS : cow__write_reason(a), type);
}

COW__API bool cow__array_truncate(cow__raw *a, size_t n, const cow_type *type) {
    if (n < a->n && cow__buffer_unique(a->h)) {
        char *old_end = cow__array_end(a, type);
        cow__buffer_settle_tail(a);
        a->n = n;
        char *end = cow__array_end(a, type);
        cow__elements_drop(type, end, old_end);
        COW__SHUT(end, (size_t)(old_end - end));
    }
    a->n = n;
    return true;
}

/* Drops the first `k` elements of a value. What others share stays where it is. */
static void cow__array_advance(cow__raw *a, size_t k, const cow_type *type) {
    char *p = cow__array_at(a, k, type);
    if (cow__buffer_unique(a->h)) {
        char *old = a->p;
        cow__buffer_settle(a);
        a->h->begin = p;
        cow__elements_drop(type, old, p);
        COW__SHUT(old, (size_t)(p - old));
    }
    a->p = p;
    a->n -= k;
}

COW__API bool cow__array_erase(cow__raw *a, size_t begin, size_t end, const cow_type *type) {
    if (begin > end || end > a->n) return cow__fail(COW_RANGE);
    size_t k = end - begin;
    if (!k) return true;
    if (end == a->n) return cow__array_truncate(a, begin, type);
    if (begin == 0) {
        cow__array_advance(a, k, type);
        return true;
    }
    if (!cow__buffer_unique(a->h)) {
        cow__splice s = {begin, k, NULL, 0, COW__MOVED, 0, a->n - k};
        return cow__array_rebuild(a, &s, cow__write_reason(a), type);
    }
    cow__buffer_settle(a);
    cow__elements_drop(type, cow__array_at(a, begin, type), cow__array_at(a, end, type));
    a->n -= k;
    cow__array_close_gap(a, begin, k, begin < a->n - begin, type);
    return true;
}

/* The value without its element at `at`; with `swap`, the last one takes its place. */
static bool cow__array_without(cow__raw *a, size_t at, bool swap, const cow_type *type) {
    if (!swap) return cow__array_erase(a, at, at + 1, type);
    size_t last = a->n - 1;
    cow__raw shorter = {a->p, last, a->h};
    cow__splice s = {at, 1, cow__array_at(a, last, type), 1, COW__COPIED, 0, last};
    if (!cow__array_rebuild(&shorter, &s, cow__write_reason(a), type)) return false;
    *a = shorter;
    return true;
}

/* Copies an element to *out, which stays as it was when the hook fails: the hook works on memory of ours. */
static bool cow__array_copy_out(const cow__raw *a, void *out, const void *from, const cow_type *type) {
    union {
        char bytes[256];
        max_align_t strictest;
    } small;
    void *block = NULL, *made = &small;
    size_t size = 0;
    const cow_alloc *alloc = cow__array_alloc(a, type);
    if (!type->copy) return cow__element_copy(type, out, from);
    if (type->size > sizeof small || type->align > COW__ALIGNOF(max_align_t))
        made = cow__scratch(type, alloc, 1, &block, &size);
    bool ok = made && cow__element_copy(type, made, from);
    if (ok) memcpy(out, made, type->size);
    if (block) cow__release(alloc, block, size);
    return ok;
}

/* Removes an element that others share and gives a copy of it to *out. That is written only when all else has worked, so
   the old buffer is held until then. */
static bool cow__array_take_shared(cow__raw *a, size_t at, bool swap, void *out, const cow_type *type) {
    cow__raw old = *a;
    if (!out) return cow__array_without(a, at, swap, type);
    if (old.h) cow__buffer_retain(old.h, old.p, cow__array_end(&old, type), type->local);
    bool removed = cow__array_without(a, at, swap, type);
    bool taken = removed && cow__array_copy_out(&old, out, cow__array_at(&old, at, type), type);
    if (removed && !taken) {
        cow__array_let_go(a, type);
        *a = old;
    } else {
        cow__array_let_go(&old, type);
    }
    return taken;
}

COW__API bool cow__array_take(cow__raw *a, size_t at, void *out, const cow_type *type) {
    if (at >= a->n) return cow__fail(a->n ? COW_RANGE : COW_ABSENT);
    if (!out) return cow__array_erase(a, at, at + 1, type);
    if (cow__buffer_unique(a->h)) {
        memcpy(out, cow__array_at(a, at, type), type->size);
        cow__buffer_settle(a);
        a->n--;
        cow__array_close_gap(a, at, 1, at < a->n - at, type);
        return true;
    }
    return cow__array_take_shared(a, at, false, out, type);
}

/* Moves the last element of a unique value to `at`; what was there goes to the caller or is dropped. */
static void cow__array_swap_remove_unique(cow__raw *a, size_t at, void *out, const cow_type *type) {
    char *hole = cow__array_at(a, at, type), *last;
    cow__buffer_settle_tail(a);
    a->n--;
    last = cow__array_end(a, type);
    if (out)
        memcpy(out, hole, type->size);
    else if (type->drop)
        type->drop(hole);
    memcpy(hole, last, type->size);
    COW__SHUT(last, type->size);
}

COW__API bool cow__array_swap_remove(cow__raw *a, size_t at, void *out, const cow_type *type) {
    if (at >= a->n) return cow__fail(a->n ? COW_RANGE : COW_ABSENT);
    size_t last = a->n - 1;
    if (at == last) return cow__array_take(a, at, out, type);
    if (cow__buffer_unique(a->h)) {
        cow__array_swap_remove_unique(a, at, out, type);
        return true;
    }
    return cow__array_take_shared(a, at, true, out, type);
}

COW__API bool cow__array_fill(cow__raw *a, const void *value, const cow_type *type) {
    cow__splice s = {0, a->n, value, a->n, COW__FILLED, 0, a->n};
    if (!a->n) return true;
    bool unique = cow__buffer_unique(a->h);
    /* Elements that own something are made before the old ones go: a hook may fail, and `value` may be one of them. */
    if (!unique || type->copy || type->drop) return cow__array_rebuild(a, &s, cow__write_reason(a), type);
    COW__WATCH_FORGET(a->h);
    return cow__elements_fill(type, a->p, value, a->n);
}

/* Keeps the order of what stays; the others gather at the end and are dropped last. */
static void cow__array_filter_unique(cow__raw *a, cow__keep_fn keep, void *ctx, const cow_type *type) {
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++) {
        char *element = a->p + i * type->size, *to = a->p + kept * type->size;
        if (!keep(ctx, element, kept ? to - type->size : NULL)) continue;
        if (to != element) cow__elements_swap(to, element, type->size);
        kept++;
    }
    (void)cow__array_truncate(a, kept, type);
}

/* Copies what stays to a fresh buffer; when everything stays, nothing is copied at all. */
static bool cow__array_filter_shared(cow__raw *a, cow__keep_fn keep, void *ctx, const cow_type *type) {
    size_t kept = 0;
    COW__KEEP_SITE(site);
    while (kept < a->n && keep(ctx, cow__array_at(a, kept, type), kept ? cow__array_at(a, kept - 1, type) : NULL))
        kept++;
    if (kept == a->n) return true;
    cow__raw out = {NULL, 0, NULL};
    cow__raw head = {a->p, kept, NULL};
    if (!cow__array_new(&out, a->n, type, cow__array_alloc(a, type))) return false;
    bool made = cow__array_append(&out, head.p, head.n, COW__COPIED, type);
    for (size_t i = kept + 1; made && i < a->n; i++) {
        char *element = cow__array_at(a, i, type);
        if (!keep(ctx, element, out.n ? cow__array_at(&out, out.n - 1, type) : NULL)) continue;
        made = cow__array_append(&out, element, 1, COW__COPIED, type);
    }
    if (!made) {
        cow__array_let_go(&out, type);
        return false;
    }
    COW__RESTORE_SITE(site);
    COW__TRACE_COPY(type->name, out.n, out.n * type->size, cow__write_reason(a));
    COW__COUNT(COPIES, 1);
    COW__COUNT(BYTES_COPIED, out.n * type->size);
    cow__array_let_go(a, type);
    *a = out;
    return true;
}

COW__API bool cow__array_filter(cow__raw *a, cow__keep_fn keep, void *ctx, const cow_type *type) {
    if (!cow__buffer_unique(a->h)) return cow__array_filter_shared(a, keep, ctx, type);
    cow__buffer_settle(a);
    cow__array_filter_unique(a, keep, ctx, type);
    return true;
}

COW__API void *cow__scratch(const cow_type *type, const cow_alloc *alloc, size_t n, void **block, size_t *size) {
    size_t bytes, pad = type->align > COW__PLAIN_ALIGN ? type->align : 0;
    if (!cow__mul_size(n, type->size, &bytes) || !cow__add_size(bytes, pad, size)) {
        (void)cow__fail(COW_RANGE);
        return NULL;
    }
    *block = cow__allocate(alloc, *size);
    if (!*block) {
        (void)cow__fail(COW_NOMEM);
        return NULL;
    }
    return (char *)*block + (pad ? (size_t)(-(uintptr_t)*block & (pad - 1)) : 0);
}

COW__END_C
#endif
