# SPDX-License-Identifier: MIT
# The explorer: every interleaving and every stale read of small programs over the shipped header. See docs/design/model.md.

MODEL        := $(BUILD)/model
MODEL_PARTS  := coroutine order plain world search
MODEL_FAMILY := arrays strings maps cells lists
MODEL_OBJECT := $(MODEL_PARTS:%=$(MODEL)/%.o)
MODEL_HEADER := tests/model/explorer.h tests/model/explorer_internal.h tests/model/explorer_atomics.h
MODEL_SHELL  := CC="$(CC)" WARN="$(WARN)" MODEL="$(MODEL)" JOBS="$(JOBS)"

$(MODEL)/%.o: tests/model/%.c $(MODEL_HEADER)
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) -O2 -g -c $< -o $@

$(MODEL)/litmus: $(MODEL)/litmus.o $(MODEL_OBJECT)
	$(CC) $^ -o $@

$(MODEL)/programs.o: tests/model/programs.h

$(MODEL_FAMILY:%=$(MODEL)/%): $(MODEL)/%: tests/model/%.c tests/model/explorer_system.h tests/model/build.sh $(MODEL)/programs.o $(MODEL_OBJECT) $(COW_H)
	@$(MODEL_SHELL) sh tests/model/build.sh $* $(COW_H) $@

# The model of cells for spin, which no code is compiled from.
.PHONY: setup-spin
setup-spin: ; @$(SETUP_SH) spin

## model: exhaustive exploration of the shared-buffer protocols, and the mutation gate (two hours of CPU time, 10 GB)
.PHONY: model
model: $(MODEL)/litmus $(MODEL_FAMILY:%=$(MODEL)/%) | setup-spin
	@$(MODEL)/litmus
	@$(MODEL_SHELL) sh tests/model/spin.sh
	@$(MODEL_SHELL) sh tests/model/run.sh tests/model/full.runs
	@$(MODEL_SHELL) sh tests/model/mutants.sh

## model-quick: the part of it that fits into `make test` (about two minutes)
.PHONY: model-quick
model-quick: $(MODEL)/litmus $(MODEL_FAMILY:%=$(MODEL)/%) | setup-spin
	@$(MODEL)/litmus
	@$(MODEL_SHELL) sh tests/model/spin.sh --quick
	@$(MODEL_SHELL) sh tests/model/run.sh tests/model/quick.runs
	@$(MODEL_SHELL) sh tests/model/mutants.sh --quick

## mutant: try one mutant and show the run that catches it; NAME=claim-relaxed
.PHONY: mutant
mutant: $(MODEL)/programs.o $(MODEL_OBJECT)
	@$(MODEL_SHELL) sh tests/model/mutants.sh $(NAME)
