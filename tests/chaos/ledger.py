"""Two of the three witnesses: what the producer was told, and what the bodies themselves did.

Neither asks PostgreSQL, the third, so that each can convict the others.
"""

import os
import struct
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from chassis.jobkinds import Job

FOLDER = "CHAOS_FOLDER"  # the variable that tells bodies where to write

# What, uid, process, job's id, run number, steady seconds, wall seconds; padded to 64 bytes.
_MARK = struct.Struct("<c16siqidd15x")
_WORDS = {b"s": "start", b"e": "end", b"x": "raise"}


class Mark(NamedTuple):
    """One step of one body. `steady` is CLOCK_MONOTONIC, one clock for the whole machine."""

    what: str
    uid: str
    pid: int
    job_id: int
    run_no: int
    steady: float
    wall: float


@contextmanager
def seen(job: Job) -> Iterator[None]:
    """Leave a mark at the start of a body and one at its end; both survive a kill -9."""
    _leave(b"s", job)
    try:
        yield
    except BaseException:
        _leave(b"x", job)
        raise
    _leave(b"e", job)


def _leave(what: bytes, job: Job) -> None:
    fence = (job.uid.bytes, os.getpid(), job.id, job.run_no)
    os.write(_marks_file(), _MARK.pack(what, *fence, time.monotonic(), time.time()))


_descriptors: dict[str, int] = {}


def _marks_file() -> int:
    """One descriptor a process: appending 64 bytes at once never mixes with others' records."""
    folder = os.environ[FOLDER]
    if folder not in _descriptors:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        _descriptors[folder] = os.open(Path(folder) / "marks", flags, 0o644)
    return _descriptors[folder]


def read_marks(folder: Path) -> list[Mark]:
    """Every body's marks, in the order they were written."""
    file = folder / "marks"
    raw = file.read_bytes() if file.exists() else b""
    whole = len(raw) - len(raw) % _MARK.size
    return [
        Mark(_WORDS[what], str(uuid.UUID(bytes=uid)), *rest)
        for what, uid, *rest in _MARK.iter_unpack(raw[:whole])
    ]


class Accepted(NamedTuple):
    """A job that the service has accepted; `key` is what it may run alone by, or empty."""

    uid: str
    kind: str
    key: str
    at: float  # wall seconds


class Ledger:
    """The producer's: a line is on the disk before anything else is made of an acceptance."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ledger"
        self._lock = threading.Lock()
        self._out = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)

    def note(self, accepted: list[Accepted]) -> None:
        lines = "".join(
            f"{each.uid} {each.kind} {each.key or '-'} {each.at:.6f}\n" for each in accepted
        )
        with self._lock:
            os.write(self._out, lines.encode())
            os.fsync(self._out)

    def read(self) -> list[Accepted]:
        rows = (line.split() for line in self._file.read_text().splitlines())
        return [
            Accepted(uid, kind, "" if key == "-" else key, float(at)) for uid, kind, key, at in rows
        ]

    def close(self) -> None:
        os.close(self._out)
