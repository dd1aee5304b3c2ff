# mbedTLS and jsmn, fetched from Debian, or yours, and how mbedTLS is built: included by the top Makefile.
# MBEDTLS_CFLAGS are for mbedTLS alone, on top of CFLAGS.

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
$(DEPS)/ready.mk: port/deps/fetch
	@port/packages tar:tar xz-utils:xz bzip2:bzip2
	@port/deps/fetch
	@touch $@

# --- mbedTLS ---------------------------------------------------------------------------------------

EVEREST_DIR := $(MBEDTLS_DIR)/3rdparty/everest
MBEDTLS_INCLUDES := -isystem $(MBEDTLS_DIR)/include
# The cheapest key exchange where there is flash for it; the host has. It and restartable exclude each other.
everest := $(filter everest,$(options))
ifneq ($(on_host),)
    ifeq ($(filter restartable everest,$(options)),)
        everest := everest
        VARIANT_CPPFLAGS += $(option.everest)
    endif
endif
ifneq ($(everest),)
    MBEDTLS_INCLUDES += $(patsubst %,-isystem $(EVEREST_DIR)/include%,/. /everest /everest/kremlib)
    everest_src := $(addprefix $(EVEREST_DIR)/library/,everest.c x25519.c Hacl_Curve25519_joined.c)
endif

# mbedTLS's warnings are not ours to mend, nor that it calls memcmp(NULL, NULL, 0) for a certificate it cannot read.
mbedtls_sanitize = $(if $(findstring sanitize,$(ARCH)),-fno-sanitize=nonnull-attribute) \
    $(if $(filter coverage,$(base)),-fno-profile-arcs -fno-test-coverage)
mbedtls_cflags = -std=c99 -w $(ARCH) $(mbedtls_sanitize) $(CFLAGS) $(MBEDTLS_CFLAGS) -MD -MP -Isrc $(MBEDTLS_INCLUDES) \
    -I$(MBEDTLS_DIR)/library $(config) $(CPPFLAGS)

mbedtls_obj := $(patsubst $(MBEDTLS_DIR)/%.c,$(BUILD)/mbedtls/%.o, \
    $(sort $(wildcard $(MBEDTLS_DIR)/library/*.c)) $(everest_src))
LIBMBEDTLS := $(BUILD)/libango_mbedtls.a
$(LIBMBEDTLS): $(mbedtls_obj) $(BUILD)/flags

$(BUILD)/mbedtls/%.o: $(MBEDTLS_DIR)/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(mbedtls_cflags) -c $< -o $@

# These may name sources of another MBEDTLS_DIR than today's, which are gone.
$(DEPS)/%.c: ;
