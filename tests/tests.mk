# What the tests are built from, and the targets that run them: included by the top Makefile. See tests/README.md.
#
#     tests/*/test_*.c      a program of tests with cmocka each
#     tests/*/*_driver.c    a program each that tests in Python drive, like tests/hostile/victim.c
#     tests/*/test_*.py     tests with unittest
#     tests/fuzz/fuzz_*.c   a fuzzer each

program = $(patsubst %.c,$(BUILD)/%,$(1))
$(BUILD)/tests/%.o: private own_cflags += -Itests/common $(CMOCKA_INCLUDES)

test_src := $(sort $(wildcard tests/*/test_*.c))
# What the tests share; linked into each of them.
common_src := $(sort $(wildcard tests/common/*.c))
TESTS := $(call program,$(test_src))
test_libs := $(LIBTEMPLATE) $(LIBPOSIX) $(LIBPROXY) $(LIBTRACE) $(LIBANGO) $(LIBMBEDTLS)
# Debian's cmocka is for the machine that builds, and without a sanitizer.
own_cmocka := $(if $(cross)$(filter msan,$(base)),$(BUILD)/cmocka.o)
ifneq ($(own_cmocka),)
    CMOCKA_INCLUDES := -isystem $(DEPS)/cmocka/include
    test_libs += $(own_cmocka)
endif
ifneq ($(cross),)
    # Only what needs no sockets; and no TLS either, where an emulator has to run it.
    TESTS := $(filter-out %/test_posix %/test_outbox_file,$(TESTS))
    test_libs := $(LIBPROXY) $(LIBTRACE) $(LIBANGO) $(if $(filter i686,$(base)),$(LIBTEMPLATE) $(LIBMBEDTLS)) $(own_cmocka)
    ifeq ($(filter i686,$(base)),)
        TESTS := $(filter-out %/test_tls %/test_tls_verify,$(TESTS))
    endif
endif
tests: $(TESTS)
$(TESTS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objects,$(common_src)) $(test_libs)
	$(link) $^ $(LDLIBS) $(if $(own_cmocka),,-lcmocka) -o $@

$(DEPS)/cmocka/.pins: port/deps/pins port/deps/fetch
	@$(fetch) cmocka
	@touch $@
$(BUILD)/cmocka.o: $(DEPS)/cmocka/.pins $(BUILD)/flags
	$(QUIET_CC)$(CC) -w $(if $(cross),,$(ARCH)) $(CFLAGS) $(CMOCKA_INCLUDES) -D_GNU_SOURCE -DHAVE_SIGNAL_H -DHAVE_SIGLONGJMP \
	    -DHAVE_STRUCT_TIMESPEC -DHAVE_INTTYPES_H -DHAVE_GCC_THREAD_LOCAL_STORAGE -c $(<D)/src/cmocka.c -o $@
ifneq ($(own_cmocka),)
$(call objects,$(test_src) $(common_src)): | $(DEPS)/cmocka/.pins
endif

# The victim of the hostile tests: in it, an allocation of TLS can fail without a word in src.
VICTIM := $(BUILD)/tests/hostile/victim
DRIVERS := $(call program,$(sort $(wildcard tests/*/*_driver.c))) $(VICTIM)
# What is beside the library there is what a default configuration has.
DRIVERS := $(filter-out $(if $(filter shared,$(options)),%/session_driver %/record_driver,%/beside_driver),$(DRIVERS))
drivers: $(DRIVERS)
victim: $(VICTIM)
$(VICTIM): LDFLAGS += -Wl,--wrap=$(if $(filter shared,$(options)),calloc,ango_arena_calloc)
$(BUILD)/tests/fuzz/record_driver: $(call objects,tests/common/script_port.c)
$(BUILD)/tests/units/pure_driver: $(call objects,tests/common/reading.c tests/common/guard.c)
# The checks that also run on devices, against the ports of this machine.
$(BUILD)/tests/ports/conformance_driver: $(call objects,tests/ports/conformance.c) $(LIBSOCKETS) $(LIBTRACE) $(LIBTEMPLATE)
$(DRIVERS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBPOSIX) $(LIBANGO) $(LIBMBEDTLS)
	$(link) $(filter %.o,$^) $(filter-out %.o,$^) $(LDLIBS) -o $@

