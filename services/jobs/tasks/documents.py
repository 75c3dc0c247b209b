"""Keeping a file that a job made: the jobs service stores it under the job's uid."""

import base64

from chassis.jobkinds import Job

MOST_BYTES = 10_000_000


class TooLarge(Exception):
    """What was to be written has outgrown what is kept; the message says by which measure."""


def store(job: Job, name: str, content_type: str, content: bytes) -> None:
    """Keep the file; of a job that makes one in every run, the last one stays."""
    if len(content) > MOST_BYTES:
        raise TooLarge(f"{name} has {len(content)} bytes, at most {MOST_BYTES} are kept")
    job.call(
        "jobs",
        "store_document",
        uid=str(job.uid),
        name=name,
        content_type=content_type,
        content=base64.b64encode(content).decode("ascii"),
    )
