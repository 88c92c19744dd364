"""What an ID token says beside who signed in: bindings, and claims that were asked for."""

import json
from dataclasses import replace
from uuid import UUID

import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.clock import SystemClock
from authserver.sessions.session import LiveSession
from authserver.tokens.service import TokenService
from authserver.users.service import UserService
from tests.support.id_tokens import half_hash
from tests.support.jwks_verifier import payload_of
from tests.support.session_rows import session_id_of

BROWSER_SESSION = UUID(int=7)


@pytest.fixture
def una(user, services):
    profile = {"nickname": "U", "phone_number": "+33123456789"}
    services.get(UserService).update(SYSTEM, None, user.id, None, {"profile": profile})
    return user


@pytest.fixture
def session(una, relying_party):
    """What the authorization endpoint has in hand: no row of ours."""
    now = SystemClock().now()
    return LiveSession(
        id=UUID(int=1),
        user_id=una.id,
        client_id=relying_party.credentials.client_id,
        generation=0,
        scope=frozenset({"openid", "email"}),
        audience=(),
        auth_time=now,
        acr="1",
        amr=("pwd",),
        expires_at=now,
        browser_session_id=BROWSER_SESSION,
        claims=None,
        roles=(),
    )


@pytest.fixture
def issue(services, session):
    """``issue(nonce=...)``: the claims of an ID token, made as for the front channel."""
    clients, tokens = services.get(ClientService), services.get(TokenService)

    def issue(of=session, **options):
        client = clients.find(of.client_id)
        return payload_of(tokens.id_tokens.issue(client, of, of.scope, **options))

    return issue


# Bindings -----------------------------------------------------------------------------------------


def test_what_comes_with_it_is_bound_to_it(issue):
    """Core, section 3.3.2.11; FAPI 1.0 part 2, section 5.2.2.1."""
    claims = issue(nonce="N", access_token="AT", code="C", state="S")

    assert claims["nonce"] == "N"
    assert (claims["at_hash"], claims["c_hash"], claims["s_hash"]) == (
        half_hash("AT"),
        half_hash("C"),
        half_hash("S"),
    )


def test_what_does_not_come_with_it_is_not_mentioned(issue):
    assert not {"nonce", "at_hash", "c_hash", "s_hash", "azp"} & issue().keys()


def test_a_state_in_any_script_has_a_hash(issue):
    assert issue(state="Zürich ☂")["s_hash"] == half_hash("Zürich ☂")


def test_a_nonce_is_repeated_to_the_letter(issue):
    """Core, section 3.1.3.7: the client compares."""
    nonce = "\u00e9 \u2028 \"'<>&%00" + "x" * 2000

    assert issue(nonce=nonce)["nonce"] == nonce


def test_the_sign_in_of_the_browser_has_a_name(issue, services, session):
    """Back-Channel Logout 1.0, section 2.1; it is not the id that we know it by."""
    sid = issue()["sid"]

    assert sid == services.get(TokenService).subjects.sid(session.client_id, BROWSER_SESSION)
    assert sid not in str(BROWSER_SESSION)


def test_how_strong_the_sign_in_was_is_said(issue, session):
    """Core, section 2: acr and amr; what is not known is left out."""
    assert (issue()["acr"], issue()["amr"]) == ("1", ["pwd"])
    assert not {"acr", "amr"} & issue(replace(session, acr=None, amr=())).keys()


# Claims about the person --------------------------------------------------------------------------


def test_scopes_are_shown_by_userinfo_alone(issue):
    """Core, section 5.4: where there is an access token."""
    assert "email" not in issue(access_token="AT")


def test_who_gets_no_access_token_is_shown_them_here(issue, una):
    """Core, section 5.4: the response type id_token."""
    claims = issue(with_user_claims=True)

    assert (claims["email"], claims["email_verified"]) == (una.email, False)
    assert "nickname" not in claims


def test_single_claims_may_be_asked_for(issue, session):
    """Core, section 5.5."""
    asked = {"nickname": {"essential": True}, "phone_number": {"value": "+1"}, "acr": None}

    claims = issue(replace(session, claims={"id_token": asked, "userinfo": {"email": None}}))

    assert claims["nickname"] == "U"
    assert not {"phone_number", "email"} & claims.keys()


def test_nobody_changes_what_we_say_by_asking(issue, session, una):
    asked = {"sub": {"value": "admin"}, "iss": {"value": "x"}, "auth_time": {"value": 1}}

    assert issue(replace(session, claims={"id_token": asked}))["sub"] == str(una.id)


def test_they_are_told_again_at_a_refresh(relying_party, una, rows):
    first = relying_party.password(una, scope="openid").json
    rows.sql(
        "UPDATE sessions SET claims = CAST(:claims AS jsonb) WHERE id = :id",
        claims=json.dumps({"id_token": {"nickname": None}}),
        id=session_id_of(first["access_token"]),
    )

    second = relying_party.refresh(first["refresh_token"]).json

    assert "nickname" not in payload_of(first["id_token"])
    assert payload_of(second["id_token"])["nickname"] == "U"
