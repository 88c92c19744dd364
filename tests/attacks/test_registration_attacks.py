"""Attacks by and on clients that register themselves (rows DC)."""

from typing import Any

import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.registrations.service import RegistrationService
from tests.attacks.races import together
from tests.attacks.rows import attack
from tests.support.authorizations import AuthorizationFlow
from tests.support.registrations import Registrar
from tests.support.relying_party import bearer

AT_ONCE = 12
MANAGEMENT = ["read", "update", "delete"]

everywhere = pytest.mark.parametrize("do", MANAGEMENT)


@pytest.fixture
def registrar(open_server, new_client) -> Registrar:
    """Somebody at a server that is open, watched."""
    return Registrar(new_client(open_server[0]))


@pytest.fixture
def alice(registrar) -> dict[str, Any]:
    grants = ["authorization_code", "refresh_token"]
    return registrar.registered(client_name="Alice", grant_types=grants)


@pytest.fixture
def bob(registrar) -> dict[str, Any]:
    return registrar.registered(client_name="Bob")


def assert_refused(answer, code="invalid_client_metadata"):
    assert (answer.status_code, answer.json["error"]) == (400, code)


def assert_no_token(answer):
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


# Somebody else's registration ---------------------------------------------------------------------


@attack("DC-02")
@everywhere
def test_the_token_of_one_client_is_none_for_another(registrar, alice, bob, do):
    """CVE-2026-116672; RFC 7592, section 2."""
    answer = getattr(registrar, do)(bob, token=alice["registration_access_token"])

    assert_no_token(answer)
    assert registrar.read(bob).json["client_name"] == "Bob"


@attack("DC-02")
def test_the_client_of_the_body_is_not_the_one_that_is_changed(registrar, alice, bob):
    answer = registrar.update(alice, client_id=bob["client_id"], client_name="Evil")

    assert_refused(answer)
    assert registrar.read(bob).json["client_name"] == "Bob"


@attack("DC-02")
@everywhere
def test_the_secret_of_a_client_is_no_registration_access_token(registrar, alice, do):
    assert_no_token(getattr(registrar, do)(alice, token=alice["client_secret"]))


@attack("DC-02")
@everywhere
def test_an_initial_access_token_manages_nothing(registrar, open_server, alice, do):
    issued = open_server[1].get(RegistrationService).issue_token(SYSTEM)

    assert_no_token(getattr(registrar, do)(alice, token=issued.token))


@attack("DC-02")
@everywhere
def test_an_access_token_of_an_administrator_manages_nothing(registrar, alice, do, admin_token):
    """The REST API is where administrators manage clients."""
    assert_no_token(getattr(registrar, do)(alice, token=admin_token))


@attack("DC-02")
def test_a_registration_access_token_opens_nothing_else(registrar, alice):
    headers = bearer(alice["registration_access_token"])

    for path in ("/oauth2/userinfo", "/api/clients", "/api/users"):
        assert registrar.http.open(path, method="GET", headers=headers).status_code == 401


@attack("DC-02")
def test_only_a_digest_of_the_token_is_kept(alice, rows):
    """Whoever reads a dump of the database manages nobody."""
    found = rows.sql(
        "SELECT encode(registration_token_digest, 'escape') FROM clients WHERE client_id = :id",
        id=alice["client_id"],
    )

    assert alice["registration_access_token"] not in str(found)


# Update -------------------------------------------------------------------------------------------


FORBIDDEN = [
    {"redirect_uris": ["http://app.example/cb"]},
    {"redirect_uris": ["javascript:alert(1)"]},
    {"redirect_uris": ["https://*.example/cb"]},
    {"redirect_uris": ["https://app.example/cb#x"]},
    {"redirect_uris": []},
    {"post_logout_redirect_uris": ["javascript:alert(1)"]},
    {"grant_types": ["authorization_code", "password"]},
    {"grant_types": ["client_credentials"], "response_types": []},
    {"grant_types": ["implicit"], "response_types": ["id_token"]},
    {"token_endpoint_auth_method": "none", "pkce": "optional"},
    {"id_token_signed_response_alg": "none"},
    {"logo_uri": "javascript:alert(1)"},
    {"initiate_login_uri": "http://app.example/"},
    {"jwks_uri": "file:///etc/passwd"},
    {"scope": "clients:write"},
    {"client_secret": "chosen-by-the-client"},
]


