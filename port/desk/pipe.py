#!/usr/bin/python3
"""A connection to a port of loopback, as standard input and output: QEMU's guestfwd starts one each.

What happens at one end happens at the other: bytes, the end of one side, a reset.
"""
import os
import select
import socket
import struct
import sys

RESET = struct.pack("ii", 1, 0)


def copy(source, target):
    """Whether the source goes on."""
    data = source.recv(65536)
    if data:
        target.sendall(data)
    else:
        target.shutdown(socket.SHUT_WR)
    return bool(data)


def main():
    guest = socket.socket(fileno=0)
    # Bounded, or a guest could send without end to a server that does not read; but no smaller than loopback's segments, of 64 KB,
    # each of which would then take some tenths of a second.
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
    # QEMU holds the other end, too: nobody else keeps this one open.
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    ends = [guest]
    try:
        server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
        ends.append(server)
        other = {guest: server, server: guest}
        while other:
            for source in select.select(list(other), [], [])[0]:
                target = server if source is guest else guest
                if not copy(source, target):
                    del other[source]
    except OSError:
        for end in ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    for end in ends:
        end.close()


main()
