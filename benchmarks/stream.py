"""A web socket as a browser opens it, just enough of it to ask a dashboard on loopback and to hear it out."""

import base64
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

_PATIENCE: Final = 120
_BINARY: Final = 0x82
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127
_MASKED: Final = 0x80
_SHORT: Final = 1 << 16


@dataclass(frozen=True)
class Stream:
    """An open web socket."""

    connection: socket.socket

    def send(self, message: bytes) -> None:
        """Send one message; what a client sends is masked."""
        length = len(message)
        if length < _LENGTH_16:
            head = struct.pack("!BB", _BINARY, _MASKED | length)
        elif length < _SHORT:
            head = struct.pack("!BBH", _BINARY, _MASKED | _LENGTH_16, length)
        else:
            head = struct.pack("!BBQ", _BINARY, _MASKED | _LENGTH_64, length)
        self.connection.sendall(
            head + bytes(4) + message
        )  # masked with zeros, which changes nothing

    def receive(self) -> bytes:
        """The next message, whole; what only keeps the connection alive is passed over."""
        message = b""
        while True:
            first, second = self._read(2)
            length = second & ~_MASKED
            if length == _LENGTH_16:
                (length,) = struct.unpack("!H", self._read(2))
            elif length == _LENGTH_64:
                (length,) = struct.unpack("!Q", self._read(8))
            part, kind = self._read(length), first & 0x0F
            if kind in {0, 1, 2}:
                message += part
                if first & 0x80:
                    return message

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            part = self.connection.recv(min(count, 1 << 20))
            if not part:
                raise ConnectionError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


@contextmanager
def opened(port: int, path: str) -> Iterator[Stream]:
    """A web socket to a server on loopback."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: localhost:{port}",
            f"Origin: http://localhost:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        connection.sendall("\r\n".join((*lines, "", "")).encode("ascii"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise ConnectionError(head.decode("latin-1"))
        yield Stream(connection)