@attack("DC-04")
@pytest.mark.parametrize("members", FORBIDDEN, ids=str)
def test_what_cannot_be_registered_cannot_be_slipped_in_later(registrar, alice, members):
    """CVE-2026-15572."""
    before = registrar.read(alice).json

    answer = registrar.update(alice, **members)

    assert answer.status_code == 400
    assert registrar.read(alice).json == before


@attack("DC-04")
@pytest.mark.parametrize("name", ["first_party", "resource_server", "built_in", "self_registered"])
def test_an_update_gives_no_powers(registrar, open_server, alice, name):
    before = getattr(open_server[1].get(ClientService).get(alice["client_id"]), name)

    registrar.update(alice, **{name: not before})

    after = getattr(open_server[1].get(ClientService).get(alice["client_id"]), name)
    assert after is before


@attack("DC-04")
def test_of_many_updates_by_one_token_one_succeeds(registrar, open_server, new_client, alice):
    """The token is used up by it."""
    parties = [Registrar(new_client(open_server[0])) for _ in range(AT_ONCE)]

    answers = together(*[lambda each=each: each.update(alice).status_code for each in parties])

    assert sorted(set(answers)) == [200, 401]
    assert answers.count(200) == 1


# Very many ----------------------------------------------------------------------------------------


@attack("DC-10")
def test_one_address_registers_no_more_than_the_limit(make_app, new_client):
    """CWE-770."""
    app, _ = make_app(client_registration="open", client_registration_limit="5/hour")
    registrar = Registrar(new_client(app))

    answers = [registrar.register() for _ in range(8)]

    assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 3
    assert int(answers[-1].headers["Retry-After"]) > 0


@attack("DC-10")
def test_many_at_once_register_no_more_than_the_limit(make_app, new_client):
    app, _ = make_app(client_registration="open", client_registration_limit="5/hour")
    registrars = [Registrar(new_client(app)) for _ in range(AT_ONCE)]

    answers = together(*[lambda each=each: each.register().status_code for each in registrars])

    assert answers.count(201) == 5


@attack("DC-10")
def test_refused_registrations_count_as_well(make_app, new_client):
    """They cost us as much."""
    app, _ = make_app(client_registration="open", client_registration_limit="3/hour")
    registrar = Registrar(new_client(app))

    answers = [registrar.register(redirect_uris=["*"]).status_code for _ in range(4)]

    assert answers == [400, 400, 400, 429]


@attack("DC-10")
def test_an_initial_access_token_registers_no_more_than_its_uses(make_app, new_client):
    app, services = make_app(client_registration="token")
    token = services.get(RegistrationService).issue_token(SYSTEM, uses=3).token
    registrars = [Registrar(new_client(app)) for _ in range(AT_ONCE)]

    answers = together(*[lambda each=each: each.register(token).status_code for each in registrars])

    assert sorted(answers) == [201] * 3 + [401] * (AT_ONCE - 3)


# The end ------------------------------------------------------------------------------------------


@pytest.fixture
def flow(registrar, open_server, make_user, alice) -> AuthorizationFlow:
    """A person who is signed in and has agreed to all that Alice may ask for."""
    party = registrar.party(alice)
    flow = AuthorizationFlow(registrar.http, open_server[1], party, make_user())
    flow.sign_in()
    flow.grant(alice["scope"])
    return flow


@attack("DC-12")
def test_all_that_a_client_had_dies_with_it(registrar, flow, alice, rows):
    """RFC 7592, section 2.3: codes, tokens and consents."""
    tokens, code = flow.tokens(), flow.code()

    assert registrar.delete(alice).status_code == 204

    for answer in (flow.redeem(code), flow.party.refresh(tokens["refresh_token"])):
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    headers = bearer(tokens["access_token"])
    assert registrar.http.open("/oauth2/userinfo", method="GET", headers=headers).status_code == 401
    left = (
        "SELECT client_id FROM sessions UNION ALL SELECT client_id FROM consents "
        "UNION ALL SELECT client_id FROM client_secrets"
    )
    assert flow.client_id not in [row.client_id for row in rows.sql(left)]


@attack("DC-12")
def test_a_deleted_client_starts_nothing(registrar, flow, alice):
    registrar.delete(alice)

    answer = flow.authorize()

    assert (answer.status, answer.location) == (400, None)
