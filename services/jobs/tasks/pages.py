"""`jobs.fetch_page`: a page of the web, fetched as politely as its host wishes."""

import time
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

from marshmallow import fields

from chassis import shapes
from chassis.errors import Invalid
from chassis.jobkinds import Backoff, Concurrency, Job, kind
from chassis.shapes import Shape
from services.jobs.tasks import documents, robots, web
from services.jobs.tasks.addresses import check_url
from services.jobs.tasks.markup import Page, decoded

MOST_BYTES = 2_000_000
READABLE = ("text/html", "application/xhtml+xml", "text/plain")
EXCERPT = 2_000  # characters of text that the result has; more of it becomes the job's document
TITLE = 300  # characters
PATIENCE = 20.0  # seconds
HOPS = 3  # redirects
LONGEST_PAUSE = 30.0  # seconds

pause = time.sleep


class NotFetched(Exception):
    """The host cannot give the page now, or wishes for less haste than a job has."""


class FetchPage(Shape):
    """Which page; `host` is the URL's, and what makes jobs of one host take turns."""

    url = fields.String(required=True)
    host = fields.String(required=True)


@kind(
    "jobs.fetch_page",
    timeout=300,
    attempts=4,
    backoff=Backoff(base=30, factor=4, cap=3_600),
    priority=3,
    queue_size=1,
    concurrency=Concurrency(key=("host",), limit=1),
)
def fetch_page(job: Job) -> dict[str, Any]:
    """Fetch a page if its host's robots.txt allows it; see `FetchPage`.

    One job a host runs at a time in the whole cluster, and each ends with the pause that the host
    wishes (a second, if it says nothing): that is what keeps jobs of a host apart, whichever node
    runs them. Redirects are followed on the same host only; elsewhere other rules hold, and a job
    for that host can be enqueued. A host that wishes for more than 30 seconds is left alone.

    Returns `{url, allowed, status, redirect, content_type, title, text, links, is_cut, document}`:
    `text` the first 2,000 characters, `links` how many other addresses it names. A longer text is
    the job's document, as plain text: a stranger's markup has no place on our own site. 429 and 5xx
    fail the attempt; any other status is a result.
    """
    request = shapes.load(FetchPage(), job.args)
    if check_url(request["url"]).lower() != request["host"].lower():
        raise Invalid("host_differs", "The host is not the URL's.", {"/host": ["is not the URL's"]})
    answer = _visit(request["url"])
    if answer is None:
        return {"url": request["url"], "allowed": False}
    if answer.status == 429 or answer.status >= 500:
        raise NotFetched(f"{answer.url} answered {answer.status}")
    return _told(job, answer)


def _visit(url: str) -> web.Answer | None:
    """The answer of the last address on the same host; None where a robot may not look."""
    host = urlsplit(url).hostname
    for hop in range(HOPS + 1):
        rules = robots.rules_for(url)
        if rules.pause > LONGEST_PAUSE:
            raise NotFetched(f"{host} wishes for a pause of {rules.pause:g} s between requests")
        if not rules.allows(url):
            return None
        try:
            answer = web.ask("GET", url, seconds=PATIENCE, most=MOST_BYTES, kinds=READABLE)
        finally:
            pause(rules.pause)
        if answer.target is None or urlsplit(answer.target).hostname != host or hop == HOPS:
            break
        url = answer.target
    return answer


def _told(job: Job, answer: web.Answer) -> dict[str, Any]:
    kind_of_body, charset = _content_type(answer)
    body = decoded(answer.body, charset)
    page = Page(answer.url, body) if kind_of_body != "text/plain" else None
    text = page.text if page else body.replace("\x00", "\ufffd")
    is_long = len(text) > EXCERPT
    if is_long:
        documents.store(job, "page.txt", "text/plain; charset=utf-8", text.encode())
    return {
        "url": answer.url,
        "allowed": True,
        "status": answer.status,
        "redirect": answer.target,
        "content_type": kind_of_body,
        "title": page.title[:TITLE] if page else "",
        "text": text[:EXCERPT],
        "links": len(page.links) if page else 0,
        "is_cut": answer.is_cut,
        "document": "page.txt" if is_long else None,
    }


def _content_type(answer: web.Answer) -> tuple[str, str | None]:
    header = Message()
    header["Content-Type"] = answer.headers.get("Content-Type", "application/octet-stream")
    return header.get_content_type(), header.get_content_charset()
