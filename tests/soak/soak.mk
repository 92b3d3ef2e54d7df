# SPDX-License-Identifier: MIT
# Soaks: threads that work on shared variables for a long time, each value with a checksum. tests/soak/soak.h is what they share.

SOAK  ?= 600
SAN   ?=
SOAKS := cell list paged

# Plain, or by the sanitizers' names; those of clang, as elsewhere.
SOAK_FLAGS_         := $(RELEASE)
SOAK_FLAGS_thread   := $(TSAN)
SOAK_FLAGS_address  := $(SANITIZE_LONG)
SOAK_CC             := $(if $(SAN),$(CLANG),$(CC))
SOAK_BIN            := $(TB)/soak/$(or $(SAN),plain)

$(SOAKS:%=$(SOAK_BIN)/%): $(SOAK_BIN)/%: tests/soak/%_soak.c $(wildcard tests/soak/*.h) $(COW_H)
	@mkdir -p $(@D)
	@$(SOAK_CC) $(TEST_C) $(SOAK_FLAGS_$(SAN)) $< -o $@ -lpthread

.PHONY: setup-soak
setup-soak: ; @$(SETUP_SH) $(if $(SAN),clang libclang-rt-14-dev,gcc)
$(SOAKS:%=$(SOAK_BIN)/%): | setup-soak

## soak: tests that take minutes: emulated machines; readers, writers, threads that come and go, with checksums, for ten minutes each; SOAK=seconds, SAN=thread, SAN=address
.PHONY: soak
soak: $(SOAKS:%=$(SOAK_BIN)/%) arch-paged
	@for soak in $(SOAKS); do $(RUNNER_tsan) $(RUNNER_asan) $(SOAK_BIN)/$$soak $(SOAK) || exit 1; done
