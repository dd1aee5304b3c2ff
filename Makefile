# GNU make 4.3 or later. `make help` lists the targets.
#
# Everything is built under build/VARIANT. A variant is a toolchain, with options after a '+':
#     make VARIANT=asan-clang tests      make VARIANT=m3+tls12 lib      make VARIANT=host+restartable tests
# CC, AR, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are added to, or replaced, as usual; a change of them rebuilds.
# MBEDTLS_CFLAGS are for mbedTLS alone, on top.

VARIANT ?= host
BUILD := build/$(VARIANT)
empty :=
space := $(empty) $(empty)
base := $(firstword $(subst +, ,$(VARIANT)))
options := $(wordlist 2,9,$(subst +, ,$(VARIANT)))

# --- Toolchains -----------------------------------------------------------------------------------

# ARCH is what a variant cannot do without; CFLAGS only says how to optimise, and is yours to replace.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ARM := -mthumb -ffunction-sections -fdata-sections -fstack-usage -fcallgraph-info=su

ifeq ($(base),host)
    MBEDTLS_CFLAGS ?= $(if $(filter file,$(origin CFLAGS)),-O3) # 9 % fewer instructions a handshake, 17 % a POST
    TOOLS = gcc:$(firstword $(CC)) libc6-dev
else ifeq ($(base),asan-gcc)
    VARIANT_CC := gcc
    VARIANT_CFLAGS := -O1 -g
    ARCH := $(SANITIZE)
    TOOLS := gcc:gcc libc6-dev
else ifeq ($(base),asan-clang)
    VARIANT_CC := clang
    VARIANT_CFLAGS := -O1 -g
    ARCH := $(SANITIZE)
    TOOLS := clang:clang libclang-rt-dev libc6-dev
else ifeq ($(base),fuzz)
    VARIANT_CC := clang
    VARIANT_CFLAGS := -O1 -g
    ARCH := $(SANITIZE) -fsanitize=fuzzer-no-link
    TOOLS := clang:clang libclang-rt-dev libc6-dev
else ifeq ($(base),coverage)
    VARIANT_CC := gcc
    VARIANT_CFLAGS := -O0 -g
    ARCH := --coverage
    TOOLS := gcc:gcc libc6-dev
else ifneq ($(filter armhf s390x,$(base)),)
    # Other machines, run by qemu-user: 32 bits, and big-endian. Undefined behaviour traps, which needs no library.
    cross := $(if $(filter armhf,$(base)),arm-linux-gnueabihf,s390x-linux-gnu)
    VARIANT_CC := $(cross)-gcc
    VARIANT_AR := $(cross)-ar
    VARIANT_CFLAGS := -O1 -g
    ARCH := -fsanitize=undefined -fsanitize-undefined-trap-on-error
    LDFLAGS += -static
    TOOLS := gcc-$(cross):$(cross)-gcc libc6-dev-$(base)-cross qemu-user:qemu-$(firstword $(subst -, ,$(cross)))
else ifneq ($(filter m3 m0plus,$(base)),)
    VARIANT_CC := arm-none-eabi-gcc
    VARIANT_AR := arm-none-eabi-ar
    VARIANT_CFLAGS := -Os
    ARCH := $(ARM) -mcpu=$(if $(filter m3,$(base)),cortex-m3,cortex-m0plus)
    VARIANT_CPPFLAGS := -DANGO_SMALL=1
    TOOLS := gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi
else ifeq ($(base),rv32)
    VARIANT_CC := riscv64-unknown-elf-gcc
    VARIANT_AR := riscv64-unknown-elf-ar
    VARIANT_CFLAGS := -Os
    ARCH := -march=rv32imac -mabi=ilp32 --specs=picolibc.specs -ffunction-sections -fdata-sections
    VARIANT_CPPFLAGS := -DANGO_SMALL=1
    TOOLS := gcc-riscv64-unknown-elf:riscv64-unknown-elf-gcc picolibc-riscv64-unknown-elf
