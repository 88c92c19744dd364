"""People are called otherwise in each sector (OpenID Connect Core 1.0, section 8)."""

import pytest

from authserver.tokens.service import TokenService
from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import bearer

GRANTS = ["authorization_code", "password", "refresh_token"]


@pytest.fixture
def at(party):
    """``at("a.example")``: a pairwise client of a sector."""

    def at(host, **metadata):
        uris = [f"https://{host}/cb"]
        return party(subject_type="pairwise", redirect_uris=uris, grant_types=GRANTS, **metadata)

    return at


@pytest.fixture
def subject(user):
    """``subject(party)``: what the client is told."""
    return lambda party: payload_of(party.password(user, scope="openid").json["id_token"])["sub"]


def test_two_sectors_are_told_two_subjects(at, subject):
    assert subject(at("a.example")) != subject(at("b.example"))


def test_two_clients_of_a_sector_are_told_one(at, subject):
    assert subject(at("a.example")) == subject(at("a.example"))


def test_the_subject_is_not_the_user(at, subject, user):
    assert str(user.id) not in subject(at("a.example"))


def test_all_that_a_client_is_told_agrees(client, at, user):
    """Section 5.3.2: the sub of userinfo must be that of the ID token."""
    party = at("a.example")
    answer = party.password(user, scope="openid").json
    token = answer["access_token"]

    told = {
        "id_token": payload_of(answer["id_token"])["sub"],
        "access_token": payload_of(token)["sub"],
        "userinfo": client.get("/oauth2/userinfo", headers=bearer(token)).json["sub"],
        "introspection": party.introspect(token).json["sub"],
        "introspection of the refresh token": party.introspect(answer["refresh_token"]).json["sub"],
        "refresh": payload_of(party.refresh(answer["refresh_token"]).json["id_token"])["sub"],
    }

    assert len(set(told.values())) == 1, told


def test_the_id_of_the_user_is_in_nothing_that_a_client_gets(client, at, user):
    party = at("a.example")
    answer = party.password(user, scope="openid profile email").json

    told = [payload_of(answer[kind]) for kind in ("access_token", "id_token", "refresh_token")]
    told.append(client.get("/oauth2/userinfo", headers=bearer(answer["access_token"])).json)
    told.append(party.introspect(answer["access_token"]).json)

    assert str(user.id) not in str(told)


def test_the_rest_api_knows_the_person_by_the_session(client, at, user, settings):
    """The ``sub`` of a token is for its client; we know whose session it is."""
    party = at("a.example", scope="openid account", audience=[settings.api_audience])
    token = party.password(user).json["access_token"]

    answer = client.get(f"/api/users/{user.id}", headers=bearer(token))

    assert (answer.status_code, answer.json["id"]) == (200, str(user.id))


def test_a_hint_says_the_pairwise_subject(at, subject, user, services):
    party = at("a.example")
    token = party.password(user, scope="openid").json["id_token"]

    hint = services.get(TokenService).id_tokens.read_hint(token, None)

    assert hint.sub == subject(party)
