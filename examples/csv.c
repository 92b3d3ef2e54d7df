/* SPDX-License-Identifier: MIT */
/* A CSV file as a typed array, by the rules of RFC 4180: quoted fields, doubled quotes, line ends inside quotes.
 *
 *     csv FILE
 *
 * The upper half reads any CSV into records of strings; the lower half makes structs of them. Each mistake is reported
 * with its line. A row with a bad value is left out; broken quoting ends the reading, because nobody can tell where the
 * next field begins. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COW_IMPLEMENTATION
#define COW_ARRAY fields, cow_str
#include "cow/cow.h"

/* ---- Any CSV ---- */

typedef struct csv {
    cow_str text;
    size_t at;         /* the first byte that is not read yet */
    size_t line;       /* the line it stands in, from 1 */
    const char *error; /* why csv_record gave up; NULL when the text simply ended */
} csv;

static bool csv_fail(csv *in, const char *error) {
    in->error = error;
    return false;
}

static bool csv_out_of_memory(csv *in) { return csv_fail(in, cow_error_text(cow_error())); }

static bool at_end(const csv *in) { return in->at == cow_str_len(&in->text); }

/* Skips `mark` when it comes next. */
static bool accept_mark(csv *in, const char *mark) {
    size_t n = strlen(mark);
    if (cow_str_len(&in->text) - in->at < n || memcmp(cow_str_data(&in->text) + in->at, mark, n) != 0) return false;
    in->at += n;
    return true;
}

/* A field without quotes. Short ones lie in the handle, so nothing is allocated for them. */
static bool plain_field(csv *in, cow_str *field) {
    size_t end = cow_str_find_any(&in->text, ",\"\r\n", in->at);
    if (end == COW_NPOS) end = cow_str_len(&in->text);
    *field = cow_str_slice(&in->text, in->at, end);
    in->at = end;
    return true;
}

/* A field behind its first quote. It ends at a quote that no other follows: two of them mean one in the text. */
static bool quoted_field(csv *in, cow_str *field) {
    size_t begin = in->at;
    bool doubled = false;
    size_t end;
    for (;;) {
        end = cow_str_find_byte(&in->text, '"', in->at);
        if (end == COW_NPOS) return csv_fail(in, "this quote is never closed");
        in->at = end + 1;
        if (!accept_mark(in, "\"")) break;
        doubled = true;
    }
    *field = cow_str_slice(&in->text, begin, end);
    in->line += cow_str_count(field, "\n");
    return !doubled || cow_str_replace_all(field, "\"\"", "\"") || csv_out_of_memory(in);
}

/* What stands behind a field; *more: another field of the same record. */
static bool separator(csv *in, bool *more) {
    *more = accept_mark(in, ",");
    if (*more || at_end(in)) return true;
    if (!accept_mark(in, "\n") && !accept_mark(in, "\r\n")) {
        return csv_fail(in, "a comma or the end of the line is missing behind a field");
    }
    in->line++;
    return true;
}

/* Reads the next record; false at the end, and on mistakes, which are in->error. */
static bool csv_record(csv *in, fields *record) {
    fields_clear(record);
    if (at_end(in)) return false;
    for (bool more = true; more;) {
        cow_str field = {0};
        bool ok = accept_mark(in, "\"") ? quoted_field(in, &field) : plain_field(in, &field);
        if (!ok || !separator(in, &more)) {
            cow_str_drop(&field);
            return false;
        }
        if (!fields_push(record, field)) {
            cow_str_drop(&field); /* a push that failed did not take it */
            return csv_out_of_memory(in);
        }
    }
    return true;
}

/* Spreadsheets like to begin with a byte order mark. */
static bool csv_open(csv *in, const char *path) {
    *in = (csv){.line = 1};
    if (!cow_str_from_file(&in->text, path)) return false;
    accept_mark(in, "\xef\xbb\xbf");
    return true;
}

/* ---- Books ---- */

typedef struct book {
    cow_str title;
    cow_str author;
    int64_t year;
    double price;
} book;

