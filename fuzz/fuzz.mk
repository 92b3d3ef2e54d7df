# SPDX-License-Identifier: MIT
# Fuzzing: each *_fuzz.c is a target that compares the library with a naive model, for libFuzzer, AFL++ and plain replay. The
# inputs that a fuzzer once found are in fuzz/corpus, those that failed in fuzz/found; `make test` replays them. How it works:
# program.h.

FUZZ_TARGETS := $(patsubst fuzz/%_fuzz.c,%,$(wildcard fuzz/*_fuzz.c))
FUZZ_SECONDS ?= 60
TARGET ?= $(FUZZ_TARGETS)
FB := $(BUILD)/fuzz
FUZZ_FLAGS := $(BASE_CFLAGS) -I$(FB) -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all \
    -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
FUZZ_KIT := fuzz/kit.h fuzz/program.h fuzz/layout.h fuzz/program.c fuzz/mutate.c $(COW_H)
# What every program is linked from, in front of its main or the fuzzer's.
FUZZ_SOURCES = fuzz/$*_fuzz.c fuzz/program.c fuzz/mutate.c
# The parts of the library that a target is for; `make fuzz-coverage` counts their lines.
FUZZ_PARTS_array := array_core array array_search array_order buffer
FUZZ_PARTS_str := text str str_storage str_write str_search find str_split
FUZZ_PARTS_map := node collision map_core map_walk map_algebra map_filter map_memory map map_whole
FUZZ_PARTS_list := list_core list list_view
FUZZ_PARTS_list_set := set_type list_common list_set
FUZZ_PARTS_paged := paged_os paged_region paged_keep paged_open paged_fault paged_cut paged_snapshot paged_io paged_restore paged
FUZZ_PARTS_utf8 := utf8 str_utf8
FUZZ_PARTS_parse := str_number
SANITIZE := -fsanitize=address,undefined

# The printed program needs the source of the kit and of the target's world: as lines of an array of strings.
$(FB)/%_world.inc: fuzz/kit.h fuzz/%_world.h
	@mkdir -p $(@D)
	@sed 's/[\\"]/\\&/g; s/.*/"&",/' $^ >$@
.PRECIOUS: $(FB)/%_world.inc

$(FB)/%_fuzz: fuzz/%_fuzz.c $(FB)/%_world.inc $(FUZZ_KIT) | setup-fuzz
	@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined $(FUZZ_SOURCES) -lm -o $@

$(FB)/%_replay: fuzz/%_fuzz.c $(FB)/%_world.inc fuzz/replay.c $(FUZZ_KIT)
	@$(CC) $(FUZZ_FLAGS) $(SANITIZE) $(FUZZ_SOURCES) fuzz/replay.c -lm -o $@

$(FB)/%_replay_debug: fuzz/%_fuzz.c $(FB)/%_world.inc fuzz/replay.c $(FUZZ_KIT)
	@$(CC) $(FUZZ_FLAGS) $(SANITIZE) -DCOW_DEBUG $(FUZZ_SOURCES) fuzz/replay.c -lm -o $@

$(FB)/%_covered: fuzz/%_fuzz.c $(FB)/%_world.inc fuzz/replay.c $(FUZZ_KIT) | setup-llvm
	@$(CLANG) $(FUZZ_FLAGS) -fprofile-instr-generate -fcoverage-mapping $(FUZZ_SOURCES) fuzz/replay.c -lm -o $@

$(FB)/%_afl: fuzz/%_fuzz.c $(FB)/%_world.inc $(FUZZ_KIT) | setup-afl
	@AFL_QUIET=1 AFL_USE_ASAN=1 AFL_USE_UBSAN=1 afl-clang-fast $(FUZZ_FLAGS) -fsanitize=fuzzer $(FUZZ_SOURCES) -lm -o $@

$(FB)/%_mutator.so: fuzz/%_fuzz.c $(FB)/%_world.inc fuzz/afl_mutator.c $(FUZZ_KIT) | setup-fuzz
	@$(CLANG) $(FUZZ_FLAGS) -fPIC -shared $(FUZZ_SOURCES) fuzz/afl_mutator.c -lm -o $@

.PHONY: setup-fuzz setup-afl
setup-fuzz: ; @$(SETUP_SH) clang libclang-rt-14-dev
setup-afl: ; @$(SETUP_SH) clang afl++

## fuzz: fuzz TARGET (default: all) for FUZZ_SECONDS each; a failing input is printed as a C program in build/fuzz
.PHONY: fuzz
fuzz: $(TARGET:%=$(FB)/%_fuzz) $(TARGET:%=$(FB)/%_replay)
	@for t in $(TARGET); do sh fuzz/fuzz.sh $(FB) $$t $(FUZZ_SECONDS) || exit 1; done

## fuzz-afl: the same with AFL++
.PHONY: fuzz-afl
fuzz-afl: $(TARGET:%=$(FB)/%_afl) $(TARGET:%=$(FB)/%_mutator.so) $(TARGET:%=$(FB)/%_replay)
	@for t in $(TARGET); do sh fuzz/afl.sh $(FB) $$t $(FUZZ_SECONDS) || exit 1; done

## fuzz-minimise: keep of fuzz/corpus and of what `make fuzz` found the few inputs that reach everything
.PHONY: fuzz-minimise
fuzz-minimise: $(TARGET:%=$(FB)/%_fuzz)
	@for t in $(TARGET); do sh fuzz/minimise.sh $(FB) $$t || exit 1; done

## fuzz-coverage: which lines of cow.h the inputs of each target reach
.PHONY: fuzz-coverage
fuzz-coverage: $(TARGET:%=$(FB)/%_covered)
	@$(foreach t,$(TARGET),sh fuzz/coverage.sh $(FB) $(t) $(FUZZ_PARTS_$(t)) &&) true

## fuzz-replay: run every target over its corpus and over inputs mutated from it, under ASan and UBSan, also with COW_DEBUG
.PHONY: fuzz-replay
fuzz-replay: $(FUZZ_TARGETS:%=$(FB)/%_replay) $(FUZZ_TARGETS:%=$(FB)/%_replay_debug)
	@for t in $(FUZZ_TARGETS); do \
	    inputs=$$(find fuzz/corpus/$$t fuzz/found/$$t -type f 2>/dev/null | sort); \
	    $(FB)/$${t}_replay $$inputs && $(FB)/$${t}_replay_debug $$inputs && \
	    $(FB)/$${t}_replay --mutate 1 5000 $$inputs || exit 1; \
	done

## fuzz-selftest: plant faults, and expect the printed programs to show them
.PHONY: fuzz-selftest
fuzz-selftest: $(FUZZ_TARGETS:%=$(FB)/%_replay)
	@CC="$(CC)" CFLAGS="-std=c11 -g -I$(FB) $(SANITIZE) -fno-sanitize-recover=all -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION" \
	    sh fuzz/selftest.sh $(FB)/selftest $(FB)
