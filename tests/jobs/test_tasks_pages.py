"""`jobs.fetch_page`: what a host wishes comes first."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.errors import Invalid
from services.jobs.tasks import addresses, pages, robots, web
from services.jobs.tasks.pages import NotFetched, fetch_page
from tests.jobs.handling import UID, Services
from tests.jobs.web_server import Page, WebServer, web_server

HTML = {"Content-Type": "text/html; charset=utf-8"}
HOME = b"""<!doctype html><html><head><title>Caf\xc3\xa9 &amp; Club</title>
<style>p {color: red}</style><script>var a = "<p>no text</p>"</script></head>
<body><h1>Welcome</h1><p>Come <b>in</b>!<svg><title>icon</title></svg>
<a href="/about#team">About</a> <a href="about">us</a> <a href="mailto:a@b.test">Mail</a>
<a href="https://other.test/">Other</a></body></html>"""


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made; nobody waits for them."""
    pauses: list[float] = []
    monkeypatch.setattr(pages, "pause", pauses.append)
    return pauses


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, waited: list[float]) -> Iterator[WebServer]:
    robots.forget()
    with web_server() as server:
        monkeypatch.setenv("MEMBERHALL_MODE", "sandbox")
        monkeypatch.setenv("MEMBERHALL_NODE_SANDBOX_HOSTS", server.host)
        server.pages["/"] = Page(body=HOME, headers=HTML)
        yield server
    robots.forget()


def run(site: WebServer, path: str = "/", services: Services | None = None, **more: Any) -> Any:
    args = {"url": site.url(path), "host": "127.0.0.1"} | more
    return fetch_page((services or Services()).job("jobs.fetch_page", args))


def wish(site: WebServer, *lines: str) -> None:
    site.pages["/robots.txt"] = Page(body="\n".join(lines).encode())


def test_a_page_is_told_in_short(site: WebServer, waited: list[float]) -> None:
    assert run(site) == {
        "url": site.url("/"),
        "allowed": True,
        "status": 200,
        "redirect": None,
        "content_type": "text/html",
        "title": "Café & Club",
        "text": "Welcome Come in! About us Mail Other",
        "links": 2,
        "is_cut": False,
        "document": None,
    }
    assert site.paths() == ["/robots.txt", "/"]
    assert {seen.headers["User-Agent"] for seen in site.seen} == {"Memberhall"}
    assert waited == [1.0]


def test_what_robots_may_not_see_is_not_asked_for(site: WebServer, waited: list[float]) -> None:
    wish(site, "User-agent: *", "Disallow: /private")
    assert run(site, "/private/x") == {"url": site.url("/private/x"), "allowed": False}
    assert site.paths() == ["/robots.txt"]


def test_wishes_that_name_us_come_before_those_for_all(site: WebServer) -> None:
    wish(site, "User-agent: memberhall", "Disallow: /", "", "User-agent: *", "Allow: /")
    assert run(site)["allowed"] is False


def test_wishes_with_wildcards_count_and_the_longest_match_decides(site: WebServer) -> None:
    wish(site, "User-agent: *", "Disallow: /*.pdf$", "Disallow: /shop", "Allow: /shop/open")
    site.pages["/shop/open"] = site.pages["/"]
    answers = {path: run(site, path).get("allowed", True) for path in ("/a.pdf", "/shop/x")}
    assert answers == {"/a.pdf": False, "/shop/x": False}
    assert run(site, "/shop/open")["status"] == 200


def test_jobs_of_a_host_take_turns_and_end_with_the_pause_it_wishes(
    site: WebServer, waited: list[float]
) -> None:
    wish(site, "User-agent: *", "Crawl-delay: 7")
    run(site)
    assert waited == [7.0]
    declared = fetch_page.__job_kind__  # type: ignore[attr-defined]
    assert (declared.concurrency.key, declared.concurrency.limit) == (("host",), 1)


def test_the_pause_is_made_after_a_failure_too(site: WebServer, waited: list[float]) -> None:
    site.pages["/"] = Page(503)
    with pytest.raises(NotFetched, match="answered 503"):
        run(site)
    assert waited == [1.0]


def test_a_rate_is_a_pause_as_well(site: WebServer, waited: list[float]) -> None:
    wish(site, "User-agent: *", "Request-rate: 1/20")
    run(site)
    assert waited == [20.0]


def test_a_host_that_wishes_for_little_haste_is_left_alone(site: WebServer) -> None:
    wish(site, "User-agent: *", "Crawl-delay: 3600")
    with pytest.raises(NotFetched, match=r"127\.0\.0\.1 wishes for a pause of 3600 s"):
        run(site)
    assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_while_a_hosts_wishes_cannot_be_had_nothing_is_fetched(
    site: WebServer, status: int
) -> None:
    site.pages["/robots.txt"] = Page(status)
    with pytest.raises(web.Unanswered, match="wishes are not known"):
        run(site)
    assert site.paths() == ["/robots.txt"]

    wish(site, "User-agent: *", "Allow: /")
    assert run(site)["status"] == 200, "a failure is not remembered"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_host_without_wishes_allows_everything(site: WebServer, status: int) -> None:
    site.pages["/robots.txt"] = Page(status, b"User-agent: *\nDisallow: /")
    assert run(site)["status"] == 200


