"""One strict parser of forms, before anything else sees the request (RFC 6749, appendix B).

The form alone counts, each parameter once, in UTF-8, without control characters. What two readers
could understand differently is refused: a proxy that checks the first of two values and a server
that uses the second do not speak of the same request.
"""

import re
from collections import defaultdict
from urllib.parse import unquote_to_bytes

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request

from authserver.clients.metadata import Client
from authserver.errors import Invalid
from authserver.http.messages import HttpRequest

FORM = "application/x-www-form-urlencoded"
MAX_PARAMETERS = 2000
# RFC 8707, section 2 lets a client name several resources.
REPEATABLE = frozenset({"resource"})
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
CONTROL = re.compile("[\x00-\x1f\x7f]")


class Form(OAuth2Payload):  # type: ignore[misc]
    """The parameters of a form; those without a value count as left out (RFC 6749, 3.1)."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        self._values = values
        self._first = {name: found[0] for name, found in values.items()}

    @property
    def data(self) -> dict[str, str]:
        return self._first

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._values

    def get(self, name: str) -> str | None:
        """The value of a parameter, or None."""
        return self._first.get(name)

    def all(self, name: str) -> list[str]:
        """The values of a parameter that may be repeated."""
        return self._values.get(name, [])

    def require(self, name: str) -> str:
        """The value of a parameter. Raises :class:`Invalid` when it is left out."""
        value = self.get(name)
        if value is None:
            raise Invalid(hint=f"The parameter {name} is missing.")
        return value


class ProtocolRequest(OAuth2Request):  # type: ignore[misc]
    """Authlib's request over ours, parsed once.

    Authlib's own constructor is left out: it looks at the scheme of the URL, which behind a proxy
    says nothing, and raises outside of every handler.
    """

    def __init__(self, http: HttpRequest, form: Form) -> None:
        self.http = http
        self.method = http.method
        self.payload = form
        self.client: Client | None = None
        self.auth_method: str | None = None

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


def parse_form(http: HttpRequest) -> Form:
    """The parameters of a POST. Raises :class:`Invalid`."""
    http.refuse_query()
    body = http.body
    if http.content_type != FORM:
        raise Invalid(hint=f"Send the parameters as {FORM}.")
    values = parse_parameters(body)
    for name, found in values.items():
        if len(found) > 1 and name not in REPEATABLE:
            raise Invalid(hint="Each parameter may be sent once.")
    return Form({name: present for name, found in values.items() if (present := _present(found))})


def _present(values: list[str]) -> list[str]:
    return [value for value in values if value]


def parse_parameters(body: bytes) -> dict[str, list[str]]:
    """All values by name, from a form or a query. Raises :class:`Invalid`."""
    if body.count(b"&") >= MAX_PARAMETERS:
        raise Invalid(hint=f"Send at most {MAX_PARAMETERS} parameters.")
    if _BROKEN_ESCAPE.search(body):
        raise Invalid(hint="A percent sign must begin an escape such as %25.")
    values: dict[str, list[str]] = defaultdict(list)
    for pair in filter(None, body.split(b"&")):
        name, _, value = pair.partition(b"=")
        values[_decode(name)].append(_decode(value))
    return values


def _decode(text: bytes) -> str:
    try:
        decoded = unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(hint="The parameters must be UTF-8.") from error
    if CONTROL.search(decoded):
        raise Invalid(hint="Control characters are not allowed.")
    return decoded
