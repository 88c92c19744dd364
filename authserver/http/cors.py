"""Cross-origin requests (the Fetch standard): who may call which endpoint from a browser.

Never with credentials: our endpoints know no cookie. What is meant for everybody says ``*``;
the rest answers to the origins of registered clients, in errors as well.
"""

from collections.abc import Callable
from dataclasses import dataclass

from authserver.errors import Unavailable
from authserver.http.messages import Endpoint, Headers, HttpRequest, HttpResponse

_PREFLIGHT_MAX_AGE = "600"
_ALLOWED_HEADERS = "authorization, content-type, dpop"
_EXPOSED_HEADERS = "www-authenticate, retry-after, ratelimit, ratelimit-policy, x-request-id"


@dataclass(frozen=True)
class Cors:
    """The policy; ``is_registered`` tells whether an origin is that of a client of ours."""

    is_registered: Callable[[str], bool]

    def headers(self, endpoint: Endpoint, request: HttpRequest) -> Headers:
        """What an answer of the endpoint carries."""
        if endpoint.cors == "any":
            return [("Access-Control-Allow-Origin", "*")]
        if endpoint.cors is None:
            return []
        origin = request.header("origin")
        if not origin or not self._is_known(origin):
            return [("Vary", "Origin")]
        return [
            ("Vary", "Origin"),
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", _EXPOSED_HEADERS),
        ]

    def preflight(self, endpoint: Endpoint, request: HttpRequest) -> HttpResponse:
        """The answer to OPTIONS; a stranger gets one that allows nothing.

        The front door adds to it what every answer carries.
        """
        headers = [("Allow", ", ".join(endpoint.methods))]
        names = [name for name, _ in self.headers(endpoint, request)]
        if "Access-Control-Allow-Origin" in names:
            headers += [
                ("Access-Control-Allow-Methods", ", ".join(endpoint.methods)),
                ("Access-Control-Allow-Headers", _ALLOWED_HEADERS),
                ("Access-Control-Max-Age", _PREFLIGHT_MAX_AGE),
            ]
        return HttpResponse(204, b"", headers)

    def _is_known(self, origin: str) -> bool:
        """Whose registration cannot be read is a stranger: the answer itself must not fail."""
        try:
            return self.is_registered(origin)
        except Unavailable:
            return False
