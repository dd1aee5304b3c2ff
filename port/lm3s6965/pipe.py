#!/usr/bin/python3
"""A connection to a port of loopback, as standard input and output: QEMU's guestfwd starts one each."""
import os
import select
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as server:
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ends = {0: server.fileno(), server.fileno(): 1}
    while True:
        for source in select.select(list(ends), [], [])[0]:
            data = os.read(source, 65536)
            if not data:
                sys.exit(0)
            while data:
                data = data[os.write(ends[source], data):]
