"""Request objects as a client writes them, and what is read of that client."""

from dataclasses import dataclass, field

from tests.attacks.forgery import compact
from tests.support.client_keys import ClientKey, key_set

ISSUER = "https://id.example"
URI = "https://app.example/request.jwt"
KEY = ClientKey()
SECRET = "a-secret-of-the-client-with-enough-letters"


@dataclass(frozen=True)
class Registered:
    """What is read of a client."""

    client_id: str = "web"
    jwks: dict | None = field(default_factory=lambda: key_set(KEY))
    jwks_uri: str | None = None
    request_object_signing_alg: str | None = None
    require_signed_request_object: bool = False
    request_uris: tuple[str, ...] = (URI,)


class Secrets:
    """The secrets of a client, as far as they can be read."""

    def plain_secrets(self, client):
        return (SECRET,)


@dataclass
class Outside:
    """The server of a client."""

    content: bytes = b""
    failure: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def get(self, url: str, accept: str = "") -> bytes:
        self.asked.append(url)
        if self.failure is not None:
            raise self.failure
        return self.content


def signed(key=KEY, typ=None, **claims):
    return key.sign(claims, typ=typ)


def unsigned(**claims):
    return compact({"alg": "none"}, claims)
