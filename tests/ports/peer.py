#!/usr/bin/python3
"""The other end of tests/ports/conformance.c: what a port connects to while it is tried.

    tests/ports/peer.py [ADDRESS [PORT]]     listens there (127.0.0.1, 7000) until it is interrupted
    with Peer("127.0.0.1") as peer: ...      in a test; peer.port, peer.refusing, peer.silent

PORT is the peer, at PORT + 1 nothing listens, and PORT + 2 never answers. A connection begins with a line that says what
the peer is to be:

    echo         sends back what comes
    hold MS      sends one byte, after so many milliseconds
    time         tells the seconds since 1970, ten digits and a line feed
    send LEN     sends so many bytes as fast as it can, and waits for the end
    tiny LEN     sends so many bytes, each in a segment of its own
    last LEN     sends so many bytes, closes its side, and reads on
    count        reads up to the byte 0xFF; tells how many came before it, and their Adler-32
    sink S       reads nothing until nothing more has come for so many seconds; then sends one byte, and is as count
    silent       neither reads nor sends nor closes
    reset        resets the connection
    leave        closes the connection, at both sides
"""
import array
import fcntl
import select
import socket
import struct
import sys
import termios
import threading
import time
import zlib


def pattern(length):
    return bytes((i * 7 + (i >> 8)) % 251 for i in range(length))


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def waiting(connection):
    """How many bytes have come and were not read."""
    number = array.array("i", [0])
    fcntl.ioctl(connection, termios.FIONREAD, number)
    return number[0]


class Peer:
    def __init__(self, address="127.0.0.1", port=0):
        self.address, self.port, self.fixed = address, port, port != 0
        self.over, self.open, self.others, self.lock = threading.Event(), set(), [], threading.Lock()

    def listen(self, address, port, backlog):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Small, and inherited by each connection, so that a sender is soon stuck.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        listener.bind((address, port))
        listener.listen(backlog)
        return listener

    def __enter__(self):
        self.listener = self.listen(self.address, self.port, 64)
        self.port = self.listener.getsockname()[1]
        # Bound, so that nobody else has it, and not listened at: refuses.
        refuser = socket.socket()
        refuser.bind((self.address, self.port + 1 if self.fixed else 0))
        self.refusing = refuser.getsockname()[1]
        self.others.append(refuser)
        self.silent = self.silence(self.address, self.port + 2 if self.fixed else 0)
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def silence(self, address, port):
        """Makes a port one that never answers: its queue is full. The port's number."""
        listener = self.listen(address, port, 0)
        port = listener.getsockname()[1]
        self.others.append(listener)
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((address, port))
            self.others.append(filler)
        time.sleep(0.1)
        return port

    def __exit__(self, *_):
        self.over.set()
        with self.lock:
            for connection in (self.listener, *self.others, *self.open):
                connection.close()

    def accept(self):
        while not self.over.is_set():
            try:
                if select.select([self.listener], [], [], 0.2)[0]:
                    connection = self.listener.accept()[0]
                    with self.lock:
                        self.open.add(connection)
                    threading.Thread(target=self.serve, args=(connection,), daemon=True).start()
            except (OSError, ValueError):
                return

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            line = b""
            while not line.endswith(b"\n"):
                byte = connection.recv(1)
                if not byte:
                    return
                line += byte
            word, *number = line.decode("ascii", "replace").split() or ["?"]
            getattr(self, "be_" + word)(connection, *map(int, number))
        except (OSError, AttributeError, TypeError, ValueError):
            pass                                                # reset by the port, or no command
        finally:
            connection.close()
            with self.lock:
                self.open.discard(connection)

    @staticmethod
    def until_end(connection):
        while connection.recv(65536):
            pass

    @staticmethod
    def be_echo(connection):
        while True:
            data = connection.recv(65536)
            if not data:
                return
            connection.sendall(data)

    def be_hold(self, connection, milliseconds):
        time.sleep(milliseconds / 1000)
        connection.sendall(b"x")
        self.until_end(connection)

    def be_time(self, connection):
        connection.sendall(b"%010d\n" % time.time())
        self.until_end(connection)

    def be_send(self, connection, length):
        connection.sendall(pattern(length))
        self.until_end(connection)

    def be_tiny(self, connection, length):
        for byte in pattern(length):
            connection.sendall(bytes((byte,)))
            time.sleep(0.001)
        self.until_end(connection)

    def be_last(self, connection, length):
        connection.sendall(pattern(length))
        connection.shutdown(socket.SHUT_WR)
        self.until_end(connection)

    def be_count(self, connection):
        length, summed = 0, zlib.adler32(b"")
        while True:
            data = connection.recv(65536)
            if not data:
                return
            counted, end, _ = data.partition(b"\xff")
            length, summed = length + len(counted), zlib.adler32(counted, summed)
            if end:
                connection.sendall(b"%d %d\n" % (length, summed))
                self.until_end(connection)
                return

    def be_sink(self, connection, seconds):
        seen, since = 0, time.monotonic()
        while not self.over.is_set() and (seen == 0 or time.monotonic() - since < seconds):
            time.sleep(0.05)
            if waiting(connection) != seen:
                seen, since = waiting(connection), time.monotonic()
        # From now on as fast as it goes: a window smaller than loopback's segments costs some tenths of a second each time.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        connection.sendall(b"r")
        self.be_count(connection)

    def be_silent(self, connection):
        # For as long as the port may want to be stuck; whether it has gone is not looked at.
        self.over.wait(120)

    @staticmethod
    def be_reset(connection):
        reset(connection)

    @staticmethod
    def be_leave(connection):
        connection.close()


def main():
    if len(sys.argv) > 3 or sys.argv[1:2] in (["-h"], ["--help"]):
        sys.exit(__doc__.strip())
    address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    with Peer(address, int(sys.argv[2]) if len(sys.argv) > 2 else 7000) as peer:
        print("CONFORMANCE_PEER %s %d\nCONFORMANCE_REFUSING %s %d\nCONFORMANCE_SILENT %s %d" % (
            address, peer.port, address, peer.refusing, address, peer.silent), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
