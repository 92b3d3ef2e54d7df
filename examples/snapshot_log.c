/* SPDX-License-Identifier: MIT */
/* An append-only log that keeps every state it ever had.
 *
 *     snapshot_log < FILE
 *
 * Each line of the input is one record. After every record the whole log is kept as a snapshot: 1000 lines give 1000
 * logs of 1, 2, ... 1000 records. They share storage, so that costs a handle each. The counters printed at the end come
 * from COW_STATS and say so: records are copied only when a buffer is full and the log moves to one twice as large. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COW_STATS
#define COW_IMPLEMENTATION
typedef struct record {
    unsigned long sequence;
    char text[56];
} record;
#define COW_ARRAY record_log, record
#include "cow/cow.h"

/* The history is an array of logs. A log brings its own copy and drop, so nothing needs to be said about them. */
#define COW_ARRAY history, record_log
#include "cow/cow.h"

static void die(const char *what) {
    fprintf(stderr, "snapshot_log: %s: %s\n", what, cow_error_text(cow_error()));
    exit(1);
}

/* Appends every line of `in`, and keeps the log as it stands after each. */
static void read_all(FILE *in, record_log *log, history *past) {
    record next = {0};
    while (fgets(next.text, sizeof next.text, in)) {
        next.text[strcspn(next.text, "\n")] = '\0';
        next.sequence++;
        if (!record_log_push(log, next)) die("cannot append");
        if (!history_push(past, record_log_copy(log))) die("cannot keep a snapshot");
        memset(next.text, 0, sizeof next.text);
    }
}

/* Every snapshot must still end with the record that was new when it was taken. */
static unsigned long check_all(const history *past) {
    unsigned long records = 0;
    COW_EACH (record_log, log, past) {
        records += record_log_len(log);
        if (record_log_back(log)->sequence != record_log_len(log)) {
            fprintf(stderr, "snapshot_log: a snapshot changed\n");
            exit(1);
        }
    }
    return records;
}

int main(void) {
    record_log log = {0};
    history past = {0};
    read_all(stdin, &log, &past);

    printf("%zu records, %zu snapshots that show %lu records in all\n", record_log_len(&log), history_len(&past),
           check_all(&past));
    if (!history_is_empty(&past)) {
        const record_log *middle = history_get(&past, history_len(&past) / 2);
        printf("half way, the last record was: %s\n", record_log_back(middle)->text);
    }
    cow_stats stats;
    if (cow_stats_get(&stats)) {
        printf("appends that copied: %zu, because the buffer was full\n", stats.copies);
    }
    history_drop(&past);
    record_log_drop(&log);
    return 0;
}
