"""``client_secret_jwt`` as a client uses it (OpenID Connect Core 1.0, section 9)."""

import hashlib

import jwt
import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from tests.support.client_keys import TOKEN, ClientKey, assertion_claims, post_assertion
from tests.support.relying_party import basic


@pytest.fixture
def holder(make_client):
    return make_client(token_endpoint_auth_method="client_secret_jwt")


def under(secret, client_id, alg="HS256", **changes):
    return jwt.encode(assertion_claims(client_id, **changes), secret, algorithm=alg)


@pytest.mark.parametrize("path", [TOKEN, "/oauth2/introspect", "/oauth2/revoke"])
def test_a_client_proves_that_it_knows_its_secret(client, holder, path):
    answer = post_assertion(client, under(holder.secret, holder.client_id), path)

    assert answer.status_code == 200, answer.text


def test_an_assertion_is_used_once(client, holder):
    assertion = under(holder.secret, holder.client_id)

    answers = [post_assertion(client, assertion).status_code for _ in range(2)]

    assert answers == [200, 401]


@pytest.mark.parametrize("alg", ["HS384", "HS512"])
def test_only_what_is_advertised_signs(client, holder, alg):
    assertion = under(holder.secret, holder.client_id, alg)

    assert post_assertion(client, assertion).status_code == 401


def test_another_secret_is_refused(client, holder):
    assertion = under("another-secret-of-forty-three-letters-or-so", holder.client_id)

    assert post_assertion(client, assertion).status_code == 401


def test_the_digest_of_the_secret_is_no_secret(client, holder):
    """What a dump of the database shows opens nothing."""
    digest = hashlib.sha256(holder.secret.encode()).digest()

    assert post_assertion(client, under(digest, holder.client_id)).status_code == 401


def test_a_key_is_no_secret(client, holder):
    """The method is registered: a key of one's own does not stand for it."""
    assertion = ClientKey().sign(assertion_claims(holder.client_id))

    assert post_assertion(client, assertion).status_code == 401


def test_the_secret_itself_is_not_sent(client, holder):
    """protocol.md: the methods by secret do not stand for those by JWT."""
    form = {"grant_type": "client_credentials"}
    members = {"client_id": holder.client_id, "client_secret": holder.secret}

    answers = [
        client.post(TOKEN, data=form, headers=basic(holder.client_id, holder.secret)),
        client.post(TOKEN, data=form | members),
    ]

    assert [answer.status_code for answer in answers] == [401, 401]


def test_a_client_of_another_method_is_refused(client, make_client):
    other = make_client()

    assert post_assertion(client, under(other.secret, other.client_id)).status_code == 401


def test_both_secrets_are_valid_during_a_rotation(client, holder, services):
    rotated = services.get(ClientService).rotate_secret(SYSTEM, holder.client_id)

    answers = [
        post_assertion(client, under(secret, holder.client_id)).status_code
        for secret in (rotated.secret, holder.secret)
    ]

    assert answers == [200, 200]


def test_a_secret_that_was_rotated_away_is_refused(client, holder, services):
    services.get(ClientService).rotate_secret(SYSTEM, holder.client_id, overlap=0)

    assert post_assertion(client, under(holder.secret, holder.client_id)).status_code == 401
