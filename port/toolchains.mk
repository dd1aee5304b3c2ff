# What a VARIANT is compiled with: included by the top Makefile. Sets CC, AR, CFLAGS and WARNINGS where the user has
# not, ARCH, and TOOLS: the packages that have them, as port/packages takes them.

base := $(firstword $(subst +, ,$(VARIANT)))
options := $(wordlist 2,9,$(subst +, ,$(VARIANT)))

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
else ifeq ($(base),msan)
    # Reading what was never written; all that is linked has to be built so, but for libc.
    VARIANT_CC := clang
    VARIANT_CFLAGS := -O1 -g
    ARCH := -fsanitize=memory -fno-sanitize-recover=all -fno-omit-frame-pointer
    VARIANT_CPPFLAGS := -DANGO_NO_ASM=1
    TOOLS := clang:clang libclang-rt-dev libc6-dev
else ifeq ($(base),i686)
    # 32 bits, run by this machine.
    cross := i686-linux-gnu
    VARIANT_CC := $(cross)-gcc
    VARIANT_AR := $(cross)-ar
    VARIANT_CFLAGS := -O1 -g
    ARCH := -fsanitize=undefined -fsanitize-undefined-trap-on-error
    LDFLAGS += -static
    TOOLS := gcc-$(cross):$(cross)-gcc libc6-dev-i386-cross
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
    $(error VARIANT=$(VARIANT): no toolchain '$(base)'; there are host asan-gcc asan-clang msan fuzz coverage \
        i686 armhf s390x m3 m0plus rv32)
endif

# $(options), as mbedTLS and src/tls*.c are told about them (src/ango_mbedtls_config.h).
option.tls12 := -DANGO_TLS13=0
option.tls13 := -DANGO_TLS12=0
option.restartable := -DANGO_ECP_RESTARTABLE=1
option.everest := -DANGO_EVEREST=1
option.x25519 := -DANGO_X25519=1
option.aes256 := -DANGO_AES256=1
option.shared :=
# What is installed: position-independent, and hardened as distributions have it (fortifying needs optimisation).
option.pic = -fPIC -ffunction-sections -fdata-sections -fstack-protector-strong \
    $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) $(hardened)
$(foreach o,$(options),$(if $(filter undefined,$(origin option.$o)),$(error VARIANT=$(VARIANT): no option '+$o'; there are \
    +tls12 (only) +tls13 (only) +restartable +everest +x25519 +aes256 +pic +shared)))

ifneq ($(filter default undefined,$(origin CC)),)
    CC := $(or $(VARIANT_CC),gcc)
endif
ifneq ($(filter default undefined,$(origin AR)),)
    AR := $(or $(VARIANT_AR),ar)
endif
# As far as the compiler knows them: a stack that no big frame jumps over; jumps and returns that the processor checks
# (Intel's CET; Arm's PAC and BTI).
ifneq ($(filter pic,$(options)),)
    hardened := $(foreach f,-fstack-clash-protection -fcf-protection -mbranch-protection=standard, \
        $(shell $(CC) $(ARCH) -Werror $f -E -x c /dev/null >/dev/null 2>&1 && echo ' $f'))
endif
CFLAGS ?= $(or $(VARIANT_CFLAGS),-O2 -g)
WARNINGS ?= -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wdate-time
ifeq ($(CI),true)
    WERROR ?= 1
endif

# The same bytes of the same sources, wherever they lie: no name of a folder in them. (A covered program has to know it.)
same_bytes = $(if $(filter coverage,$(base)),,-ffile-prefix-map=$(call quote,$(CURDIR))=.)

# What the library and mbedTLS are configured by: src/ango_mbedtls_config.h, or with +shared mbedTLS's own default.
config_files := $(if $(filter shared,$(options)),,MBEDTLS TF_PSA_CRYPTO)
config = $(patsubst %,-D%_CONFIG_FILE='"ango_mbedtls_config.h"',$(config_files)) $(foreach o,$(options),$(option.$o)) $(VARIANT_CPPFLAGS)
# Not empty where the variant's programs run on this machine.
on_host := $(filter host asan-% msan fuzz coverage,$(base))
