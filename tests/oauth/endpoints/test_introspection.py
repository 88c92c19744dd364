"""Token introspection (RFC 7662)."""

import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.sessions.service import SessionService
from authserver.users.service import UserService
from tests.factories.clients import AUDIENCE
from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import session_id_of

INACTIVE = {"active": False}


@pytest.fixture
def own_token(relying_party) -> str:
    """An access token of a client that acts for itself."""
    return relying_party.token(grant_type="client_credentials").json["access_token"]


# What is active -----------------------------------------------------------------------------------


def test_a_living_access_token_is_active(relying_party, tokens, user):
    """RFC 7662, section 2.2."""
    answer = relying_party.introspect(tokens["access_token"])

    claims = payload_of(tokens["access_token"])
    assert answer.json == {"active": True, "token_type": "Bearer"} | claims
    assert answer.json["sub"] == str(user.id)


def test_an_access_token_of_a_client_for_itself_is_active(relying_party, own_token):
    assert relying_party.introspect(own_token).json["active"]


def test_a_living_refresh_token_is_active(relying_party, tokens, user):
    answer = relying_party.introspect(tokens["refresh_token"])

    claims = payload_of(tokens["refresh_token"])
    assert answer.json == {
        "active": True,
        "iss": claims["iss"],
        "sub": str(user.id),
        "client_id": relying_party.credentials.client_id,
        "scope": tokens["scope"],
        "exp": claims["exp"],
        "sid": claims["sid"],
    }


def test_to_ask_about_a_refresh_token_does_not_use_it_up(relying_party, tokens):
    relying_party.introspect(tokens["refresh_token"])

    assert relying_party.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
def test_a_wrong_hint_does_no_harm(relying_party, tokens, hint):
    """RFC 7662, section 2.1."""
    for kind in ("access_token", "refresh_token"):
        assert relying_party.introspect(tokens[kind], token_type_hint=hint).json["active"]


# Who may ask --------------------------------------------------------------------------------------


def test_a_client_that_is_the_audience_may_ask(client, make_client, party, user):
    """RFC 7662, section 4."""
    api = RelyingParty(client, make_client("the-api"))
    token = party(audience=["the-api", AUDIENCE]).password(user).json["access_token"]

    assert api.introspect(token).json["active"]


def test_a_resource_server_may_ask_about_any_access_token(party, tokens):
    gateway = party(resource_server=True)

    assert gateway.introspect(tokens["access_token"]).json["active"]


def test_another_client_learns_nothing(another_party, tokens):
    """RFC 7662, section 4: no scanning."""
    assert another_party.introspect(tokens["access_token"]).json == INACTIVE


@pytest.mark.parametrize("resource_server", [False, True])
def test_only_its_own_client_may_ask_about_a_refresh_token(party, tokens, resource_server):
    stranger = party(resource_server=resource_server)

    assert stranger.introspect(tokens["refresh_token"]).json == INACTIVE


def test_a_public_client_may_not_ask(public_party, user):
    """RFC 7662, section 2.1: it has proved nothing."""
    token = public_party.password(user).json["access_token"]

    answer = public_party.introspect(token)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_a_wrong_secret_may_not_ask(relying_party, tokens):
    answer = relying_party.post(
        "/oauth2/introspect", {"token": tokens["access_token"]}, Authorization="Basic eDp5"
    )

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_a_token_is_required(relying_party):
    """RFC 7662, section 2.1."""
    answer = relying_party.post("/oauth2/introspect", {})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_the_answer_is_never_stored(relying_party, tokens):
    answer = relying_party.introspect(tokens["access_token"])

    assert answer.headers["Cache-Control"] == "no-store"


def test_scripts_may_not_ask(client):
    """Introspection is between servers."""
    answer = client.options("/oauth2/introspect", headers={"Origin": "https://app.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers


# What is not active any more ----------------------------------------------------------------------


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "a" * 9000, "\u00e9"])
def test_garbage_is_inactive(relying_party, token):
    """RFC 7662, section 2.2: no error."""
    answer = relying_party.introspect(token)

    assert (answer.status_code, answer.json) == (200, INACTIVE)


def test_a_header_that_is_nested_too_deeply_is_inactive(relying_party):
    """CWE-674: 8 KiB of brackets are no reason to fall over."""
    assert relying_party.introspect("W1tb" * 2000 + ".e30.e30").json == INACTIVE


def test_an_expired_access_token_is_inactive(make_app, make_client, user):
    app, _ = make_app(access_token_ttl=0)
    party = RelyingParty(app.test_client(), make_client())
    token = party.password(user).json["access_token"]

    assert party.introspect(token).json == INACTIVE


def test_a_used_refresh_token_is_inactive(relying_party, tokens):
    relying_party.refresh(tokens["refresh_token"])

    assert relying_party.introspect(tokens["refresh_token"]).json == INACTIVE


def test_every_access_token_of_an_ended_session_is_inactive(relying_party, tokens, services):
    """protocol.md, Sessions: at once."""
    second = relying_party.refresh(tokens["refresh_token"]).json
    services.get(SessionService).end(session_id_of(tokens["access_token"]), "test", SYSTEM)

    for token in (tokens["access_token"], second["access_token"], second["refresh_token"]):
        assert relying_party.introspect(token).json == INACTIVE


def test_access_tokens_of_an_idle_session_are_inactive(relying_party, tokens, rows):
    rows.age(session_id_of(tokens["access_token"]), 14 * 86_400)

    assert relying_party.introspect(tokens["access_token"]).json == INACTIVE


def test_access_tokens_past_the_absolute_end_are_inactive(relying_party, tokens, rows):
    rows.expire(session_id_of(tokens["access_token"]))

    assert relying_party.introspect(tokens["access_token"]).json == INACTIVE


def test_access_tokens_of_a_disabled_user_are_inactive(relying_party, tokens, user, services):
    services.get(UserService).disable(SYSTEM, None, user.id)

    assert relying_party.introspect(tokens["access_token"]).json == INACTIVE


def test_access_tokens_of_a_deleted_user_are_inactive(relying_party, tokens, user, services):
    services.get(UserService).delete(SYSTEM, None, user.id)

    assert relying_party.introspect(tokens["access_token"]).json == INACTIVE


@pytest.mark.parametrize("end", [ClientService.disable, ClientService.delete])
def test_tokens_of_a_client_that_is_gone_are_inactive(
    party, relying_party, own_token, tokens, services, end
):
    gateway = party(resource_server=True)
    end(services.get(ClientService), SYSTEM, relying_party.credentials.client_id)

    for token in (own_token, tokens["access_token"]):
        assert gateway.introspect(token).json == INACTIVE
