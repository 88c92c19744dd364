"""A browser without scripts and pictures: it has cookies, follows redirects, and fills in forms.

It goes to the places that it is told of and to no other. A redirect that leads elsewhere ends the
way: :class:`Place` says where to, and with what. ``Browser(server.base)`` therefore stops at the
redirect URI of a client that does not exist at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import requests

from tests.factories.users import TestUser

_MOST_STEPS = 20
_TIMEOUT = 10
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass
class Form:
    """A form of a page: where it leads, its fields, and what it can be sent by."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str] | None] = field(default_factory=dict)
    sends_itself: bool = False


@dataclass(frozen=True)
class Place:
    """Where a browser is: ``status`` is None where it was sent to and did not go."""

    url: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str = ""
    posted: Mapping[str, str] | None = None
    ids: frozenset[str] = frozenset()
    forms: tuple[Form, ...] = ()

    @property
    def is_elsewhere(self) -> bool:
        return self.status is None

    @property
    def answer(self) -> dict[str, str]:
        """What came along: a posted form, else the fragment, else the query."""
        if self.posted is not None:
            return dict(self.posted)
        address, fragment = urldefrag(self.url)
        return dict(parse_qsl(fragment or urlsplit(address).query, keep_blank_values=True))

    @property
    def address(self) -> str:
        """The address without query and fragment."""
        return self.url.partition("#")[0].partition("?")[0]

    def form_with(self, element_id: str) -> Form:
        """The form in which the element stands. Raises AssertionError with what there is."""
        for form in self.forms:
            if element_id in form.buttons or element_id in form.names:
                return form
        raise AssertionError(f"There is no #{element_id} at {self.url} ({self.status}): {self.ids}")


class Browser:
    """``bases`` are the origins that it goes to. ``visited`` are all addresses, in order."""

    def __init__(self, *bases: str, languages: str = "en") -> None:
        self._bases = tuple(f"{base.rstrip('/')}/" for base in bases)
        self._session = requests.Session()
        self._session.headers["Accept-Language"] = languages
        self._session.headers["Accept"] = "text/html,*/*;q=0.8"
        self.visited: list[str] = []

    @property
    def cookies(self) -> requests.cookies.RequestsCookieJar:
        return self._session.cookies

    def go(self, url: str) -> Place:
        """Open an address, and follow where it leads."""
        return self._send("GET", url, None, None)

    def post(self, url: str, fields: Mapping[str, str], origin: str = "null") -> Place:
        """What a form on a page of somebody else does."""
        return self._send("POST", url, fields, origin)

    def press(self, place: Place, button: str, **values: str) -> Place:
        """Fill in fields by their element ids, and press the button with that id."""
        form = place.form_with(button)
        fields = form.fields | {form.names[name]: value for name, value in values.items()}
        pressed = form.buttons[button]
        return self._submit(place, form, fields | (dict([pressed]) if pressed else {}))

    def sign_in(self, place: Place, user: TestUser, password: str | None = None) -> Place:
        form = place.form_with("login-submit")
        # Whoever is asked for again has their name filled in already.
        known = {"username": user.email, "password": password or user.password}
        return self.press(
            place, "login-submit", **{name: known[name] for name in known if name in form.names}
        )

    def allow(self, place: Place) -> Place:
        return self.press(place, "consent-allow")

    def deny(self, place: Place) -> Place:
        return self.press(place, "consent-deny")

    def pass_through(self, place: Place, user: TestUser) -> Place:
        """Do what the pages of the server ask for, until none of them is there any more."""
        for _ in range(_MOST_STEPS):
            if "login-submit" in place.ids:
                place = self.sign_in(place, user)
            elif "consent-allow" in place.ids:
                place = self.allow(place)
            else:
                return place
            assert "error" not in place.ids, place.html
        raise AssertionError(f"There is no end of pages: {self.visited}")

    def authorize(self, url: str, user: TestUser) -> Place:
        """Open an address and sign in and agree as far as one is asked to."""
        return self.pass_through(self.go(url), user)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def _submit(self, place: Place, form: Form, fields: Mapping[str, str]) -> Place:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(place.url))
        if form.method == "get":
            query = requests.models.PreparedRequest()
            query.prepare_url(form.action, fields)
            return self._send("GET", str(query.url), None, None)
        return self._send("POST", form.action, fields, origin)

    def _send(
        self, method: str, url: str, fields: Mapping[str, str] | None, origin: str | None
    ) -> Place:
        for _ in range(_MOST_STEPS):
            self.visited.append(url)
            if not url.startswith(self._bases):
                return Place(url, posted=fields)
            response = self._session.request(
                method,
                url,
                data=fields,
                headers={"Origin": origin} if origin else None,
                allow_redirects=False,
                timeout=_TIMEOUT,
            )
            if response.status_code not in _REDIRECTS:
                return self._arrive(response, url)
            if response.status_code != 307:
                method, fields, origin = "GET", None, None
            url = _next(url, response.headers["Location"])
        raise AssertionError(f"There is no end of redirects: {self.visited}")

    def _arrive(self, response: requests.Response, url: str) -> Place:
        reader = _Reader(url)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            reader.feed(response.text)
        place = Place(
            url=url,
            status=response.status_code,
            headers=response.headers,
            html=response.text,
            ids=frozenset(reader.ids),
            forms=tuple(reader.forms),
        )
        for form in place.forms:
            if form.sends_itself:
                return self._submit(place, form, form.fields)
        return place


def _next(url: str, location: str) -> str:
    """A fragment stays where the redirect does not bring one (RFC 9110, section 10.2.2)."""
    target, fragment = urljoin(url, location), urldefrag(url).fragment
    return f"{target}#{fragment}" if fragment and "#" not in target else target


class _Reader(HTMLParser):
    """Finds the forms of a page; ``data-submit`` marks the one that a script of ours sends."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._in_form = False
        self.ids: list[str] = []
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "form":
            self._begin_form(given)
        elif self._in_form and tag in ("input", "button"):
            self._add(self.forms[-1], tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False

    def _begin_form(self, given: Mapping[str, str]) -> None:
        self._in_form = True
        self.forms.append(
            Form(
                method=given.get("method", "get").lower(),
                action=urljoin(self._url, given.get("action") or self._url),
                sends_itself="data-submit" in given,
            )
        )

    @staticmethod
    def _add(form: Form, tag: str, given: Mapping[str, str]) -> None:
        name, value = given.get("name"), given.get("value", "")
        if tag == "button" or given.get("type") == "submit":
            if given.get("type") != "button":
                form.buttons[given.get("id", "")] = (name, value) if name else None
        elif name:
            form.fields[name] = value
            form.names[given.get("id", name)] = name


def links(place: Place) -> Iterator[str]:
    """Where the links of a page lead."""
    reader = _Links()
    reader.feed(place.html)
    yield from (urljoin(place.url, found) for found in reader.found)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.found.append(target)
