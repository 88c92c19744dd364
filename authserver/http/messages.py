"""A request and a response, as the machine-to-machine endpoints see them: plain values.

Such an endpoint is a function from one to the other. It needs no framework, and costs none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import orjson

from authserver.actor import Actor
from authserver.errors import Invalid

MAX_BODY = 64 * 1024
JSON = "application/json"
# PEP 3333.
StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class BodyTooLargeError(Exception):
    """The body is larger than we read."""


@dataclass
class HttpRequest:
    """A request, over a WSGI environment."""

    environ: Mapping[str, Any]

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        return str(self.environ["PATH_INFO"])

    @property
    def query(self) -> str:
        return str(self.environ.get("QUERY_STRING", ""))

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return str(self.environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()

    @cached_property
    def body(self) -> bytes:
        """The body. Raises :class:`BodyTooLargeError` without reading all of it.

        Raises :class:`Invalid` when its framing is broken, or its sender has gone.
        """
        length = self.environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > MAX_BODY:
            raise BodyTooLargeError
        if not length.isdecimal() and not self.environ.get("wsgi.input_terminated"):
            return b""
        wanted = int(length) if length.isdecimal() else MAX_BODY + 1
        try:
            body = bytes(self.environ["wsgi.input"].read(wanted))
        except Exception as error:
            # What a server raises here has no kind of its own; it is never a fault of ours.
            raise Invalid(hint="The body could not be read.") from error
        if len(body) > MAX_BODY:
            raise BodyTooLargeError
        if length.isdecimal() and len(body) != int(length):
            # RFC 9112, section 8: who cuts a message off must not choose what it means.
            raise Invalid(hint="The body is shorter than its Content-Length.")
        return body

    @property
    def address(self) -> str:
        """The address of the caller, as far as we believe it."""
        return str(self.environ["authserver.address"])

    def header(self, name: str) -> str | None:
        """A header's value by its name in lower case, or None."""
        return self.environ.get(_variable(name))

    def actor(self, kind: str = "anonymous", subject: str | None = None) -> Actor:
        """Who made the request, as the audit record wants it."""
        return Actor(
            kind=kind,
            id=subject,
            address=self.address,
            request_id=self.environ["authserver.request_id"],
            user_agent=(self.header("user-agent") or "")[:255] or None,
        )

    def refuse_query(self) -> None:
        """Parameters come in the body only (RFC 6749, sections 2.3.1 and 3.2)."""
        if self.query:
            raise Invalid(hint="Send the parameters in the body, not in the query.")


@lru_cache(maxsize=64)
def _variable(name: str) -> str:
    """Where WSGI keeps a header (PEP 3333)."""
    return "HTTP_" + name.upper().replace("-", "_")


Headers = list[tuple[str, str]]


@dataclass
class HttpResponse:
    """A response; ``headers`` are what is particular to it."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=list)


NO_STORE: Headers = [("Cache-Control", "no-store"), ("Pragma", "no-cache")]


def json_response(
    status: int, members: Mapping[str, Any], headers: Headers | None = None
) -> HttpResponse:
    """A JSON object that nobody may store (RFC 6749, section 5.1)."""
    return HttpResponse(
        status,
        orjson.dumps(members),
        [("Content-Type", JSON), *NO_STORE, *(headers or [])],
    )


@dataclass(frozen=True)
class Endpoint:
    """A machine-to-machine endpoint. ``cors`` says whose scripts may call it: anybody's, those of
    registered and configured origins, or nobody's."""

    methods: tuple[str, ...]
    handle: Callable[[HttpRequest], HttpResponse]
    cors: Literal["any", "registered"] | None = None
