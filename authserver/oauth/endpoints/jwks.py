"""The JSON Web Key Set (RFC 7517, section 5)."""

from dataclasses import dataclass

from authserver.http.messages import HttpRequest, HttpResponse
from authserver.signing.service import SigningService


@dataclass(frozen=True)
class JwksEndpoint:
    """Constant bytes until a key comes or goes."""

    signing: SigningService
    max_age: int

    def __call__(self, request: HttpRequest) -> HttpResponse:
        headers = [
            ("Content-Type", "application/json"),
            ("Cache-Control", f"public, max-age={self.max_age}"),
        ]
        return HttpResponse(200, self.signing.jwks(), headers)
