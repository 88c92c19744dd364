"""``refresh_token`` at the token endpoint: what is granted, and to whom."""

import pytest

from authserver.actor import SYSTEM
from authserver.authn.service import AuthnService
from authserver.clients.service import ClientService
from authserver.roles.service import RoleService
from authserver.users.service import UserService
from tests.factories.clients import AUDIENCE
from tests.support.jwks_verifier import header_of, payload_of
from tests.support.session_rows import session_id_of

OTHER = "https://other.example.com"


def refused_as(answer) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]


def test_a_session_goes_on(relying_party, tokens):
    """RFC 6749, section 6."""
    answer = relying_party.refresh(tokens["refresh_token"]).json

    assert session_id_of(answer["access_token"]) == session_id_of(tokens["access_token"])
    assert answer["refresh_token"] != tokens["refresh_token"]


def test_the_new_access_token_is_another_one_of_the_same_person(relying_party, tokens, verifier):
    before = verifier.claims(tokens["access_token"], AUDIENCE)

    token = relying_party.refresh(tokens["refresh_token"]).json["access_token"]

    after = verifier.claims(token, AUDIENCE)
    assert after["jti"] != before["jti"]
    kept = ("sub", "client_id", "aud", "scope", "auth_time", "amr", "sid")
    assert [after[name] for name in kept] == [before[name] for name in kept]


def test_a_refresh_token_ends_with_its_session_however_often_it_is_used(relying_party, tokens):
    """RFC 9700, section 4.14.2: an absolute end."""
    successor = relying_party.refresh(tokens["refresh_token"]).json["refresh_token"]

    assert payload_of(successor)["exp"] == payload_of(tokens["refresh_token"])["exp"]


def test_nothing_that_is_stored_makes_a_refresh_token(tokens, rows):
    """protocol.md, Sessions: neither the token nor its secret rests in clear."""
    claims = payload_of(tokens["refresh_token"])

    row = rows.get(session_id_of(tokens["refresh_token"]))

    stored = repr([bytes(value) if isinstance(value, memoryview) else value for value in row])
    assert claims["sec"] not in stored
    assert tokens["refresh_token"] not in stored


# Scope --------------------------------------------------------------------------------------------


def test_less_scope_may_be_asked_for(relying_party, tokens):
    """RFC 6749, section 6."""
    answer = relying_party.refresh(tokens["refresh_token"], scope="openid email")

    assert answer.json["scope"] == "email openid"


def test_asking_for_less_once_does_not_take_the_rest_away(relying_party, tokens):
    """RFC 6749, section 6: left out means what was granted originally."""
    less = relying_party.refresh(tokens["refresh_token"], scope="openid").json

    answer = relying_party.refresh(less["refresh_token"])

    assert answer.json["scope"] == tokens["scope"]


def test_more_scope_is_never_granted(relying_party, user):
    """protocol.md, Scope at refresh: the intersection."""
    tokens = relying_party.password(user, scope="openid").json

    answer = relying_party.refresh(tokens["refresh_token"], scope="openid email")

    assert answer.json["scope"] == "openid"


@pytest.mark.parametrize("scope", ["email", "unheard-of"])
def test_scope_that_was_not_granted_does_not_use_the_token_up(relying_party, user, rows, scope):
    """protocol.md, Scope at refresh: invalid_scope before the generation moves."""
    token = relying_party.password(user, scope="openid").json["refresh_token"]

    answer = relying_party.refresh(token, scope=scope)

    assert refused_as(answer) == (400, "invalid_scope")
    assert rows.get(session_id_of(token)).generation == 0


def test_scope_that_was_taken_from_the_client_is_not_granted_again(relying_party, tokens, services):
    """RFC 9700, section 2.3: privileges as they are now."""
    services.get(ClientService).update(
        SYSTEM, relying_party.credentials.client_id, None, {"scope": "openid"}
    )

    answer = relying_party.refresh(tokens["refresh_token"])

    assert answer.json["scope"] == "openid"


# Audience -----------------------------------------------------------------------------------------


def test_one_of_several_audiences_may_be_asked_for(party, user):
    """RFC 8707, section 2.2."""
    wide = party(audience=[AUDIENCE, OTHER])
    token = wide.password(user).json["refresh_token"]

    answer = wide.refresh(token, resource=OTHER)

    assert payload_of(answer.json["access_token"])["aud"] == OTHER


