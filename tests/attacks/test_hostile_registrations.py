"""Attacks by what a client registers about itself: text that breaks us, names that deceive people,
the sector of somebody else, an address that we are a signpost to, and ever new changes."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from authserver.clients.service import ClientService
from authserver.tokens.service import TokenService
from tests.attacks.rows import attack
from tests.factories.users import UserFactory
from tests.support.authorizations import AuthorizationFlow
from tests.support.client_keys import ClientKey
from tests.support.jwks_verifier import payload_of
from tests.support.registrations import REDIRECT_URI, REGISTER, Registrar
from tests.support.relying_party import bearer

GRANTS = ["authorization_code", "refresh_token"]
THEIRS = "https://victim.example/cb"
EVIL = "https://evil.example/"
UNWRITABLE = {
    "NUL in a kid": {"kid": "a\0b"},
    "NUL in a name": {"x\0": 1},
    "NUL in a kind": {"kty": "new\0"},
    "half a letter": {"x-note": "\ud800"},
    "half a letter in a kind": {"kty": "\udfff"},
    "a number without end": {"x-number": 10**400},
}


@pytest.fixture
def http(open_server, new_client):
    return new_client(open_server[0])


@pytest.fixture
def registrar(http) -> Registrar:
    """Somebody at a server that is open, watched."""
    return Registrar(http)


@pytest.fixture
def visit(http, open_server, registrar):
    """``visit(client)``: somebody who is signed in and has agreed to openid comes by."""
    services = open_server[1]

    def visit(client: dict[str, Any], **parameters: Any) -> AuthorizationFlow:
        person = UserFactory(services)()
        flow = AuthorizationFlow(http, services, registrar.party(client), person, parameters)
        flow.sign_in()
        flow.grant("openid")
        return flow

    return visit


def assert_refused(answer, member, code="invalid_client_metadata"):
    assert (answer.status_code, answer.json["error"]) == (400, code)
    assert member in answer.json["error_description"]


# What cannot be written ---------------------------------------------------------------------------


@attack("DC-04")
@pytest.mark.parametrize("name", UNWRITABLE)
def test_a_key_that_cannot_be_stored_or_shown_is_refused(http, name):
    """CWE-20: what JSON can say and PostgreSQL cannot keep is no mistake of ours."""
    key = ClientKey("RS256", kid=None).public() | UNWRITABLE[name]
    members = {"redirect_uris": [REDIRECT_URI], "jwks": {"keys": [key]}}

    answer = http.post(REGISTER, data=json.dumps(members), content_type="application/json")

    assert_refused(answer, "jwks")


@attack("DC-04")
@pytest.mark.parametrize("fragment", ["\0", "\n", "a b", "\x7f", "ü"])
def test_the_fragment_of_a_request_uri_is_printable(registrar, fragment):
    answer = registrar.register(request_uris=[f"https://app.example/request#{fragment}"])

    assert_refused(answer, "request_uris")


# What people are shown ----------------------------------------------------------------------------


@attack("LG-11")
@pytest.mark.parametrize("member", ["client_name", "client_name#de"])
@pytest.mark.parametrize(
    "name",
    [
        " ",
        "\u200b",
        "\u3164",
        "\u2800\u200d",
        "\ufeffBank",
        "Shop\u202eknaB",
        "\u2066Bank\u2069",
        "Bank\u2028Checked by us",
    ],
)
def test_a_name_that_hides_or_turns_itself_is_refused(registrar, member, name):
    """RFC 7591, section 5; CVE-2021-42574: people decide by what they see."""
    assert_refused(registrar.register(**{member: name}), member)


@pytest.mark.parametrize(
    "name",
    [
        "Läden & Söhne",
        "متجر",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "商店",
        "👩\u200d💻 Kode",
    ],
)
def test_a_name_in_any_script_is_taken(registrar, name):
    assert registrar.registered(client_name=name)["client_name"] == name


# The sector of somebody else ----------------------------------------------------------------------


@attack("OI-17", "DC-04")
def test_a_client_cannot_move_into_the_sector_of_another(registrar, visit, http, open_server):
    """OpenID Connect Core 1.0, section 8.1: with tokens from before it would learn who is who."""
    members = {"subject_type": "pairwise", "grant_types": GRANTS}
    victim = registrar.registered(redirect_uris=[THEIRS], **members)
    evil = registrar.registered(**members)
    flow = visit(evil)
    token = flow.tokens()["access_token"]

    answer = registrar.update(evil, redirect_uris=[THEIRS], **members)

    services = open_server[1]
    client = services.get(ClientService).find(victim["client_id"])
    told = http.get("/oauth2/userinfo", headers=bearer(token)).json["sub"]
    assert_refused(answer, "subject_type")
    assert told != services.get(TokenService).subjects.of(client, flow.user.id)


@attack("OI-17", "DC-04")
def test_nor_by_way_of_public_subjects(registrar):
    evil = registrar.registered(subject_type="public")
    evil = registrar.update(evil, redirect_uris=[THEIRS], subject_type="public").json

    answer = registrar.update(evil, redirect_uris=[THEIRS], subject_type="pairwise")

    assert_refused(answer, "subject_type")


def test_a_pairwise_client_moves_within_its_sector(registrar):
    client = registrar.registered(subject_type="pairwise")
    uris = [REDIRECT_URI, "https://app.example/another"]

    answer = registrar.update(client, redirect_uris=uris, subject_type="pairwise")

    assert (answer.status_code, answer.json["redirect_uris"]) == (200, uris)


# A signpost to anywhere ---------------------------------------------------------------------------


def sign_out_by(http, hint):
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": EVIL}
    return http.get(f"/oauth2/end_session?{urlencode(sent)}")


def assert_not_sent_on(answer):
    assert (answer.status_code, answer.headers.get("Location")) == (200, None)
    assert 'http-equiv="refresh"' not in answer.text
    assert "data-follow" not in answer.text


@attack("LO-03")
def test_a_hint_that_a_client_wrote_itself_sends_nobody_on(registrar, visit, http, open_server):
    """RFC 9700, section 4.11.2: by HS256 a client signs what it likes."""
    evil = registrar.registered(
        post_logout_redirect_uris=[EVIL], id_token_signed_response_alg="HS256"
    )
    now = int(time.time())
    issuer = open_server[1].settings.issuer
    claims = {"iss": issuer, "sub": "x", "aud": evil["client_id"], "iat": now, "exp": now + 60}

    answer = sign_out_by(http, jwt.encode(claims, evil["client_secret"], "HS256"))

    assert_not_sent_on(answer)


@attack("LO-03")
def test_the_hint_of_an_attacker_sends_nobody_else_on(registrar, visit, new_client, open_server):
    """Whoever registered the client has an ID token of it, of their own account."""
    evil = registrar.registered(post_logout_redirect_uris=[EVIL])
    hint = visit(evil).tokens()["id_token"]

    answer = sign_out_by(new_client(open_server[0]), hint)

    assert_not_sent_on(answer)


@attack("LO-02")
def test_the_hint_of_who_is_signed_in_sends_them_on(registrar, visit, http):
    client = registrar.registered(post_logout_redirect_uris=[EVIL])
    hint = visit(client).tokens()["id_token"]

    answer = sign_out_by(http, hint)

    assert (answer.status_code, answer.headers["Location"]) == (303, EVIL)


# Who is there, and ever new changes ---------------------------------------------------------------


@attack("AZ-22")
def test_a_client_without_consent_is_not_told_whether_just_that_person_is_there(registrar, visit):
    """Core, section 5.5.1: anybody can write down a ``sub``."""
    flow = visit(registrar.registered(scope="openid email"))
    nobody = "01900000-0000-7000-8000-000000000000"

    answers = {
        flow.authorize(
            prompt="none",
            scope="openid email",
            claims=json.dumps({"id_token": {"sub": {"value": subject}}}),
        ).params["error"]
        for subject in (str(flow.user.id), nobody)
    }

    assert answers == {"login_required"}


@attack("AZ-22")
def test_with_consent_it_is(registrar, visit):
    flow = visit(registrar.registered())
    claims = json.dumps({"id_token": {"sub": {"value": str(flow.user.id)}}})

    token = flow.tokens(prompt="none", claims=claims)["id_token"]

    assert payload_of(token)["sub"] == str(flow.user.id)


@attack("DC-10")
def test_changes_are_limited_like_registrations(make_app, new_client):
    """CWE-770: each writes rows, and may make us call a server."""
    app, _ = make_app(client_registration="open", client_registration_limit="3/hour")
    registrar = Registrar(new_client(app))
    client = registrar.registered()

    statuses = []
    for number in range(3):
        answer = registrar.update(client, client_name=f"Name {number}")
        statuses.append(answer.status_code)
        client = answer.json if answer.status_code == 200 else client

    assert statuses == [200, 200, 429]
    assert registrar.read(client).status_code == 200