else
    $(error VARIANT=$(VARIANT): no toolchain '$(base)'; there are host asan-gcc asan-clang fuzz coverage \
        armhf s390x m3 m0plus rv32)
endif

# $(options), as mbedTLS and src/tls.c are told about them (src/ango_mbedtls_config.h).
option.tls12 := -DANGO_TLS13=0
option.tls13 := -DANGO_TLS12=0
option.restartable := -DANGO_ECP_RESTARTABLE=1
option.everest := -DANGO_EVEREST=1
option.x25519 := -DANGO_X25519=1
$(foreach o,$(options),$(if $(option.$o),,$(error VARIANT=$(VARIANT): no option '+$o'; there are \
    +tls12 (only) +tls13 (only) +restartable +everest +x25519)))

ifneq ($(filter default undefined,$(origin CC)),)
    CC := $(or $(VARIANT_CC),gcc)
endif
ifneq ($(filter default undefined,$(origin AR)),)
    AR := $(or $(VARIANT_AR),ar)
endif
CFLAGS ?= $(or $(VARIANT_CFLAGS),-O2 -g)
WARNINGS ?= -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wstrict-prototypes
ifeq ($(CI),true)
    WERROR ?= 1
endif

# --- Dependencies: fetched from Debian, or yours ---------------------------------------------------

DEPS := build/deps
MBEDTLS_DIR ?= $(DEPS)/mbedtls
JSMN_DIR ?= $(DEPS)/jsmn

# Which files mbedTLS has is known once it is there: make fetches it first, then reads this file again.
no_deps := clean distclean help anchors packages-build
ifneq ($(filter-out $(no_deps),$(or $(MAKECMDGOALS),all)),)
    ifneq ($(filter $(DEPS)/%,$(MBEDTLS_DIR) $(JSMN_DIR)),)
        include $(DEPS)/ready.mk
    endif
endif
$(DEPS)/ready.mk: port/fetch-deps
	@port/packages tar:tar xz-utils:xz bzip2:bzip2
	@port/fetch-deps
	@touch $@

# --- Objects ---------------------------------------------------------------------------------------

EVEREST_DIR := $(MBEDTLS_DIR)/3rdparty/everest
MBEDTLS_INCLUDES := -isystem $(MBEDTLS_DIR)/include
# The cheapest key exchange where there is flash for it; the host has. It and restartable exclude each other.
everest := $(filter everest,$(options))
ifneq ($(filter host asan-% fuzz coverage,$(base)),)
    ifeq ($(filter restartable everest,$(options)),)
        everest := everest
        VARIANT_CPPFLAGS += $(option.everest)
    endif
endif
ifneq ($(everest),)
    MBEDTLS_INCLUDES += $(patsubst %,-isystem $(EVEREST_DIR)/include%,/. /everest /everest/kremlib)
    everest_src := $(addprefix $(EVEREST_DIR)/library/,everest.c x25519.c Hacl_Curve25519_joined.c)
endif

werror := $(if $(filter-out 0,$(WERROR)),-Werror)
config := -DMBEDTLS_CONFIG_FILE='"ango_mbedtls_config.h"' $(foreach o,$(options),$(option.$o)) \
    $(VARIANT_CPPFLAGS)
own_cflags = -std=c99 $(WARNINGS) $(ARCH) $(CFLAGS) -MD -MP \
    -Iinclude -Isrc -Iport/posix -Iport/template -isystem $(JSMN_DIR) $(MBEDTLS_INCLUDES) $(CMOCKA_INCLUDES) \
    $(config) $(CPPFLAGS)
# mbedTLS's warnings are not ours to mend, nor that it calls memcmp(NULL, NULL, 0) for a certificate it cannot read.
mbedtls_sanitize = $(if $(findstring sanitize,$(ARCH)),-fno-sanitize=nonnull-attribute) \
    $(if $(filter coverage,$(base)),-fno-profile-arcs -fno-test-coverage)
