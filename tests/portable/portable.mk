# SPDX-License-Identifier: MIT

## portable: compilers x levels x standards, two embedding libraries, mismatched links, compile-time budget
.PHONY: portable
portable: $(COW_H)
	@$(SETUP_SH) clang g++
	@CC="$(CC)" CXX="$(CXX)" CLANG="$(CLANG)" CLANGXX="$(CLANGXX)" WARN="$(WARN)" CXXWARN="$(CXXWARN)" \
	    sh tests/portable/run.sh $(BUILD)/portable $(JOBS)
