"""Who may register a client, and what such a client may be (RFC 7591, sections 2 and 3)."""

import json

import pytest

from authserver.environment import SettingsError
from authserver.registrations.service import RegistrationService
from tests.support.internet import answer_with, internet  # noqa: F401 - a fixture
from tests.support.registrations import REDIRECT_URI, Registrar

ISSUE = "/api/clients/registration-tokens"


@pytest.fixture
def guarded(make_app) -> Registrar:
    """At a server where registration needs an initial access token."""
    return Registrar(make_app(client_registration="token")[0].test_client())


@pytest.fixture
def issue(client, admin_token, bearer):
    """``issue(uses=2)``: an initial access token."""

    def issue(**wish):
        answer = client.post(ISSUE, json=wish, headers=bearer(admin_token))
        assert answer.status_code == 201, answer.text
        return answer.json["token"]

    return issue


def assert_refused(answer, member):
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")
    assert f" {member}: " in answer.json["error_description"]


# Who ----------------------------------------------------------------------------------------------


def test_registration_is_closed_unless_somebody_opens_it(client):
    answer = Registrar(client).register()

    assert (answer.status_code, answer.json["error"]) == (403, "access_denied")


def test_discovery_does_not_tell_of_a_closed_registration(client):
    document = client.get("/.well-known/openid-configuration").json

    assert "registration_endpoint" not in document


@pytest.mark.parametrize("token", [None, "wrong"])
def test_without_an_initial_access_token_nobody_registers(guarded, token):
    """RFC 7591, section 3."""
    answer = guarded.register(token)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_an_initial_access_token_registers_a_client(guarded, issue):
    assert guarded.register(issue()).status_code == 201


def test_an_initial_access_token_is_used_up(guarded, issue):
    token = issue(uses=2)

    answers = [guarded.register(token).status_code for _ in range(3)]

    assert answers == [201, 201, 401]


def test_a_refused_registration_uses_nothing_up(guarded, issue):
    token = issue()
    guarded.register(token, redirect_uris=["http://app.example/cb"])

    assert guarded.register(token).status_code == 201


def test_a_wrong_token_is_refused_where_none_is_needed(registrar):
    assert registrar.register("wrong").status_code == 401


def test_who_may_not_write_clients_issues_no_token(client, make_user, sign_in, bearer):
    user = make_user()
    headers = bearer(sign_in(user.email, user.password))

    assert client.post(ISSUE, json={}, headers=headers).status_code == 403


@pytest.mark.parametrize("wish", [{"uses": 0}, {"uses": 1_000_001}, {"ttl": 59}, {"uses": "1"}])
def test_a_wish_out_of_bounds_is_refused(client, admin_token, bearer, wish):
    answer = client.post(ISSUE, json=wish, headers=bearer(admin_token))

    assert (answer.status_code, list(answer.json["errors"])) == (400, list(wish))


# What ---------------------------------------------------------------------------------------------


def test_a_client_that_asks_for_no_scope_may_have_those_of_openid_connect(registrar):
    """RFC 7591, section 2: the server chooses."""
    assert registrar.registered()["scope"] == "openid profile email address phone offline_access"


def test_a_client_gets_what_it_may_have_of_the_scopes_that_it_asks_for(registrar):
    assert registrar.registered(scope="openid users:write manage")["scope"] == "openid"


def test_a_client_that_asks_for_other_scopes_only_is_refused(registrar):
    assert_refused(registrar.register(scope="users:write"), "scope")


@pytest.mark.parametrize("grant_type", ["password", "client_credentials"])
def test_a_grant_without_a_persons_consent_is_refused(registrar, grant_type):
    answer = registrar.register(grant_types=["authorization_code", grant_type])

    assert_refused(answer, "grant_types")


@pytest.mark.parametrize("member", ["first_party", "resource_server", "strict"])
def test_what_only_administrators_give_is_ignored(registrar, open_server, member):
    """CWE-915."""
    client_id = registrar.registered(**{member: True}, audience=["https://api.example.com"])[
        "client_id"
    ]

    client = open_server[1].get(RegistrationService).clients.get(client_id)
    assert getattr(client, member) is False
    assert client.audience == ()


def test_front_channel_response_types_are_refused_where_they_are_off(registrar):
    """RFC 9700, section 2.1.2."""
    answer = registrar.register(grant_types=["implicit"], response_types=["id_token"])

    assert_refused(answer, "grant_types")


