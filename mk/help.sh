#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the `## target: text` lines of the makefiles given, in the order they stand.
awk '/^## [a-z][a-zA-Z0-9 =|\[\]-]*: / {
    line = substr($0, 4)
    colon = index(line, ": ")
    printf "  make %-16s %s\n", substr(line, 1, colon - 1), substr(line, colon + 2)
}' "$@"