mbedtls_cflags = -std=c99 -w $(ARCH) $(mbedtls_sanitize) $(CFLAGS) $(MBEDTLS_CFLAGS) -MD -MP -Isrc $(MBEDTLS_INCLUDES) \
    -I$(MBEDTLS_DIR)/library $(config) $(CPPFLAGS)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
lib_src := $(sort $(wildcard src/*.c))
posix_src := port/posix/ango_posix.c
command_src := $(sort $(filter-out $(posix_src),$(wildcard port/posix/*.c)))
template_src := $(sort $(wildcard port/template/*.c))
mbedtls_obj := $(patsubst $(MBEDTLS_DIR)/%.c,$(BUILD)/mbedtls/%.o, \
    $(sort $(wildcard $(MBEDTLS_DIR)/library/*.c)) $(everest_src))
test_src := $(sort $(wildcard tests/test_*.c))
# What the tests share; linked into each of them.
test_common_src := tests/exchange.c tests/guard.c tests/hostile.c tests/script_port.c

LIBANGO := $(BUILD)/libango.a
LIBMBEDTLS := $(BUILD)/libango_mbedtls.a
LIBPOSIX := $(BUILD)/libango_posix.a
LIBTEMPLATE := $(BUILD)/libango_template.a
ANGO := $(BUILD)/ango
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(test_src))
test_libs := $(LIBTEMPLATE) $(LIBPOSIX) $(LIBANGO) $(LIBMBEDTLS)
ifneq ($(cross),)
    # Only what needs neither sockets nor TLS; Debian's cmocka is for the machine that builds.
    TESTS := $(filter-out %/test_port %/test_tls,$(TESTS))
    test_libs := $(LIBANGO) $(BUILD)/cmocka.o
    CMOCKA_INCLUDES := -isystem $(DEPS)/cmocka/include
endif

# Rewritten, and so newer than the objects, only when flags have changed that change what is made.
flags := $(CC) $(own_cflags) $(mbedtls_sanitize) mbedTLS:$(strip $(MBEDTLS_CFLAGS)) $(LDFLAGS) $(LDLIBS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(flags)) | cmp -s - $@ || printf '%s\n' $(call quote,$(flags)) >$@
quote = '$(subst ','\'',$(1))'

$(BUILD)/mbedtls/%.o: $(MBEDTLS_DIR)/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(mbedtls_cflags) -c $< -o $@

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(own_cflags) $(werror) -c $< -o $@

$(LIBANGO): $(call objects,$(lib_src))
$(LIBPOSIX): $(call objects,$(posix_src))
$(LIBTEMPLATE): $(call objects,$(template_src))
$(LIBMBEDTLS): $(mbedtls_obj) $(BUILD)/flags
%.a:
	@[ -n "$(filter %.o,$^)" ] || \
	    { echo "nothing to put into $@: is MBEDTLS_DIR=$(MBEDTLS_DIR) right?" >&2; exit 1; }
	@rm -f $@
	$(QUIET_AR)$(AR) rcs $@ $(filter %.o,$^)

link = $(QUIET_LD)$(CC) $(ARCH) $(CFLAGS) $(LDFLAGS)

$(ANGO): $(call objects,$(command_src)) $(LIBPOSIX) $(LIBANGO) $(LIBMBEDTLS)
	$(link) $^ $(LDLIBS) -o $@

$(TESTS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objects,$(test_common_src)) $(test_libs)
	$(link) $^ $(LDLIBS) $(if $(cross),,-lcmocka) -o $@

$(DEPS)/cmocka/.fetched: port/fetch-deps
	@port/fetch-deps cmocka
	@touch $@
$(BUILD)/cmocka.o: $(DEPS)/cmocka/.fetched $(BUILD)/flags
	$(QUIET_CC)$(CC) -w $(CFLAGS) $(CMOCKA_INCLUDES) -D_GNU_SOURCE -DHAVE_SIGNAL_H -DHAVE_SIGLONGJMP \
	    -DHAVE_STRUCT_TIMESPEC -DHAVE_INTTYPES_H -DHAVE_GCC_THREAD_LOCAL_STORAGE -c $(<D)/src/cmocka.c -o $@
ifneq ($(cross),)
$(call objects,$(test_src) $(test_common_src)): | $(DEPS)/cmocka/.fetched
endif

# Programs that the tests in Python drive. In the hostile one an allocation of TLS can fail without a word in src.
CLIENTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/*_client.c)))
clients: $(CLIENTS)
hostile-client: $(BUILD)/tests/hostile_client
$(BUILD)/tests/hostile_client: LDFLAGS += -Wl,--wrap=ango_arena_calloc
$(BUILD)/tests/record_client: $(call objects,tests/script_port.c)
$(CLIENTS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBPOSIX) $(LIBANGO) $(LIBMBEDTLS)
	$(link) $^ $(LDLIBS) -o $@

FUZZERS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/fuzz_*.c)))
fuzzers: $(FUZZERS)
$(FUZZERS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(call objects,$(filter-out %/hostile.c,$(test_common_src))) \
    $(LIBANGO) $(LIBMBEDTLS)
	$(link) -fsanitize=fuzzer $^ $(LDLIBS) -o $@

# What `make bench` compares; built by tests/bench, which is the one to need libcurl and valgrind's headers.
BENCHES := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out %/bench_malloc.c,$(sort $(wildcard tests/bench_*.c))))
$(BENCHES): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBPOSIX) $(LIBANGO) $(LIBMBEDTLS)
	$(link) $^ $(LDLIBS) $(if $(filter %/bench_curl,$@),-lcurl) -o $@

$(BUILD)/tests/%.so: tests/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_LD)$(CC) $(own_cflags) -fPIC -shared $< -o $@

# V=1 shows the commands; -s shows nothing.
ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
else ifeq ($(V),)
    QUIET_CC = @printf '  CC  %s\n' $@;
    QUIET_AR = @printf '  AR  %s\n' $@;
    QUIET_LD = @printf '  LD  %s\n' $@;
endif

# These may name sources of another MBEDTLS_DIR than today's, which are gone.
$(DEPS)/%.c: ;
-include $(shell [ ! -d $(BUILD) ] || find $(BUILD) -name '*.d')

# --- Targets ---------------------------------------------------------------------------------------

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: FORCE all lib tests packages-build demo test check size bench serve anchors install clean distclean
.PHONY: help

packages-build:
	@port/packages $(TOOLS)

all: packages-build lib template $(ANGO) ## build the library, the ports and the ango command (default)

# Also for other variants: make VARIANT=m3 lib
.PHONY: template clients fuzzers fuzz coverage hostile-client test-hostile test-mutants soak
lib: $(LIBANGO) $(LIBMBEDTLS)
template: $(LIBTEMPLATE)
tests: $(TESTS)
ifneq ($(filter host asan-% fuzz coverage,$(base)),)
lib: $(LIBPOSIX)
endif

# Compilers come before what is compiled with them.
$(BUILD)/flags: | packages-build

demo: all ## invite two people through the ango command, against a stand-in server on loopback
	@port/packages openssl:openssl
	@tests/demo

test: ## run every test and check; closes with "N passed, N failed"
	@port/packages gcc:gcc libc6-dev libcmocka-dev openssl:openssl curl:curl pkg-config:pkg-config \
	    clang:clang libclang-rt-dev nginx-light:nginx \
	    clang-tidy:clang-tidy cppcheck:cppcheck valgrind:valgrind \
	    gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi \
	    gcc-arm-linux-gnueabihf:arm-linux-gnueabihf-gcc libc6-dev-armhf-cross \
	    gcc-s390x-linux-gnu:s390x-linux-gnu-gcc libc6-dev-s390x-cross qemu-user:qemu-arm
	@$(MAKE) --no-print-directory all WERROR=1
	@tests/run $(ONLY)

test-hostile: ## try the hostile network, row by row: what is expected, what is seen
	@port/packages gcc:gcc libc6-dev libcmocka-dev openssl:openssl
	@tests/test-hostile

test-mutants: ## break the code on purpose, and see that the tests notice
	@port/packages gcc:gcc libc6-dev libcmocka-dev openssl:openssl
	@tests/mutants

FUZZ_SECONDS ?= 60
fuzz: ## fuzz each parser for FUZZ_SECONDS (60)
	@port/packages clang:clang libclang-rt-dev openssl:openssl
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzzers
	@tests/fuzz $(FUZZ_SECONDS)

SOAK ?= 100000
soak: ## SOAK (100000) invitations in one process with random faults, against the stand-in
	@port/packages openssl:openssl
	@tests/soak -n $(SOAK) --variant host --seconds 86400

coverage: ## lines and branches of src/ that the tests run, and which they do not
	@port/packages gcc:gcc libc6-dev libcmocka-dev openssl:openssl
	@tests/coverage

check: ## clang-tidy and cppcheck over src, include and port
	@port/packages clang-tidy:clang-tidy cppcheck:cppcheck
	@tests/lint "$(lib_src) $(posix_src) $(template_src) $(command_src)" \
	    -std=c99 -Iinclude -Isrc -Iport/posix -Iport/template -isystem $(JSMN_DIR) $(MBEDTLS_INCLUDES) $(config)

size: ## flash and stack of the library on Cortex-M3 and M0+
	@port/packages gcc-arm-none-eabi:arm-none-eabi-gcc libnewlib-arm-none-eabi
	@tests/size

bench: all ## what the client costs, side by side with libcurl, curl and Python's requests
	@port/packages valgrind openssl:openssl nginx-light:nginx libcurl4-openssl-dev curl:curl python3-requests
	@tests/bench

serve: ## run the stand-in Ango Hub in the foreground; MOODS="caps-limit=10 lags=2" (tests/standin.py --help)
	@port/packages openssl:openssl
	@tests/standin.py --mood "$(MOODS)"

anchors: ## turn PEM=FILE into a C array of trust anchors
	@port/packages openssl:openssl
	@port/pem2c $(or $(PEM),$(error say which file: make anchors PEM=file.pem))

include port/lm3s6965/firmware.mk

PREFIX ?= /usr/local
bindir ?= $(PREFIX)/bin
libdir ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
mandir ?= $(PREFIX)/share/man

install: all ## install under PREFIX (/usr/local): library, headers, ango command, pkg-config file, manual
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(includedir)
	install -m 755 $(ANGO) $(DESTDIR)$(bindir)/ango
	install -m 644 $(LIBANGO) $(LIBMBEDTLS) $(LIBPOSIX) $(DESTDIR)$(libdir)
	install -m 644 include/*.h $(wildcard port/posix/ango_posix.h) $(DESTDIR)$(includedir)
	sed -e 's|@prefix@|$(PREFIX)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|' \
	    -e "s|@version@|$$(sed -n 's/^#define ANGO_VERSION "\(.*\)"/\1/p' include/ango.h)|" \
	    port/posix/ango.pc.in >$(DESTDIR)$(libdir)/pkgconfig/ango.pc
	if [ -f port/posix/ango.1 ]; then install -d $(DESTDIR)$(mandir)/man1 && \
	    install -m 644 port/posix/ango.1 $(DESTDIR)$(mandir)/man1; fi

clean: ## remove what was built, but not what was fetched
	[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +

distclean: ## remove everything that is not in the repository
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile port/lm3s6965/firmware.mk
