"""Answers of the authorization endpoint, as a browser and the client behind it see them."""

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

REDIRECT_URI = "https://app.example/cb"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


@dataclass(frozen=True)
class AuthorizationAnswer:
    """An answer as the browser sees it, of a server with this issuer."""

    response: Any
    issuer: str

    @property
    def status(self) -> int:
        return int(self.response.status_code)

    @property
    def location(self) -> str | None:
        found: str | None = self.response.headers.get("Location")
        return found

    @property
    def text(self) -> str:
        return str(self.response.text)

    @property
    def page(self) -> str:
        """The path of the page of ours that comes next, if one does."""
        return urlsplit(self.location or "").path if self.is_step else ""

    @property
    def is_step(self) -> bool:
        return self.status == 303 and (self.location or "").startswith("/")

    @property
    def params(self) -> dict[str, str]:
        """What the redirect tells the client, each name once, in the query or in the fragment."""
        parts = urlsplit(self.location or "")
        pairs = parse_qsl(parts.query) + parse_qsl(parts.fragment)
        assert len(dict(pairs)) == len(pairs), f"repeated: {self.location}"
        return dict(pairs)

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the form on the page."""
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(self.text)}


def assert_error(answer: AuthorizationAnswer, error: str, state: str | None = "S") -> None:
    """``ER(error)``: the client is told by a redirect to where it registered, and nothing more."""
    assert answer.status == 303, (answer.status, answer.text)
    assert (answer.location or "").startswith((f"{REDIRECT_URI}?", f"{REDIRECT_URI}#"))
    said = answer.params
    assert (said["error"], said.get("state"), said["iss"]) == (error, state, answer.issuer)
    assert said.keys() <= {"error", "error_description", "state", "iss"}


def assert_error_page(answer: AuthorizationAnswer, *hostile: str) -> None:
    """``EP``: a page for the person, which leads nowhere and has no trace of what is hostile."""
    assert (answer.status, answer.location) == (400, None)
    assert answer.response.mimetype == "text/html"
    assert 'id="error"' in answer.text
    assert "Refresh" not in answer.response.headers
    assert not [trace for trace in hostile if trace in answer.text]
