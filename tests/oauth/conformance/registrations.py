"""Clients that register themselves, as the suite lets its own do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.factories.clients import TestClient
from tests.support.client_keys import JWT_BEARER, ClientKey, assertion_claims, key_set
from tests.support.conformance import REDIRECT_URI, Party
from tests.support.provider import Provider


@dataclass(frozen=True)
class Registrar:
    """Registers clients of one response type that authenticate by ``private_key_jwt``."""

    provider: Provider
    key: ClientKey
    response_type: str

    def post(self, **metadata: Any) -> Any:
        """The answer to a registration; a value of None is left out."""
        words = set(self.response_type.split())
        grants = ["authorization_code", "refresh_token"] if "code" in words else []
        grants += ["implicit"] if words & {"token", "id_token"} else []
        values = {
            "client_name": "The suite",
            "contacts": ["certification@example.com"],
            "redirect_uris": [REDIRECT_URI],
            "grant_types": grants,
            "response_types": [self.response_type],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": key_set(self.key),
        } | metadata
        sent = {name: value for name, value in values.items() if value is not None}
        return self.provider.server.client().post("/oauth2/register", json=sent)

    def party(self, redirect_uri: str = REDIRECT_URI, **metadata: Any) -> Party:
        """The client that a registration makes."""
        answer = self.post(redirect_uris=[redirect_uri], **metadata)
        assert answer.status_code == 201, answer.text
        client = TestClient(answer.json["client_id"], answer.json.get("client_secret"))
        return Party(
            self.provider,
            client,
            self.response_type,
            redirect_uri=redirect_uri,
            authenticate=lambda: self.assertion(client),
        )

    def assertion(
        self, client: TestClient, key: ClientKey | None = None, **claims: Any
    ) -> Mapping[str, str]:
        """What the client sends to authenticate (RFC 7523, section 2.2)."""
        said = assertion_claims(client.client_id, **({"aud": self.provider.issuer} | claims))
        signed = (key or self.key).sign(said)
        return {"client_assertion_type": JWT_BEARER, "client_assertion": signed}
