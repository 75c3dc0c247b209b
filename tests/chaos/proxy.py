"""A TCP proxy whose weather can be changed while it runs: slow, jittery, torn, silent or gone."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")

CHUNK = 65_536
LOOK_SECONDS = 0.05  # how soon a change of the weather is felt
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST instead of FIN


@dataclass(frozen=True)
class Weather:
    """What happens to bytes on their way, in both directions.

    `delay` and `jitter` in seconds a chunk; `resets` is the chance of a connection to be reset in
    each second of its life; `slice` the most bytes written at once, 0 for any number. `silent`:
    nothing passes and nobody is told, as when a cable is pulled (half-open connections). `refuses`:
    new connections are closed at once.
    """

    delay: float = 0.0
    jitter: float = 0.0
    resets: float = 0.0
    slice: int = 0
    silent: bool = False
    refuses: bool = False


FAIR = Weather()


class Link:
    """One listening port in front of one server."""

    def __init__(self, name: str, port: int, target: int, chance: random.Random) -> None:
        self.name, self.port, self.target = name, port, target
        self.weather = FAIR
        self._chance = chance
        self._open: set[asyncio.StreamWriter] = set()

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=CHUNK)

    async def cut(self) -> None:
        """Reset whatever is open."""
        for writer in list(self._open):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._spoken_to()
            there = await asyncio.open_connection("127.0.0.1", self.target, limit=CHUNK)
        except OSError:
            _reset(writer)
            return
        both = {writer, there[1]}
        self._open |= both
        ways = [self._carry(reader, there[1]), self._carry(there[0], writer), self._strike(both)]
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= both
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for each in both:
                each.close()

    async def _spoken_to(self) -> None:
        """Raise OSError where connections are refused."""
        await self._silence()
        if self.weather.refuses:
            raise ConnectionRefusedError(self.name)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await self._read(reader):
                if pause := self.weather.delay + self._chance.random() * self.weather.jitter:
                    await asyncio.sleep(pause)
                await self._write(writer, data)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """The next bytes; neither they nor the end of them get through a silence."""
        try:
            return await reader.read(CHUNK)
        finally:
            await self._silence()

    async def _silence(self) -> None:
        while self.weather.silent:  # noqa: ASYNC110 - set by a thread, which can wake nobody here
            await asyncio.sleep(LOOK_SECONDS)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        step = self.weather.slice or len(data)
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()

    def _danger(self) -> float:
        """The chance of a reset in the time between two looks."""
        return self.weather.resets * LOOK_SECONDS

    async def _strike(self, both: set[asyncio.StreamWriter]) -> None:
        """End the connection by a reset when chance wants it."""
        while self._chance.random() >= self._danger():  # noqa: ASYNC110 - chance wakes nobody
            await asyncio.sleep(LOOK_SECONDS)
        for writer in both:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket | None = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


class Proxy:
    """All links in one thread with a loop of its own."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._servers: list[asyncio.Server] = []

    def start(self) -> None:
        self._thread.start()

    def link(self, name: str, port: int, target: int) -> Link:
        """Listen on `port` and pass on to `target`, both of the loopback interface."""
        link = Link(name, port, target, random.Random(f"{self._seed} {name}"))
        self._servers.append(self._do(link.listen()))
        return link

    def cut(self, link: Link) -> None:
        self._do(link.cut())

    def stop(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        mine = asyncio.current_task()
        rest = [task for task in asyncio.all_tasks() if task is not mine]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
