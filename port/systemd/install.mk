# The services of the outbox, installed with the command: included by the top Makefile. They are not enabled.
#     make install systemdsystemunitdir=      without them

ifeq ($(shell uname),Linux)
systemdsystemunitdir ?= $(PREFIX)/lib/systemd/system
endif
units := $(notdir $(wildcard port/systemd/*.service port/systemd/*.timer))

.PHONY: install-units uninstall-units
install-command: install-units
uninstall: uninstall-units

ifneq ($(systemdsystemunitdir),)
install-units:
	install -d $(DESTDIR)$(systemdsystemunitdir)
	for unit in $(units); do \
	    sed 's|/usr/bin/ango|$(bindir)/ango|' port/systemd/$$unit >$(DESTDIR)$(systemdsystemunitdir)/$$unit && \
	    chmod 644 $(DESTDIR)$(systemdsystemunitdir)/$$unit || exit 1; \
	done
uninstall-units:
	rm -f $(addprefix $(DESTDIR)$(systemdsystemunitdir)/,$(units))
endif
