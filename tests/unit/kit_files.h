/* SPDX-License-Identifier: MIT */
/* The test kit's temporary files and folders: each has a name of its own, so that runs at the same time do not meet. The
   including file asks for _POSIX_C_SOURCE 200809L first, and removes what it made. */
#ifndef KIT_FILES_H
#define KIT_FILES_H

#include "kit_memory.h"

#include <unistd.h>

/* mkstemp and mkdtemp demand that the name ends in six letters X, and write the name they found over them. */
#define KIT_PATH_TEMPLATE "/tmp/cow_test.XXXXXX"
enum { KIT_PATH = sizeof KIT_PATH_TEMPLATE };

/* Makes an empty file; its name goes to `path`, which has KIT_PATH bytes. The descriptor is open for writing. */
static inline int kit_file(char *path) {
    memcpy(path, KIT_PATH_TEMPLATE, KIT_PATH);
    int file = mkstemp(path);
    KIT_CHECK(file >= 0);
    return file;
}

/* Makes an empty folder. */
static inline void kit_folder(char *path) {
    memcpy(path, KIT_PATH_TEMPLATE, KIT_PATH);
    KIT_CHECK(mkdtemp(path) != NULL);
}

#endif
