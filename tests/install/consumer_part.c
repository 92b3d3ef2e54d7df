/* SPDX-License-Identifier: MIT */
/* The consumer's second file: the same instantiation, without the implementation. */
#define COW_ARRAY ints, int
#include <cow/cow.h>

int consumer_sum(const ints *values);

int consumer_sum(const ints *values) {
    int sum = 0;
    COW_EACH (int, value, values) {
        sum += *value;
    }
    return sum;
}
