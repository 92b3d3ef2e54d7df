# SPDX-License-Identifier: MIT

## install-check: build consumers in C and C++ against installed files, through pkg-config and CMake
.PHONY: install-check
install-check:
	@$(SETUP_SH) pkg-config cmake g++
	+@CC="$(CC)" CXX="$(CXX)" WARN="$(WARN)" CXXWARN="$(CXXWARN)" VERSION="$(VERSION)" MAKE="$(MAKE)" \
	    sh tests/install/run.sh $(BUILD)/install
