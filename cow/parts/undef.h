/* SPDX-License-Identifier: MIT */
/* undef: takes back the options and private macros of one instantiation. Floor 7. */
#ifdef COW_FORWARDED
#if defined(COW__PENDING_3)
#undef COW__PENDING_3
#elif defined(COW__PENDING_2)
#undef COW__PENDING_2
#else
#undef COW__PENDING_1
#endif
#endif
#undef COW_ARRAY
#undef COW_MAP
#undef COW_SET
#undef COW_CELL
#undef COW_FORWARD
#undef COW_FORWARDED
#undef COW_COPY
#undef COW_DROP
#undef COW_EQUAL
#undef COW_COMPARE
#undef COW_HASH
#undef COW_VALUE_COPY
#undef COW_VALUE_DROP
#undef COW_VALUE_EQUAL
#undef COW_VALUE_HASH
#undef COW_STORE_HASH
#undef COW_ALIGN
#undef COW_ALLOC
#undef COW_NONATOMIC
#undef COW_RECURSIVE
#undef COW__N
#undef COW__T
#undef COW__F
#undef COW__ITER
#undef COW__GUARD
#undef COW__SNAPSHOT
#undef COW__READER
#undef COW__S
#undef COW__HOOK
#undef COW__LOCAL
#undef COW__RECURSIVE
#undef COW__COPY_HOOK
#undef COW__DROP_HOOK
#undef COW__BEGIN_CHANGE
#undef COW__END_CHANGE
#undef COW__K
#undef COW__V
#undef COW__PAIR
#undef COW__KEY_OF
#undef COW__HAS_VALUES
#undef COW__KEY_COPY
#undef COW__KEY_OWNS
#undef COW__KEY_DROP
#undef COW__KEY_EQUAL
#undef COW__KEY_HAS_EQUAL
#undef COW__KEY_COMPARE
#undef COW__KEY_HAS_COMPARE
#undef COW__KEY_HASH
#undef COW__KEY_HAS_HASH
#undef COW__VALUE_COPY
#undef COW__VALUE_OWNS
#undef COW__VALUE_DROP
#undef COW__VALUE_EQUAL
#undef COW__VALUE_HAS_EQUAL
#undef COW__VALUE_HASH
#undef COW__VALUE_HAS_HASH
#undef COW__PAIR_HOOK
#undef COW__PAIR_HAS_EQUAL
#undef COW__PAIR_HAS_HASH
#undef COW__STORED_HASH
#undef COW__KEY_BITS
#undef COW__VALUE_BITS
#undef COW__NEED_VALUE
#undef COW__DIFF_ITER
#undef COW__SELF_HAS_EQUAL
#undef COW__SELF_HAS_COMPARE
#undef COW__SELF_HAS_HASH
#undef COW__SELF_IS_LOCAL
#undef COW__ELEMENT_EQUAL
#undef COW__ELEMENT_COMPARE
#undef COW__ELEMENT_HASH
#undef COW__ELEMENT_HAS_EQUAL
#undef COW__ELEMENT_HAS_COMPARE
#undef COW__ELEMENT_HAS_HASH
#undef COW__NEED

#if defined(__GNUC__) && !defined(COW__WARN_SHADOW)
#pragma GCC diagnostic pop
#endif
