"""``/api/auth/logout`` and ``/api/auth/logout-all``."""

import pytest

from tests.support.relying_party import RelyingParty


def test_signing_out_ends_the_session(front_end, tokens):
    """ASVS 5.0, 7.4.1."""
    answer = front_end.log_out(tokens["accessToken"])

    assert (answer.status_code, answer.data) == (204, b"")
    assert front_end.refresh(tokens["refreshToken"]).status_code == 401


def test_signing_out_ends_the_access_token_at_our_own_api(front_end, tokens):
    front_end.log_out(tokens["accessToken"])

    answer = front_end.log_out(tokens["accessToken"])
    assert answer.status_code == 401


def test_signing_out_leaves_other_sessions_alone(front_end, user, tokens):
    other = front_end.log_in(user).json

    front_end.log_out(tokens["accessToken"])

    assert front_end.refresh(other["refreshToken"]).status_code == 200


def test_signing_out_everywhere_ends_all_sessions(front_end, user, tokens):
    """ASVS 5.0, 7.4.5."""
    other = front_end.log_in(user).json

    answer = front_end.log_out(tokens["accessToken"], "logout-all")

    assert answer.status_code == 204
    assert front_end.refresh(tokens["refreshToken"]).status_code == 401
    assert front_end.refresh(other["refreshToken"]).status_code == 401


def test_signing_out_everywhere_is_for_oneself(front_end, make_user, tokens):
    other = front_end.log_in(make_user()).json

    front_end.log_out(tokens["accessToken"], "logout-all")

    assert front_end.refresh(other["refreshToken"]).status_code == 200


@pytest.mark.parametrize(("path", "status"), [("logout", 401), ("logout-all", 403)])
def test_a_client_that_acts_for_itself_has_nothing_to_sign_out_of(
    client, front_end, make_client, path, status
):
    party = RelyingParty(client, make_client(audience=[], scope="account"))
    token = party.token(grant_type="client_credentials").json["access_token"]

    assert front_end.log_out(token, path).status_code == status


def test_a_token_without_the_scope_for_ones_account_does_not_sign_out_everywhere(
    client, front_end, make_client, user, tokens
):
    """RFC 6750, section 3.1: a client that was lent a name may not shut its owner out."""
    party = RelyingParty(client, make_client(audience=[], scope="openid"))
    token = party.password(user).json["access_token"]

    answer = front_end.log_out(token, "logout-all")

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
    assert front_end.refresh(tokens["refreshToken"]).status_code == 200


@pytest.mark.parametrize("path", ["logout", "logout-all"])
def test_a_token_for_another_audience_cannot_sign_anybody_out(front_end, relying_party, user, path):
    """RFC 9068, section 4."""
    token = relying_party.password(user).json["access_token"]

    answer = front_end.log_out(token, path)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
