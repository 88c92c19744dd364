"""``client_credentials`` at the token endpoint."""

import pytest

from authserver.actor import SYSTEM
from authserver.resources.service import ResourceServerService
from tests.conftest import ISSUER
from tests.factories.clients import AUDIENCE
from tests.support.jwks_verifier import header_of, payload_of

OTHER = "https://other.example.com"


@pytest.fixture
def ask(relying_party):
    return lambda party=relying_party, **form: party.token(grant_type="client_credentials", **form)


def test_a_client_gets_a_token_for_itself(ask, relying_party, verifier):
    """RFC 6749, section 4.4; RFC 9068, section 2.2: the subject is the client."""
    answer = ask()

    claims = verifier.claims(answer.json["access_token"], AUDIENCE)
    assert claims["sub"] == claims["client_id"] == relying_party.credentials.client_id


def test_a_client_that_acts_for_itself_gets_no_refresh_token(ask):
    """RFC 6749, section 4.4.3."""
    assert "refresh_token" not in ask().json


def test_a_token_without_a_person_says_nothing_of_one(ask):
    """RFC 9068, section 2.2.1: nobody signed in, and there are no roles."""
    claims = payload_of(ask().json["access_token"])

    assert not {"sid", "auth_time", "amr", "acr", "roles"} & claims.keys()


def test_an_access_token_is_of_the_type_for_access_tokens(ask):
    """RFC 9068, section 2.1."""
    header = header_of(ask().json["access_token"])

    assert header["typ"] == "at+jwt"
    assert header["alg"] == "ES256"


def test_the_answer_is_a_bearer_token_and_its_life(ask):
    """RFC 6749, section 5.1."""
    answer = ask().json

    claims = payload_of(answer["access_token"])
    assert answer["token_type"] == "Bearer"
    assert claims["exp"] - claims["iat"] == answer["expires_in"] == 300


def test_every_token_has_an_id_of_its_own(ask):
    """RFC 9068, section 2.2: jti."""
    first, second = (payload_of(ask().json["access_token"])["jti"] for _ in range(2))

    assert first != second


# Scope --------------------------------------------------------------------------------------------


def test_what_is_registered_is_granted_when_nothing_is_asked_for(ask, party):
    """RFC 6749, section 3.3."""
    answer = ask(party(scope="reports:read reports:write"))

    assert answer.json["scope"] == "reports:read reports:write"


def test_what_is_asked_for_is_granted_as_far_as_it_is_registered(ask, party):
    """RFC 6749, section 3.3: the answer says what was granted."""
    answer = ask(party(scope="reports:read reports:write"), scope="reports:read users:write")

    assert answer.json["scope"] == "reports:read"


def test_nothing_registered_among_what_is_asked_for_is_an_invalid_scope(ask, party):
    """RFC 6749, section 5.2."""
    answer = ask(party(scope="reports:read"), scope="reports:write")

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


def test_a_malformed_scope_is_an_invalid_scope(ask):
    """RFC 6749, section 3.3: no quotes, single spaces."""
    assert ask(scope='openid "profile"').json["error"] == "invalid_scope"


@pytest.mark.parametrize("scope", ["openid", "profile email", "offline_access"])
def test_scopes_that_speak_of_a_person_mean_nothing_without_one(ask, scope):
    """OpenID Connect Core, section 5.4."""
    assert ask(scope=scope).json["error"] == "invalid_scope"


def test_an_empty_scope_is_left_out(ask):
    """RFC 6749, section 3.3: a scope has at least one token in it."""
    answer = ask()

    assert "scope" not in answer.json
    assert "scope" not in payload_of(answer.json["access_token"])


# Audience -----------------------------------------------------------------------------------------


def test_the_audience_is_the_clients(ask):
    assert payload_of(ask().json["access_token"])["aud"] == AUDIENCE


def test_without_one_it_is_the_servers_default(ask, party):
    """RFC 9068, section 3: a default resource indicator."""
    assert payload_of(ask(party(audience=[])).json["access_token"])["aud"] == ISSUER


def test_the_resource_asked_for_is_the_audience(ask, party):
    """RFC 8707, section 2.2."""
    answer = ask(party(audience=[AUDIENCE, OTHER]), resource=OTHER)

    assert payload_of(answer.json["access_token"])["aud"] == OTHER


def test_several_resources_may_be_asked_for(ask, party):
    """RFC 8707, section 2."""
    answer = ask(party(audience=[AUDIENCE, OTHER]), resource=[OTHER, AUDIENCE, OTHER])

    assert payload_of(answer.json["access_token"])["aud"] == [OTHER, AUDIENCE]


@pytest.mark.parametrize(
    "resource", [OTHER, "relative", f"{AUDIENCE}#part", f"{AUDIENCE}#", "http://[", "https://[::1"]
)
def test_a_resource_that_is_not_the_clients_is_an_invalid_target(ask, resource):
    """RFC 8707, section 2: absolute, without a fragment, and acceptable."""
    answer = ask(resource=resource)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_target")


# Algorithm and life -------------------------------------------------------------------------------


def test_the_clients_algorithm_signs(ask, party, verifier):
    token = ask(party(access_token_signing_alg="RS256")).json["access_token"]

    assert header_of(token)["alg"] == "RS256"
    assert verifier.claims(token, AUDIENCE)


def test_the_resource_servers_algorithm_and_life_come_first(ask, party, services):
    resource_server = {"audience": OTHER, "name": "Other", "signing_alg": "RS256"}
    services.get(ResourceServerService).create(SYSTEM, resource_server | {"access_token_ttl": 60})

    answer = ask(party(audience=[OTHER], access_token_signing_alg="ES256")).json

    assert header_of(answer["access_token"])["alg"] == "RS256"
    assert answer["expires_in"] == 60


# Who may ------------------------------------------------------------------------------------------


def test_a_client_that_is_not_registered_for_it_may_not(ask, party):
    """RFC 6749, section 5.2: unauthorized_client."""
    answer = ask(party(grant_types=["password"]))

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


def test_a_public_client_may_not_whatever_its_registration_says(ask, public_party, rows):
    """RFC 6749, section 4.4: confidential clients only."""
    rows.sql(
        "UPDATE clients SET grant_types = '{client_credentials}' WHERE client_id = :id",
        id=public_party.credentials.client_id,
    )

    answer = ask(public_party)

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")
