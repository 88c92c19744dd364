"""For which resource servers a token is (RFC 8707; RFC 9068, section 3)."""

import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.resources.service import ResourceServerService
from tests.support.jwks_verifier import header_of, payload_of
from tests.support.session_rows import session_id_of

A, B, C = "https://a.example", "https://b.example", "https://c.example"


def audience_of(answer):
    return payload_of(answer.json["access_token"])["aud"]


def refused_as(answer) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]


@pytest.fixture
def wide(party):
    """A client of three resource servers."""
    return party(audience=[A, B, C])


@pytest.fixture
def register(services):
    """``register(wide, [A])``: what the client may ask for from now on."""

    def register(party, audience) -> None:
        services.get(ClientService).update(
            SYSTEM, party.credentials.client_id, None, {"audience": audience}
        )

    return register


@pytest.fixture
def resource_server(services):
    """``resource_server(A, signing_alg="RS256")``."""

    def resource_server(audience, **members) -> None:
        services.get(ResourceServerService).create(
            SYSTEM, {"audience": audience, "name": "x"} | members
        )

    return resource_server


# Which --------------------------------------------------------------------------------------------


def test_a_client_gets_a_token_for_its_first_audience_alone(wide):
    """RFC 9068, section 5: of several audiences each could use it at the others."""
    assert audience_of(wide.token(grant_type="client_credentials")) == A


def test_so_does_a_person_who_signs_in(wide, user):
    assert audience_of(wide.password(user)) == A


def test_so_does_a_session_that_goes_on(wide, user):
    tokens = wide.password(user).json

    assert audience_of(wide.refresh(tokens["refresh_token"])) == A


def test_several_are_named_one_by_one(wide):
    """RFC 8707, section 2."""
    assert audience_of(wide.token(grant_type="client_credentials", resource=[C, B])) == [C, B]


def test_a_session_may_be_used_for_each_audience_of_its_client(wide, user):
    """RFC 8707, section 2.2."""
    tokens = wide.password(user).json

    answer = wide.refresh(tokens["refresh_token"], resource=B)

    assert audience_of(answer) == B


def test_a_session_is_for_nothing_else_than_was_asked_for(wide, user, rows):
    tokens = wide.password(user, resource=B).json

    answer = wide.refresh(tokens["refresh_token"], resource=A)

    assert refused_as(answer) == (400, "invalid_target")
    assert rows.get(session_id_of(tokens["refresh_token"])).generation == 0


def test_there_is_an_end_to_resources(party):
    """Each makes the token longer, and a header carries it."""
    names = [f"https://{number}.example" for number in range(11)]
    wide = party(audience=names)

    fits = wide.token(grant_type="client_credentials", resource=names[1:])
    too_many = wide.token(grant_type="client_credentials", resource=names)

    assert fits.status_code == 200
    assert refused_as(too_many) == (400, "invalid_target")
    assert "10" in too_many.json["error_description"]


# What the client may today ------------------------------------------------------------------------


def test_an_audience_that_was_taken_from_the_client_is_not_granted_again(wide, user, register):
    """RFC 9700, section 2.3: privileges as they are now."""
    tokens = wide.password(user).json
    register(wide, [C, B])

    assert audience_of(wide.refresh(tokens["refresh_token"])) == B


def test_nor_is_it_when_it_is_asked_for(wide, user, rows, register):
    tokens = wide.password(user).json
    register(wide, [B])

    answer = wide.refresh(tokens["refresh_token"], resource=A)

    assert refused_as(answer) == (400, "invalid_target")
    assert rows.get(session_id_of(tokens["refresh_token"])).generation == 0


def test_when_nothing_is_left_the_token_is_not_used_up(wide, user, rows, register):
    tokens = wide.password(user, resource=[A, B]).json
    register(wide, [C])

    answer = wide.refresh(tokens["refresh_token"])

    assert refused_as(answer) == (400, "invalid_target")
    assert rows.get(session_id_of(tokens["refresh_token"])).generation == 0


def test_an_audience_that_was_given_later_was_not_granted(party, user, register):
    narrow = party(audience=[A])
    tokens = narrow.password(user).json
    register(narrow, [A, B])

    answer = narrow.refresh(tokens["refresh_token"], resource=B)

    assert refused_as(answer) == (400, "invalid_target")


def test_a_client_without_audience_has_that_of_the_server(party, user, settings):
    plain = party(audience=[])
    tokens = plain.password(user).json

    assert audience_of(plain.refresh(tokens["refresh_token"])) == settings.api_audience


# Algorithm and life -------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [[A, B], [B, A], [C, A], [A]])
def test_a_token_lives_no_longer_than_each_of_its_audiences_wants(wide, resource_server, order):
    resource_server(A, access_token_ttl=30)
    resource_server(B, access_token_ttl=3600)

    answer = wide.token(grant_type="client_credentials", resource=order)

    assert answer.json["expires_in"] == 30


@pytest.mark.parametrize("order", [[A, B], [B, A]])
def test_the_algorithm_is_that_of_the_one_audience_that_wants_one(wide, resource_server, order):
    resource_server(A)
    resource_server(B, signing_alg="RS256")

    answer = wide.token(grant_type="client_credentials", resource=order)

    assert header_of(answer.json["access_token"])["alg"] == "RS256"


def test_audiences_of_two_algorithms_are_served_one_at_a_time(wide, user, rows, resource_server):
    """No session begins for a token that nobody can make."""
    resource_server(A, signing_alg="ES256")
    resource_server(B, signing_alg="RS256")

    answer = wide.password(user, resource=[A, B])

    assert refused_as(answer) == (400, "invalid_target")
    assert "one resource at a time" in answer.json["error_description"]
    assert rows.sql("SELECT id FROM sessions") == []


def test_a_refused_pair_of_audiences_does_not_use_the_token_up(wide, user, rows, resource_server):
    resource_server(A, signing_alg="ES256")
    resource_server(B, signing_alg="RS256")
    tokens = wide.password(user).json

    answer = wide.refresh(tokens["refresh_token"], resource=[A, B])

    assert refused_as(answer) == (400, "invalid_target")
    assert rows.get(session_id_of(tokens["refresh_token"])).generation == 0