FUZZERS := $(call program,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
fuzzers: $(FUZZERS)
$(FUZZERS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objects,$(filter-out %/rows.c %/only.c,$(common_src))) \
    $(LIBANGO) $(LIBMBEDTLS)
	$(link) -fsanitize=fuzzer $^ $(LDLIBS) -o $@

# What `make bench` compares; built by tests/bench/run, which is the one to need libcurl and valgrind's headers.
BENCHES := $(call program,$(filter-out %/count_malloc.c,$(sort $(wildcard tests/bench/*.c))))
$(BENCHES): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBPOSIX) $(LIBANGO) $(LIBMBEDTLS)
	$(link) $^ $(LDLIBS) $(if $(filter %/invite_curl,$@),-lcurl) -o $@
$(BUILD)/tests/bench/count_malloc.so: tests/bench/count_malloc.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) $(own_cflags) -fPIC -shared $< -o $@

# Loaded before libc: calls that write, cut; a clock that runs faster.
$(BUILD)/tests/e2e/%_shim.so: tests/e2e/%_shim.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) $(own_cflags) -fPIC -shared $< -ldl -o $@

# --- Targets ---------------------------------------------------------------------------------------

.PHONY: tests drivers victim fuzzers demo test test-tls test-hostile test-fresh test-mutants prove prove-mutants test-reproducible test-power soak-power fuzz soak coverage check analyze check-more misra format size bench serve

# What each recipe runs is seen to first: on a fresh machine there is no Python.
python := python3:/usr/bin/python3

demo: all ## invite two people through the ango command, against a stand-in server on loopback
	@port/packages $(python) openssl:openssl
	@tests/hub/demo

test: ## run every test and check, or ONLY="units e2e/test_command:list row:24" of them
	@port/packages $(python) gcc:gcc libc6-dev libcmocka-dev openssl:openssl curl:curl pkg-config:pkg-config \
	    clang:clang libclang-rt-dev nginx-light:nginx g++:g++ libgit2-dev \
	    cmake:cmake meson:meson ninja-build:ninja python3-kconfiglib python3-yaml \
	    tinyproxy:tinyproxy mandoc:mandoc lintian:lintian dpkg-dev:dpkg-shlibdeps \
	    iproute2:/usr/bin/ip util-linux:unshare \
	    clang-format:clang-format clang-tidy:clang-tidy cppcheck:cppcheck valgrind:valgrind \
	    gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi \
	    gcc-arm-linux-gnueabihf:arm-linux-gnueabihf-gcc libc6-dev-armhf-cross \
	    gcc-s390x-linux-gnu:s390x-linux-gnu-gcc libc6-dev-s390x-cross qemu-user:qemu-arm
	@$(MAKE) --no-print-directory all WERROR=1
	@tests/run $(ONLY)

test-tls: ## run all that has to do with TLS, on any MBEDTLS_DIR; closes with "N passed, N failed"
	@port/packages $(python) gcc:gcc libc6-dev libcmocka-dev openssl:openssl pkg-config:pkg-config clang:clang libclang-rt-dev \
	    nginx-light:nginx g++:g++ libgit2-dev gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi
	@tests/run --tls

test-hostile: ## try the hostile network, row by row: what is expected, what is seen
	@port/packages $(python) gcc:gcc libc6-dev libcmocka-dev openssl:openssl
	@tests/hostile/run

test-fresh: ## make a minimal Debian, and demo and test in it, as on a machine that has nothing (as root)
	@port/packages debootstrap:debootstrap git:git util-linux:unshare
	@tests/tools/fresh

test-reproducible: ## build library, command and firmware twice, in two folders, and compare the bytes
	@port/packages $(python) gcc:gcc libc6-dev openssl:openssl gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi
	@tests/supply/test_reproducible.py

test-mutants: ## break the code on purpose, and see that the tests notice
	@port/packages $(python) gcc:gcc libc6-dev libcmocka-dev openssl:openssl
	@tests/tools/mutants

# The 32-bit half is proved with a Cortex-M3's headers.
prove_needs = @port/packages $(python) gcc:gcc libc6-dev gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi && \
    tests/proofs/fetch
prove: ## prove memory safety with CBMC, which is fetched; PROOF="text http:find_line" only some
	$(prove_needs)
	@tests/proofs/run $(PROOF)

prove-mutants: ## break what is proved, and see that the proofs notice; PROOF as above
	$(prove_needs)
	@tests/proofs/run --mutants $(PROOF)

FUZZ_SECONDS ?= 60
fuzz: ## fuzz each parser for FUZZ_SECONDS (60)
	@port/packages $(python) clang:clang libclang-rt-dev openssl:openssl
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzzers
	@tests/fuzz/run $(FUZZ_SECONDS)

POWER_CUTS ?= 50000
POWER_SEED ?= 1
power = @$(MAKE) --no-print-directory VARIANT=host build/host/tests/outbox/test_power && \
    POWER_CUTS=$(1) POWER_SEED=$(POWER_SEED) build/host/tests/outbox/test_power
test-power: ## cut the power of the outbox POWER_CUTS (50000) times, at each step of its life
	@port/packages gcc:gcc libc6-dev libcmocka-dev
	$(call power,$(POWER_CUTS))

CUTS ?= 1000000
soak-power: ## the same CUTS (1000000) times
	@port/packages gcc:gcc libc6-dev libcmocka-dev
	$(call power,$(CUTS))

SOAK ?= 100000
soak: ## SOAK (100000) invitations in one process with random faults, against the stand-in
	@port/packages $(python) openssl:openssl
	@tests/hostile/soak -n $(SOAK) --variant host --seconds 86400

coverage: ## lines and branches of src/ that the tests run, and which they do not
	@port/packages $(python) gcc:gcc libc6-dev libcmocka-dev openssl:openssl
	@tests/tools/coverage

# All C is laid out by machine.
all_c := $(sort $(wildcard src/*.[ch] include/*.h port/*/*.[ch] port/lwip/arch/*.h tests/*/*.[ch]) \
    $(shell find port/esp-idf port/zephyr port/arduino port/pico tests/frameworks -name '*.[ch]'))

check: ## clang-format, clang-tidy and cppcheck over src, include and port
	@port/packages clang-format:clang-format clang-tidy:clang-tidy cppcheck:cppcheck
	@tests/tools/lint "$(all_c)" "$(lib_src) $(posix_src) $(proxy_src) $(sockets_src) $(trace_src) $(template_src) $(command_src)" \
	    -std=c99 $(includes) $(config)

analyze: ## gcc's -fanalyzer and clang's -Weverything over src and the ports: nothing may be found
	@port/packages gcc:gcc clang:clang libc6-dev
	@tests/tools/analyze "$(lib_src) $(posix_src) $(proxy_src) $(sockets_src) $(trace_src) $(template_src)" -std=c99 $(includes) $(config)

check-more: ## analyze; and the C tests with 32 bits, and under MemorySanitizer, mbedTLS and all
	@port/packages $(python) gcc:gcc libc6-dev clang:clang libclang-rt-dev gcc-i686-linux-gnu:i686-linux-gnu-gcc libc6-dev-i386-cross openssl:openssl
	@$(MAKE) --no-print-directory analyze
	@tests/run --more $(ONLY)

misra: ## MISRA C:2012 over src and include: what is broken, and whether src/README.md says why
	@port/packages $(python) cppcheck:cppcheck
	@tests/tools/misra "$(lib_src)" $(includes) $(config)

format: ## lay out the C that is checked for it, as .clang-format says; FORMAT="FILES" others
	@port/packages clang-format:clang-format
	@clang-format -i $(or $(FORMAT),$(all_c))

size: ## flash and stack of the library on Cortex-M3 and M0+
	@port/packages $(python) gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi
	@tests/bench/size

bench: all ## what the client costs, side by side with libcurl, curl and Python's requests
	@port/packages $(python) valgrind openssl:openssl nginx-light:nginx libcurl4-openssl-dev curl:curl python3-requests
	@tests/bench/run

serve: ## run the stand-in Ango Hub in the foreground; MOODS="caps-limit=10 lags=2": tests/hub/standin.py --help
	@port/packages $(python) openssl:openssl
	@tests/hub/standin.py --mood "$(MOODS)"
