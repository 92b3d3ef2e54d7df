# SPDX-License-Identifier: MIT

# C and C++ files that people write; cow.h is generated. New files count before they are committed.
STYLED = $(filter-out $(COW_H),$(shell git ls-files --cached --others --exclude-standard '*.c' '*.h' '*.cpp' '*.hpp'))

## format-check: fail when clang-format would change a C file
.PHONY: format-check
format-check:
	@$(SETUP_SH) clang-format
	@clang-format --dry-run -Werror $(wildcard $(STYLED))
	@echo "format-check: $(words $(wildcard $(STYLED))) files, 0 differences"

## format: let clang-format lay the C files out
.PHONY: format
format:
	@$(SETUP_SH) clang-format
	@clang-format -i $(wildcard $(STYLED))

## shell-check: run shellcheck over the scripts (awk programs stand in single quotes on purpose: SC2016)
.PHONY: shell-check
shell-check:
	@$(SETUP_SH) shellcheck
	@shellcheck --exclude=SC2016 $(wildcard mk/*.sh cow/*.sh .ci/run tests/*.sh tests/*/*.sh tests/*/*/*.sh fuzz/*.sh bench/*.sh)
	@echo "shell-check: 0 findings"