def test_an_audience_that_was_not_granted_does_not_use_the_token_up(party, user, rows):
    """RFC 8707, section 2.2: invalid_target."""
    wide = party(audience=[AUDIENCE, OTHER])
    token = wide.password(user, resource=AUDIENCE).json["refresh_token"]

    answer = wide.refresh(token, resource=OTHER)

    assert refused_as(answer) == (400, "invalid_target")
    assert rows.get(session_id_of(token)).generation == 0


# The person now -----------------------------------------------------------------------------------


def test_roles_are_those_of_now(relying_party, tokens, user, services):
    """RFC 9068, section 2.2.3.1."""
    roles = services.get(RoleService)
    roles.assign(SYSTEM, None, user.id, roles.find_by_name("admin").id)

    answer = relying_party.refresh(tokens["refresh_token"])

    assert payload_of(answer.json["access_token"])["roles"] == ["admin", "user"]


def test_a_disabled_user_gets_no_more_tokens(relying_party, tokens, user, services):
    """security.md, invariant 3."""
    services.get(UserService).disable(SYSTEM, None, user.id)

    assert refused_as(relying_party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_sessions_of_before_stay_dead_when_the_user_is_enabled_again(
    relying_party, tokens, user, services
):
    """security.md, invariant 4."""
    services.get(UserService).disable(SYSTEM, None, user.id)
    services.get(UserService).enable(SYSTEM, None, user.id)

    assert refused_as(relying_party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_change_of_password_ends_the_session(relying_party, tokens, user, services):
    """security.md, invariant 4; ASVS 5.0, 7.4.3."""
    services.get(AuthnService).change_password(
        user.id, user.password, "another long enough one", None, SYSTEM
    )

    assert refused_as(relying_party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_deleted_user_gets_no_more_tokens(relying_party, tokens, user, services):
    services.get(UserService).delete(SYSTEM, None, user.id)

    assert refused_as(relying_party.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


# Whose token --------------------------------------------------------------------------------------


def test_a_token_of_another_client_is_refused(another_party, tokens):
    """RFC 6749, section 6: bound to the client to which it was issued."""
    answer = another_party.refresh(tokens["refresh_token"])

    assert refused_as(answer) == (400, "invalid_grant")


def test_another_client_cannot_use_a_token_up(relying_party, another_party, tokens):
    another_party.refresh(tokens["refresh_token"])

    assert relying_party.refresh(tokens["refresh_token"]).status_code == 200


def test_a_client_that_may_no_longer_refresh_is_refused(relying_party, tokens, services):
    """RFC 6749, section 5.2: unauthorized_client."""
    services.get(ClientService).update(
        SYSTEM, relying_party.credentials.client_id, None, {"grant_types": ["password"]}
    )

    answer = relying_party.refresh(tokens["refresh_token"])

    assert refused_as(answer) == (400, "unauthorized_client")


def test_a_refresh_token_is_required(relying_party):
    assert refused_as(relying_party.token(grant_type="refresh_token")) == (400, "invalid_request")


# What is no refresh token -------------------------------------------------------------------------


def test_an_access_token_is_no_refresh_token(relying_party, tokens):
    """RFC 8725, section 3.11."""
    answer = relying_party.refresh(tokens["access_token"])

    assert refused_as(answer) == (400, "invalid_grant")


def test_a_refresh_token_is_of_a_type_and_an_algorithm_of_its_own(tokens):
    """protocol.md, Tokens: no resource server can take it for an access token."""
    header = header_of(tokens["refresh_token"])

    assert (header["typ"], header["alg"]) == ("rt+jwt", "HS256")


@pytest.mark.parametrize("garbage", ["x", "a.b.c", "eyJ.eyJ.", "." * 500, "a" * 9000, "\u00e9"])
def test_garbage_is_refused(relying_party, garbage):
    assert refused_as(relying_party.refresh(garbage)) == (400, "invalid_grant")


def test_a_changed_signature_is_refused(relying_party, tokens):
    head, payload, signature = tokens["refresh_token"].split(".")
    other = "A" if signature[0] != "A" else "B"

    answer = relying_party.refresh(f"{head}.{payload}.{other}{signature[1:]}")

    assert refused_as(answer) == (400, "invalid_grant")
