"""The parameters of an authorization request, from a query or a form (RFC 6749, section 3.1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from authserver.errors import Invalid
from authserver.http.messages import HttpRequest
from authserver.oauth.requests import FORM, REPEATABLE, parse_parameters

# To whom an answer may go depends on these: of two of them nobody can tell which one counts.
_DECISIVE = ("client_id", "redirect_uri", "request", "request_uri")

# It comes back in an address, where servers and proxies read about eight thousand letters.
_MAX_STATE = 4096


@dataclass(frozen=True)
class Parameters:
    """What was sent; ``repeated`` names what must not be sent twice and was."""

    values: Mapping[str, str]
    resources: tuple[str, ...]
    repeated: frozenset[str]

    def get(self, name: str) -> str | None:
        return self.values.get(name)


def query_parameters(http: HttpRequest) -> Parameters:
    """Raises :class:`Invalid` for what cannot be read at all."""
    return read_parameters(http.query.encode("latin-1", errors="replace"))


def form_text(http: HttpRequest) -> bytes:
    """The form of a POST as it was sent. Raises :class:`Invalid`."""
    http.refuse_query()
    if http.content_type != FORM:
        raise Invalid(hint=f"Send the parameters as {FORM}.")
    return http.body


def read_parameters(text: bytes) -> Parameters:
    """Those without a value count as left out. Raises :class:`Invalid`."""
    sent = parse_parameters(text)
    repeated = {name for name, values in sent.items() if len(values) > 1 and name not in REPEATABLE}
    if not repeated.isdisjoint(_DECISIVE):
        raise Invalid(hint="Send client_id, redirect_uri, request and request_uri once.")
    if len(sent.get("state", [""])[0]) > _MAX_STATE:
        raise Invalid(hint="state has at most 4096 letters.")
    resources = tuple(filter(None, sent.pop("resource", ())))
    values = {name: present[0] for name, present in sent.items() if present[0]}
    return Parameters(values, resources, frozenset(repeated))
