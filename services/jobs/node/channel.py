"""Messages between an agent and a worker: JSON in marked frames on a socket.

A handler runs beside the worker's end and may write anything into it. The agent therefore never
waits for the rest of a message, believes no length that it has not checked, and unpickles nothing.
"""

import contextlib
import json
import socket
import struct
from typing import Any

_MARK = b"MJ1\n"
_HEAD = struct.Struct("<4sI")
_MOST = 64 * 1024 * 1024  # bytes in one message
_PIECE = 262_144


class Garbled(Exception):
    """What arrived was not written by the other side's channel."""


class Channel:
    """One end. Sending waits for the other side; `received` never waits, `receive` does."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._bytes = bytearray()
        self.is_ended = False

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: object) -> None:
        """Raises OSError when the other side is gone or does not read."""
        body = json.dumps(message, separators=(",", ":")).encode()
        self._socket.sendall(_HEAD.pack(_MARK, len(body)) + body)

    def receive(self) -> Any:
        """Wait for one message; raises EOFError when there will be none."""
        while (message := self._next()) is None:
            if not self._read(0):
                raise EOFError
        return message

    def received(self) -> list[Any]:
        """The whole messages that are there; `is_ended` tells when there will be no more."""
        with contextlib.suppress(BlockingIOError):
            while not self.is_ended and self._read(socket.MSG_DONTWAIT) == _PIECE:
                pass
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def end(self) -> None:
        """Send nothing more; what the other side still tells can be read."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()

    def _read(self, flags: int) -> int:
        try:
            piece = self._socket.recv(_PIECE, flags)
        except ConnectionResetError:
            piece = b""
        self._bytes += piece
        self.is_ended = not piece
        return len(piece)

    def _next(self) -> Any:
        if len(self._bytes) < _HEAD.size:
            return None
        mark, length = _HEAD.unpack_from(self._bytes)
        if mark != _MARK or length > _MOST:
            raise Garbled(f"a message begins with {bytes(self._bytes[:16])!r}")
        end = _HEAD.size + length
        if len(self._bytes) < end:
            return None
        body = bytes(self._bytes[_HEAD.size : end])
        del self._bytes[:end]
        try:
            return json.loads(body)
        except ValueError as error:
            raise Garbled(str(error)) from error
