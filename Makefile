# SPDX-License-Identifier: MIT
# The map of the project: `make help` lists every target in a line. Each concern keeps its rules beside its files.

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

include mk/config.mk
include mk/install.mk
include mk/examples.mk
include mk/style.mk
include tests/tests.mk
include tests/prop/prop.mk
include tests/model/model.mk
include tests/portable/portable.mk
include tests/install/install.mk
include fuzz/fuzz.mk
include bench/bench.mk

## all: check that cow.h is fresh, build the examples (plain `make`)
.PHONY: all
all: check-single examples

## help: list the targets
.PHONY: help
help:
	@sh mk/help.sh $(MAKEFILE_LIST)

## header: regenerate cow/cow.h from cow/parts
.PHONY: header
header:
	@sh cow/pack.sh

## check-single: fail when cow/cow.h is stale
.PHONY: check-single
check-single:
	@sh cow/pack.sh --check

# The steps of `make test`, cheap ones first. Each is a target of its own and can be run alone.
TEST_STEPS ?= check-single unit fail oom prop planted fuzz-replay fuzz-selftest stress asan tsan model-quick valgrind portable \
              install-check examples-check docs-check

# All the packages of the steps at once, so that the list is complete before anything is installed.
TEST_PACKAGES := gcc g++ clang libclang-rt-14-dev libcmocka-dev librapidcheck-dev valgrind pkg-config cmake libutf8proc-dev ieee-data

## test: everything a change must pass; stops at the first failing step
.PHONY: test
test:
	@$(SETUP_SH) $(TEST_PACKAGES)
	+@sh mk/test.sh "$(MAKE) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))" $(TEST_STEPS)

## clean: remove the build folder
.PHONY: clean
clean:
	rm -rf $(BUILD)
