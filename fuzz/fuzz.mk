# SPDX-License-Identifier: MIT
# Fuzzing: each *_fuzz.c is a libFuzzer target that compares the library with a naive model. Its corpus is replayed by
# `make test` without libFuzzer, so that whatever a fuzzer once reached stays covered.

FUZZ_TARGETS := $(patsubst fuzz/%_fuzz.c,%,$(wildcard fuzz/*_fuzz.c))
FUZZ_SECONDS ?= 60
TARGET ?= $(FUZZ_TARGETS)
FUZZ_FLAGS := $(BASE_CFLAGS) -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION

$(BUILD)/fuzz/%_fuzz: fuzz/%_fuzz.c $(COW_H)
	@$(SETUP_SH) clang libclang-rt-14-dev
	@mkdir -p $(@D)
	@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined $< -o $@

$(BUILD)/fuzz/%_replay: fuzz/%_fuzz.c fuzz/replay.c $(COW_H)
	@mkdir -p $(@D)
	@$(CC) $(FUZZ_FLAGS) -fsanitize=address,undefined $< fuzz/replay.c -o $@

## fuzz: fuzz TARGET (default: all) for FUZZ_SECONDS each; new inputs and crashes go to build/fuzz
.PHONY: fuzz
fuzz: $(TARGET:%=$(BUILD)/fuzz/%_fuzz)
	@for t in $(TARGET); do \
	    mkdir -p $(BUILD)/fuzz/corpus_$$t; \
	    $(BUILD)/fuzz/$${t}_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=600 -print_final_stats=1 \
	        -artifact_prefix=$(BUILD)/fuzz/$$t- $(BUILD)/fuzz/corpus_$$t fuzz/corpus/$$t || exit 1; \
	done

## fuzz-replay: run every fuzz target over its committed corpus, under ASan and UBSan
.PHONY: fuzz-replay
fuzz-replay: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%_replay)
	@for t in $(FUZZ_TARGETS); do $(BUILD)/fuzz/$${t}_replay fuzz/corpus/$$t/* || exit 1; done