def test_wishes_are_remembered_for_the_next_page(site: WebServer) -> None:
    run(site)
    run(site)
    assert site.paths() == ["/robots.txt", "/", "/"]


def test_wishes_that_have_moved_are_followed(site: WebServer) -> None:
    site.pages["/robots.txt"] = Page(301, headers={"Location": "/wishes.txt"})
    site.pages["/wishes.txt"] = Page(body=b"\xef\xbb\xbfUser-agent: *\nDisallow: /")
    assert run(site)["allowed"] is False


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00garbage", b"", b"Disallow /\nUser-agent", b"<html>"]
)
def test_wishes_that_cannot_be_read_are_none(site: WebServer, body: bytes) -> None:
    site.pages["/robots.txt"] = Page(body=body)
    assert run(site)["status"] == 200


def test_endless_wishes_are_read_to_their_bound(site: WebServer) -> None:
    def endless() -> Iterator[bytes]:
        yield b"User-agent: *\nDisallow: /\n"
        while True:
            yield b"# and so on\n" * 1_000

    site.pages["/robots.txt"] = Page(part_by_part=endless)
    assert run(site)["allowed"] is False


def test_a_redirect_on_the_host_is_followed_within_its_wishes(
    site: WebServer, waited: list[float]
) -> None:
    site.pages["/old"] = Page(301, headers={"Location": "/"})
    assert run(site, "/old")["title"] == "Café & Club"
    assert waited == [1.0, 1.0]

    robots.forget()
    wish(site, "User-agent: *", "Disallow: /private")
    site.pages["/old"] = Page(302, headers={"Location": "/private"})
    assert run(site, "/old")["allowed"] is False
    assert "/private" not in site.paths()


def test_a_redirect_to_another_host_is_told_and_left_to_another_job(site: WebServer) -> None:
    site.pages["/"] = Page(301, headers={"Location": "http://169.254.169.254/latest"})
    told = run(site)
    assert (told["status"], told["redirect"]) == (301, "http://169.254.169.254/latest")


def test_a_redirect_to_another_door_of_this_machine_is_refused(site: WebServer) -> None:
    site.pages["/"] = Page(301, headers={"Location": "http://127.0.0.1:1/"})
    with pytest.raises(addresses.Forbidden):
        run(site)


def test_redirects_in_a_circle_come_to_an_end(site: WebServer) -> None:
    site.pages["/"] = Page(302, headers={"Location": "/"})
    assert run(site)["status"] == 302
    assert site.paths().count("/") == 4


@pytest.mark.parametrize("status", [404, 410, 401])
def test_a_page_that_is_gone_is_a_result(site: WebServer, status: int) -> None:
    site.pages["/"] = Page(status, b"gone", {"Content-Type": "text/plain"})
    assert (run(site)["status"], run(site)["text"]) == (status, "gone")


def test_a_long_text_becomes_the_jobs_document(site: WebServer) -> None:
    text = "word " * 1_000
    site.pages["/"] = Page(body=f"<p>{text}</p>".encode(), headers=HTML)
    services = Services(jobs__store_document=None)
    told = run(site, services=services)
    assert (told["document"], len(told["text"])) == ("page.txt", 2_000)
    [(name, document)] = services.asked
    assert name == "jobs.store_document"
    assert (document["uid"], document["name"]) == (str(UID), "page.txt")
    assert document["content_type"] == "text/plain; charset=utf-8"
    assert base64.b64decode(document["content"]).decode() == text.strip()


def test_a_page_without_end_is_cut(site: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"<p>word</p>" * 1_000

    monkeypatch.setattr(pages, "MOST_BYTES", 100_000)
    site.pages["/"] = Page(headers=HTML, part_by_part=endless)
    told = run(site, services=Services(jobs__store_document=None))
    assert (told["is_cut"], told["status"]) == (True, 200)


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "video/mp4"])
def test_what_is_no_page_is_not_read(site: WebServer, kind: str) -> None:
    site.pages["/"] = Page(body=b"x" * 100_000, headers={"Content-Type": kind})
    told = run(site)
    assert (told["content_type"], told["text"], told["is_cut"]) == (kind, "", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "other.test"},
        {"host": ""},
        {"url": "http://other.test/"},
        {"url": None},
        {"depth": 3},
    ],
)
def test_the_host_that_jobs_take_turns_by_is_the_urls(
    site: WebServer, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        run(site, **wrong)
    assert site.seen == []
