# SPDX-License-Identifier: MIT
# What every fragment shares: compilers, warnings, the build folder, the set-up script.
# The Makefile includes this first. Override anything on the command line: make CC=gcc-13 BUILD=/tmp/b

# make's own default CC is `cc`, which `?=` would not replace.
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
CLANG   ?= clang
CLANGXX ?= clang++

BUILD   ?= build
CSTD    ?= -std=c11
CXXSTD  ?= -std=c++17
OPT     ?= -O2 -g

# Both languages; then what exists in one only. A warning is an error on gcc and on clang. COW__WARN_SHADOW: for users the
# header turns -Wshadow off, because their types may have the names of its locals; within the header it holds.
WARN_BOTH := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wundef -Wvla -Werror \
             -DCOW__WARN_SHADOW
WARN      := $(WARN_BOTH) -Wstrict-prototypes
CXXWARN   := $(WARN_BOTH)

# Sources include "cow/cow.h", so the root of the repository is on the include path.
INC     := -I.
COW_H   := cow/cow.h

# The usual flags of a C or C++ test; a fragment adds its own after them.
BASE_CFLAGS   := $(CSTD) $(WARN) $(OPT) $(INC)
BASE_CXXFLAGS := $(CXXSTD) $(CXXWARN) $(OPT) $(INC)

# How many jobs a step of `make test` may run at once.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

# Debian packages a recipe needs:  $(SETUP_SH) valgrind          stops when it cannot be had
#                                  $(SETUP_SH) --optional libstb-dev   names it and goes on
# `SETUP=no` on the command line or in the environment installs nothing.
export SETUP
export BUILD
SETUP_SH := sh mk/setup.sh
