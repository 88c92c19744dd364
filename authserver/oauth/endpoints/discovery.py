"""Discovery (RFC 8414; OpenID Connect Discovery 1.0, section 4)."""

from dataclasses import dataclass

from authserver.http.messages import HttpRequest, HttpResponse


@dataclass(frozen=True)
class DiscoveryEndpoint:
    """One document under two addresses."""

    document: bytes

    def __call__(self, request: HttpRequest) -> HttpResponse:
        headers = [("Content-Type", "application/json"), ("Cache-Control", "public, max-age=300")]
        return HttpResponse(200, self.document, headers)
