# mbedTLS and jsmn, fetched from Debian, or yours, and how mbedTLS is built: included by the top Makefile.
# MBEDTLS_CFLAGS are for mbedTLS alone, on top of CFLAGS.

DEPS := build/deps
MBEDTLS_DIR ?= $(DEPS)/mbedtls
JSMN_DIR ?= $(DEPS)/jsmn

# Which files mbedTLS has is known once it is there: make fetches it first, then reads this file again.
no_deps := update-deps clean distclean help anchors packages-build
ifneq ($(filter-out $(no_deps),$(or $(MAKECMDGOALS),all)),)
    ifneq ($(filter $(DEPS)/%,$(MBEDTLS_DIR) $(JSMN_DIR)),)
        include $(DEPS)/ready.mk
    endif
endif
$(DEPS)/ready.mk: port/deps/pins port/deps/fetch
	@$(fetch) mbedtls jsmn
	@touch $@
fetch = port/packages tar:tar xz-utils:xz bzip2:bzip2 patch:patch && port/deps/fetch

.PHONY: update-deps
update-deps: ## pin the newest versions of what is fetched, and say what has changed
	@port/deps/update

# --- mbedTLS ---------------------------------------------------------------------------------------

# Up to 3.6 all of it lies in library; from 4 on cryptography is TF-PSA-Crypto's, in a folder of its own.
TF_PSA_DIR := $(wildcard $(MBEDTLS_DIR)/tf-psa-crypto)
MBEDTLS_INCLUDES := -isystem $(MBEDTLS_DIR)/include
ifneq ($(TF_PSA_DIR),)
    mbedtls_folders := $(MBEDTLS_DIR)/library \
        $(addprefix $(TF_PSA_DIR)/,core dispatch extras platform utilities drivers/builtin/src)
    MBEDTLS_INCLUDES += -isystem $(TF_PSA_DIR)/include -isystem $(TF_PSA_DIR)/drivers/builtin/include
    EVEREST_DIR := $(TF_PSA_DIR)/drivers/everest
    everest_includes := /. /tf-psa-crypto/private/everest /tf-psa-crypto/private/everest/kremlib
else
    mbedtls_folders := $(MBEDTLS_DIR)/library
    EVEREST_DIR := $(MBEDTLS_DIR)/3rdparty/everest
    everest_includes := /. /everest /everest/kremlib
endif
# The cheapest key exchange where there is flash for it; the host has. It and restartable exclude each other.
everest := $(filter everest,$(options))
ifneq ($(on_host),)
    ifeq ($(filter restartable everest,$(options)),)
        everest := everest
        VARIANT_CPPFLAGS += $(option.everest)
    endif
endif
ifneq ($(everest),)
    MBEDTLS_INCLUDES += $(patsubst %,-isystem $(EVEREST_DIR)/include%,$(everest_includes))
    everest_src := $(addprefix $(EVEREST_DIR)/library/,everest.c x25519.c Hacl_Curve25519_joined.c)
endif

# mbedTLS's warnings are not ours to mend, nor that it calls memcmp(NULL, NULL, 0) for a certificate it cannot read.
mbedtls_sanitize = $(if $(findstring sanitize,$(ARCH)),-fno-sanitize=nonnull-attribute) \
    $(if $(filter coverage,$(base)),-fno-profile-arcs -fno-test-coverage)
mbedtls_cflags = -std=c99 -w $(ARCH) $(mbedtls_sanitize) $(CFLAGS) $(MBEDTLS_CFLAGS) $(same_bytes) -MD -MP -Isrc $(MBEDTLS_INCLUDES) \
    $(addprefix -I,$(wildcard $(mbedtls_folders))) $(config) $(CPPFLAGS)

mbedtls_obj := $(patsubst $(MBEDTLS_DIR)/%.c,$(BUILD)/mbedtls/%.o, \
    $(sort $(wildcard $(addsuffix /*.c,$(mbedtls_folders)))) $(everest_src))
LIBMBEDTLS := $(BUILD)/libango_mbedtls.a
$(LIBMBEDTLS): $(mbedtls_obj) $(BUILD)/flags

$(BUILD)/mbedtls/%.o: $(MBEDTLS_DIR)/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(mbedtls_cflags) -c $< -o $@

# These may name sources of another MBEDTLS_DIR than today's, which are gone.
$(DEPS)/%.c: ;