static bool book_copy(book *to, const book *from) {
    *to = (book){cow_str_copy(&from->title), cow_str_copy(&from->author), from->year, from->price};
    return true;
}

static void book_drop(book *b) {
    cow_str_drop(&b->title);
    cow_str_drop(&b->author);
}

static int book_by_year(const book *a, const book *b, void *unused) {
    (void)unused;
    return (a->year > b->year) - (a->year < b->year);
}

#define COW_ARRAY books, book
#define COW_COPY book_copy
#define COW_DROP book_drop
#include "cow/cow.h"

/* A long field is a slice and would keep the whole file alive; a book keeps only its own bytes. */
static bool keep(cow_str *to, const cow_str *field) {
    *to = cow_str_copy(field);
    return cow_str_compact(to);
}

/* Makes *out of a record, or says what is wrong with it. */
static const char *book_from(book *out, const fields *record) {
    book b = {0};
    if (fields_len(record) != 4) return "4 fields are needed";
    if (!cow_str_parse_int(fields_get(record, 2), 10, &b.year, NULL)) return "the year is not a number";
    if (!cow_str_parse_double(fields_get(record, 3), &b.price, NULL)) return "the price is not a number";
    if (!keep(&b.title, fields_get(record, 0)) || !keep(&b.author, fields_get(record, 1))) {
        book_drop(&b);
        return cow_error_text(cow_error());
    }
    *out = b;
    return NULL;
}

/* All books of an open file, whose first record is the heading. Returns the number of mistakes. */
static int read_books(csv *in, const char *path, books *all) {
    int mistakes = 0;
    fields record = {0};
    size_t line = in->line;
    for (bool heading = true; csv_record(in, &record); heading = false, line = in->line) {
        book b;
        if (heading) continue;
        const char *mistake = book_from(&b, &record);
        if (!mistake && !books_push(all, b)) {
            book_drop(&b);
            mistake = cow_error_text(cow_error());
        }
        if (!mistake) continue;
        fprintf(stderr, "%s:%zu: %s\n", path, line, mistake);
        mistakes++;
    }
    if (in->error) {
        fprintf(stderr, "%s:%zu: %s\n", path, in->line, in->error);
        mistakes++;
    }
    fields_drop(&record);
    return mistakes;
}

/* On one line: the title in the array stays as it is, `shown` is a copy of its own from its first change. */
static bool print_book(const book *b) {
    cow_str shown = cow_str_copy(&b->title);
    bool ok = cow_str_replace_all(&shown, "\n", " ");
    if (ok) {
        printf("%" PRId64 " %6.2f  " COW_STR_FMT ": " COW_STR_FMT "\n", b->year, b->price, COW_STR_ARG(&b->author),
               COW_STR_ARG(&shown));
    }
    cow_str_drop(&shown);
    return ok;
}

int main(int argc, char **argv) {
    csv in;
    if (argc != 2) {
        fprintf(stderr, "usage: csv FILE\n");
        return 2;
    }
    if (!csv_open(&in, argv[1])) {
        /* errno knows more about files than we do. */
        fprintf(stderr, "csv: %s: %s\n", argv[1],
                cow_error() == COW_NOMEM ? cow_error_text(COW_NOMEM) : strerror(errno));
        return 2;
    }
    books all = {0};
    int mistakes = read_books(&in, argv[1], &all);
    cow_str_drop(&in.text); /* no book needs it */

    books by_year = books_copy(&all); /* `all` keeps the order of the file */
    bool ok = books_sort_stable_by(&by_year, book_by_year, NULL);
    double sum = 0;
    COW_EACH (book, b, &by_year) {
        ok = ok && print_book(b);
        sum += b->price;
    }
    printf("%zu books for %.2f\n", books_len(&all), sum);
    if (!ok) fprintf(stderr, "csv: %s\n", cow_error_text(cow_error()));
    books_drop(&by_year);
    books_drop(&all);
    return !ok || mistakes ? 1 : 0;
}
