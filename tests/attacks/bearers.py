"""A token that is good everywhere, the server's own pen, and the three places that read tokens."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from authserver.signing.service import SigningService
from authserver.wiring import Services
from tests.attacks.forgery import Pen, claims_of
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.relying_party import RelyingParty, bearer

Judge = Callable[[str], None]
CHALLENGE = 'Bearer error="invalid_token"'


@pytest.fixture
def genuine(make_user: UserFactory, sign_in: Callable[[str, str], str]) -> str:
    """An access token that the REST API and userinfo accept."""
    user = make_user()
    return sign_in(user.email, user.password)


@pytest.fixture
def pen(services: Services) -> Pen:
    """Signs by the key that signs our access tokens."""
    return Pen.of(services.get(SigningService).signing_key("ES256"))


@pytest.fixture
def introspector(client: FlaskClient, make_client: ClientFactory) -> RelyingParty:
    """A resource server that may ask about any token."""
    return RelyingParty(client, make_client(resource_server=True))


@pytest.fixture
def accepted(client: FlaskClient, introspector: RelyingParty, genuine: str) -> Judge:
    """Asserts that a token is good in all places: the proof that ``refused`` means something."""

    def judge(token: str) -> None:
        places = _ask(client, introspector, token, claims_of(genuine)["sub"])
        assert [place.status_code for place in places] == [200, 200, 200, 200]
        assert places[-1].json["active"] is True

    return judge


@pytest.fixture
def refused(client: FlaskClient, introspector: RelyingParty, genuine: str) -> Judge:
    """Asserts that a token is bad in all places, and that each says so in its own dialect."""

    def judge(token: str) -> None:
        rest, *userinfo, introspection = _ask(
            client, introspector, token, claims_of(genuine)["sub"]
        )
        assert (rest.status_code, rest.json["code"]) == (401, "invalid_token")
        for answer in userinfo:
            assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
        assert {answer.headers["WWW-Authenticate"] for answer in (rest, *userinfo)} == {CHALLENGE}
        assert (introspection.status_code, introspection.json) == (200, {"active": False})

    return judge


def _ask(client: FlaskClient, introspector: RelyingParty, token: str, user_id: str) -> list[Any]:
    """The REST API, userinfo by header and by form, and introspection."""
    return [
        client.get(f"/api/users/{user_id}", headers=bearer(token)),
        client.get("/oauth2/userinfo", headers=bearer(token)),
        client.post("/oauth2/userinfo", data={"access_token": token}),
        introspector.introspect(token),
    ]
