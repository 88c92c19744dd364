"""What our tokens say (RFC 9068, section 2.2)."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from authserver.errors import InvalidToken
from authserver.sessions.session import LiveSession, RefreshHandle
from authserver.tokens.authenticator import TokenAuthenticator
from authserver.tokens.authorization import AccessToken, Authorization, TokenSet
from authserver.tokens.claims import access_claims, read_handle, refresh_claims

NOW = datetime(2026, 11, 22, 12, 0, 0, 900_000, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SESSION_ID, USER_ID = UUID(int=1), UUID(int=2)
SESSION = LiveSession(
    id=SESSION_ID,
    user_id=USER_ID,
    client_id="web",
    generation=0,
    scope=frozenset({"openid"}),
    audience=("https://a.example",),
    auth_time=NOW - timedelta(minutes=5),
    acr=None,
    amr=("pwd",),
    expires_at=NOW + timedelta(days=90),
    browser_session_id=None,
    claims=None,
    roles=("admin", "user"),
)
OWN = Authorization(
    client=SimpleNamespace(client_id="web"),
    subject="web",
    scope=frozenset({"b", "a"}),
    audience=("https://a.example",),
)
PERSONAL = replace(OWN, subject=str(USER_ID), session=SESSION)


def claims(authorization: Authorization) -> dict:
    return access_claims("https://id.example", authorization, authorization.subject, NOW, 300)


def test_the_claims_of_a_client_for_itself():
    found = claims(OWN)

    assert len(found.pop("jti")) >= 22
    assert found == {
        "iss": "https://id.example",
        "sub": "web",
        "aud": "https://a.example",
        "iat": SECONDS,
        "exp": SECONDS + 300,
        "client_id": "web",
        "scope": "a b",
    }


def test_a_person_adds_session_sign_in_and_roles():
    found = claims(PERSONAL)

    assert {name: found[name] for name in found.keys() - claims(OWN).keys()} == {
        "sid": str(SESSION_ID),
        "auth_time": SECONDS - 300,
        "amr": ["pwd"],
        "roles": ["admin", "user"],
    }


def test_how_strong_the_sign_in_was_is_said_where_it_is_known():
    """RFC 9068, section 2.2.1."""
    strong = replace(PERSONAL, session=replace(SESSION, acr="phr"))

    assert claims(strong)["acr"] == "phr"


def test_several_audiences_are_a_list():
    """RFC 7519, section 4.1.3."""
    several = replace(OWN, audience=("https://a.example", "https://b.example"))

    assert claims(several)["aud"] == ["https://a.example", "https://b.example"]


def test_an_empty_scope_is_left_out():
    """RFC 6749, section 3.3."""
    assert "scope" not in claims(replace(OWN, scope=frozenset()))


def test_all_times_are_whole_seconds():
    """RFC 7519, section 2: many libraries expect integers."""
    found = claims(PERSONAL)

    assert {type(found[name]) for name in ("iat", "exp", "auth_time")} == {int}


def test_a_refresh_token_is_the_same_each_time_it_is_made():
    """protocol.md, Sessions: a retry gets the same bytes."""
    handle = RefreshHandle(SESSION_ID, 3, "secret")

    made = [refresh_claims("https://id.example", handle, SESSION.expires_at) for _ in range(2)]

    assert made[0] == made[1]
    assert made[0].keys() == {"iss", "sid", "gen", "sec", "exp"}


def test_an_answer_has_no_nulls():
    """RFC 6749, section 5.1."""
    assert TokenSet("a", 300, "").as_response() == {
        "access_token": "a",
        "token_type": "Bearer",
        "expires_in": 300,
    }


def test_an_answer_says_scope_and_refresh_token_where_there_are_any():
    answer = TokenSet("a", 300, "openid", "r").as_response()

    assert (answer["scope"], answer["refresh_token"]) == ("openid", "r")


@pytest.mark.parametrize(("aud", "audience"), [("a", ("a",)), (["a", "b"], ("a", "b"))])
def test_one_audience_is_read_like_several(aud, audience):
    assert AccessToken({"aud": aud}).audience == audience


def test_the_claims_of_a_token_are_not_shown_in_a_traceback():
    """CWE-532."""
    assert "hush" not in repr(AccessToken({"jti": "hush"}))


# What was signed by us in another form than ours --------------------------------------------------

HANDLE = RefreshHandle(SESSION_ID, 3, "secret")
TRIPLE = {"sid": str(SESSION_ID), "gen": 3, "sec": "secret"}


def test_a_triple_is_read_as_it_was_written():
    claims = refresh_claims("https://id.example", HANDLE, SESSION.expires_at)

    assert read_handle(claims) == HANDLE


@pytest.mark.parametrize(
    "other",
    [
        *({"sid": None}, {"sid": "x"}, {"sid": 1}, {"sid": str(SESSION_ID).upper() + " "}),
        *({"gen": None}, {"gen": "3"}, {"gen": True}, {"gen": 3.0}, {"gen": -1}, {"gen": 2**31}),
        *({"sec": None}, {"sec": 1}, {"sec": "\u00e9"}, {"sec": ["secret"]}),
    ],
)
def test_a_triple_of_another_form_is_none(other):
    """Nothing of another form comes near a query."""
    assert read_handle(TRIPLE | other) is None


@pytest.mark.parametrize(
    "other",
    [
        *({"sub": None}, {"sub": 1}, {"jti": None}, {"client_id": ["web"]}, {"scope": ["openid"]}),
        *({"aud": None}, {"aud": 1}, {"aud": ["a", 1]}, {"aud": {}}),
        *({"sid": None}, {"sid": "x"}, {"sid": 1}),
    ],
)
def test_an_access_token_of_another_form_is_refused(other):
    """Or else it would be a crash at the next step."""
    verifier = SimpleNamespace(verify=lambda *_: claims(PERSONAL) | other)
    # It ends before anybody else is asked.
    members = dict.fromkeys(field.name for field in fields(TokenAuthenticator))
    members |= {"verifier": verifier, "clock": SimpleNamespace(now=lambda: NOW)}
    authenticator = TokenAuthenticator(**members)

    with pytest.raises(InvalidToken):
        authenticator.read("x")
