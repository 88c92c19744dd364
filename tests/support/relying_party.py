"""The protocol as a client sees it: each method is one request."""

import base64
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote_plus, urlencode

from tests.factories.clients import TestClient
from tests.factories.users import TestUser

FORM = "application/x-www-form-urlencoded"


class Http(Protocol):
    """Flask's test client, or one for a real server that answers likewise."""

    def open(self, path: str, **kwargs: Any) -> Any: ...


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(client_id: str, secret: str) -> dict[str, str]:
    """RFC 6749, section 2.3.1: both parts are form-encoded first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


@dataclass(frozen=True)
class RelyingParty:
    """A client of the server; ``credentials`` of a public one have no secret."""

    http: Http
    credentials: TestClient

    def post(self, path: str, form: dict[str, Any], **headers: str) -> Any:
        """POST a form as this client; a value of None is left out, a list is repeated."""
        sent = {name: value for name, value in form.items() if value is not None}
        authentication = {}
        if self.credentials.secret is None:
            sent.setdefault("client_id", self.credentials.client_id)
        else:
            authentication = basic(self.credentials.client_id, self.credentials.secret)
        return self.http.open(
            path,
            method="POST",
            data=urlencode(sent, doseq=True),
            headers={"Content-Type": FORM} | authentication | headers,
        )

    def token(self, **form: Any) -> Any:
        return self.post("/oauth2/token", form)

    def password(self, user: TestUser, **form: Any) -> Any:
        return self.token(
            grant_type="password", username=user.email, password=user.password, **form
        )

    def refresh(self, refresh_token: str, **form: Any) -> Any:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **form)

    def introspect(self, token: str, **form: Any) -> Any:
        return self.post("/oauth2/introspect", {"token": token} | form)

    def revoke(self, token: str, **form: Any) -> Any:
        return self.post("/oauth2/revoke", {"token": token} | form)
