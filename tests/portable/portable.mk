# SPDX-License-Identifier: MIT

## portable: compilers x levels x standards, two embedding libraries, mismatched links, compile-time budget
.PHONY: portable
portable: $(COW_H)
	@$(SETUP_SH) clang g++
	@CC="$(CC)" CXX="$(CXX)" CLANG="$(CLANG)" CLANGXX="$(CLANGXX)" WARN="$(WARN)" CXXWARN="$(CXXWARN)" \
	    sh tests/portable/run.sh $(BUILD)/portable $(JOBS)

## arch: the smoke test on a 32-bit and on a big-endian machine, emulated; not a part of `make test`
.PHONY: arch
arch: $(COW_H)
	@$(SETUP_SH) gcc-i686-linux-gnu libc6-dev-i386-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user
	@sh tests/portable/arch.sh $(BUILD)/arch "-std=c11 $(WARN)"

## arch-paged: paged regions on emulated machines: aarch64, armhf, riscv64 and s390x
.PHONY: arch-paged
arch-paged: $(COW_H)
	@$(SETUP_SH) gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross \
	    gcc-riscv64-linux-gnu libc6-dev-riscv64-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user
	@sh tests/portable/arch_paged.sh $(BUILD)/arch "-std=c11 $(WARN)"