def test_front_channel_response_types_are_registered_where_they_are_on(make_app):
    app, _ = make_app(client_registration="open", front_channel_response_types=True)

    members = Registrar(app.test_client()).registered(
        grant_types=["authorization_code", "implicit"], response_types=["token code id_token"]
    )

    assert members["response_types"] == ["code id_token token"]


@pytest.fixture
def on_the_web(make_app) -> Registrar:
    """At a server that is not on the developer's machine, with tokens in the front channel."""
    app, _ = make_app(
        issuer="https://id.example", client_registration="open", front_channel_response_types=True
    )
    return Registrar(app.test_client())


@pytest.mark.parametrize(
    "uri", ["http://localhost/cb", "http://127.0.0.1/cb", "https://localhost/cb"]
)
@pytest.mark.parametrize("kind", ["id_token token", "code id_token"])
def test_a_web_application_that_is_given_tokens_is_on_the_web(on_the_web, kind, uri):
    """OpenID Connect Registration 1.0, section 2 (application_type)."""
    answer = on_the_web.register(redirect_uris=[uri], response_types=[kind])

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "members",
    [
        {"response_types": ["code"], "redirect_uris": ["http://localhost/cb"]},
        {"response_types": ["id_token"], "redirect_uris": [REDIRECT_URI]},
        {
            "response_types": ["id_token"],
            "redirect_uris": ["http://127.0.0.1/cb"],
            "application_type": "native",
        },
    ],
)
def test_every_other_application_may_be_where_it_is(on_the_web, members):
    """RFC 8252, section 7.3."""
    assert on_the_web.register(**members).status_code == 201


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("https://app.example.com/cb", 201),
        ("https://example.com/cb", 400),
        ("https://app.example.com.evil.example/cb", 400),
        ("https://evil.example/app.example.com", 400),
        ("http://localhost:8080/cb", 201),
        ("com.example.app:/cb", 201),
        ("com.evil.app:/cb", 400),
    ],
)
def test_the_operator_may_say_which_hosts_may_be(make_app, uri, status):
    app, _ = make_app(
        client_registration="open",
        client_registration_hosts=["*.example.com", "localhost", "com.example.*:"],
    )

    answer = Registrar(app.test_client()).register(
        redirect_uris=[uri], token_endpoint_auth_method="none"
    )

    assert answer.status_code == status
    assert answer.json.get("error") == (None if status == 201 else "invalid_redirect_uri")


# Sectors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "status"),
    [
        ([REDIRECT_URI, "https://other.example/cb"], 201),
        (["https://other.example/cb"], 400),
        ([], 400),
        ({"redirect_uris": [REDIRECT_URI]}, 400),
        ("https://app.example/cb and more", 400),
    ],
)
def test_a_sector_must_list_each_redirect_uri(registrar, internet, listed, status):  # noqa: F811
    """OpenID Connect Registration 1.0, section 5; oidcc-registration-sector-bad."""
    site = internet.site("sector.example", answer_with(json.dumps(listed).encode()))

    answer = registrar.register(subject_type="pairwise", sector_identifier_uri=site.url("/list"))

    assert answer.status_code == status


def test_a_sector_that_does_not_answer_is_refused(registrar, internet):  # noqa: F811
    site = internet.site("sector.example", answer_with(b"", 404))

    answer = registrar.register(sector_identifier_uri=site.url())

    assert_refused(answer, "sector_identifier_uri")


def test_a_redirect_uri_outside_of_the_sector_is_refused_later(registrar, internet):  # noqa: F811
    """What was refused at first cannot be slipped in by an update."""
    site = internet.site("sector.example", answer_with(json.dumps([REDIRECT_URI]).encode()))
    registered = registrar.registered(sector_identifier_uri=site.url())

    answer = registrar.update(
        registered,
        sector_identifier_uri=site.url(),
        redirect_uris=[REDIRECT_URI, "https://other.example/cb"],
    )

    assert_refused(answer, "sector_identifier_uri")


def test_pairwise_subjects_of_two_hosts_need_a_sector(registrar):
    """OpenID Connect Core 1.0, section 8.1."""
    answer = registrar.register(
        subject_type="pairwise", redirect_uris=[REDIRECT_URI, "https://other.example/cb"]
    )

    assert_refused(answer, "sector_identifier_uri")


def test_a_file_of_publishers_that_is_none_stops_the_start(make_app, tmp_path):
    with pytest.raises(SettingsError):
        make_app(software_statement_jwks=str(tmp_path / "nothing.json"))
