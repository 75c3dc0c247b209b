"""A person with a browser, as far as a program can be one: follows links, fills in forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = 20.0  # seconds
# A program's own name would rightly be taken for a bot's, whose visits bring nobody a commission.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Disappointed(Exception):
    """The page was not what the person had reason to expect; the message says what was there."""


@dataclass
class Form:
    """A form of a page: where it goes, and what it holds."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Visitor:
    """Pages and forms with the cookies of one browser; `page` is what is shown at the moment."""

    def __init__(self, home: str) -> None:
        self.home = home.rstrip("/")
        self.url = self.home + "/"
        self._session = requests.Session()
        self._session.headers["User-Agent"] = BROWSER
        self.page: requests.Response | None = None

    def visit(self, path: str, *, expect: int = 200) -> str:
        """Open a path of the site, or a whole URL; returns the page's text."""
        return self._show("GET", urljoin(self.url, path), None, expect)

    def submit(self, action: str, expect: int = 200, /, **values: str) -> str:
        """Fill in and send the form of the page whose action ends with `action`."""
        form = self.form(action)
        unknown = set(values) - set(form.fields)
        if unknown:
            raise Disappointed(f"The form {action} at {self.url} has no field {sorted(unknown)}.")
        return self.send(form, {**form.fields, **values}, expect)

    def send(self, form: Form, values: dict[str, str], expect: int = 200) -> str:
        """Send a form with these values."""
        return self._show(form.method, urljoin(self.url, form.action), values, expect)

    def form(self, action: str) -> Form:
        """The form of the page whose action's path ends with `action`."""
        for each in self.forms():
            if urlsplit(urljoin(self.url, each.action)).path.endswith(action):
                return each
        raise Disappointed(f"{self.url} has no form for {action}.")

    def forms(self) -> list[Form]:
        return forms_in(self.text)

    @property
    def text(self) -> str:
        return self.page.text if self.page is not None else ""

    def fetch(self, path: str) -> requests.Response:
        """A file of the site; raises Disappointed unless it is there."""
        answer = self._session.get(urljoin(self.url, path), timeout=TIMEOUT)
        if answer.status_code != 200:
            raise Disappointed(f"{path} answered {answer.status_code}.")
        return answer

    def _show(self, method: str, url: str, values: dict[str, str] | None, expect: int) -> str:
        # What a browser says of itself when a person acts on the page that is open.
        headers = {
            "Sec-Fetch-Site": "none" if method == "GET" else self._site_of(url),
            "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(self.url)),
            "Accept": "text/html",
        }
        if method == "GET":
            headers.pop("Origin")
        self.page = self._session.request(
            method, url, data=values, headers=headers, timeout=TIMEOUT
        )
        self.url = self.page.url
        if self.page.status_code != expect:
            raise Disappointed(
                f"{method} {url} answered {self.page.status_code}: {_words(self.page.text)[:400]}"
            )
        return self.page.text

    def _site_of(self, url: str) -> str:
        same = urlsplit(url).netloc == urlsplit(self.url).netloc
        return "same-origin" if same else "cross-site"


class _Forms(HTMLParser):
    """Collects forms with what a browser would send of them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            method = given.get("method", "get").upper()
            self._form = Form(action=given.get("action", ""), method=method)
            self.forms.append(self._form)
        if self._form is not None:
            self._take(self._form, tag, name, given)

    def _take(self, form: Form, tag: str, name: str, given: dict[str, str]) -> None:
        value = given.get("value", "")
        if tag == "button" or given.get("type") == "submit":
            form.buttons.append((name, value))
        elif tag == "input" and name and _is_sent(given):
            form.fields[name] = value
        elif tag in ("textarea", "select") and name:
            form.fields[name] = ""
            self._select = name if tag == "select" else None
        elif tag == "option" and self._select and ("selected" in given or self._fresh(form)):
            form.fields[self._select] = value

    def _fresh(self, form: Form) -> bool:
        """A browser chooses the first option where none is marked."""
        return not form.fields[self._select or ""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None


def _is_sent(given: dict[str, str]) -> bool:
    return given.get("type") not in ("checkbox", "radio") or "checked" in given


def forms_in(page: str) -> list[Form]:
    """The forms of an HTML page, in their order."""
    parser = _Forms()
    parser.feed(page)
    return parser.forms


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style", "head")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "head")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.extend(data.split())


def _words(page: str) -> str:
    parser = _Words()
    parser.feed(page)
    return " ".join(parser.words)
