"""Where a run lives: a folder that PostgreSQL's user can reach, and a disk that can be filled."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

DISK = "700m"  # room for ten minutes of jobs, and little enough to fill


@contextmanager
def private_folder(
    *, small_disk: bool, say: Callable[[str], None]
) -> Iterator[tuple[Path, Path | None]]:
    """The run's folder, and PostgreSQL's on a disk of its own, None where there can be none."""
    folder = Path(tempfile.mkdtemp(prefix="memberhall-chaos-"))
    folder.chmod(0o711)
    disk = _mount(folder / "disk", say) if small_disk else None
    try:
        yield folder, disk
    finally:
        if disk:
            subprocess.run(["umount", "--lazy", str(disk)], check=False)
        if os.environ.get("CHAOS_KEEP"):
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _mount(place: Path, say: Callable[[str], None]) -> Path | None:
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0755", "chaos", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return place
    say(f"no small disk for PostgreSQL: {done.stderr.strip()}")
    return None
