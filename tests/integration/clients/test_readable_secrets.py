"""Secrets that must be read again (docs/adr/0011): sealed, and for whom."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.clients.secrets import ClientSecrets
from authserver.clients.service import ClientService
from authserver.signing.keystores import AesGcmKeyStore, KeyStoreError

WEB = {"client_name": "Web", "redirect_uris": ["https://app.example/cb"], "scope": "openid"}
HS256 = WEB | {"id_token_signed_response_alg": "HS256"}


def dump(clients: ClientService) -> str:
    with clients.database.transaction() as tx:
        return str(tx.execute(text("SELECT digest, sealed FROM client_secrets")).all())


@pytest.mark.parametrize(
    "members",
    [
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"id_token_signed_response_alg": "HS256"},
        {"userinfo_signed_response_alg": "HS256"},
        {"request_object_signing_alg": "HS256"},
    ],
    ids=lambda members: next(iter(members)),
)
def test_a_secret_that_signs_can_be_read(clients, members):
    made = clients.create(SYSTEM, WEB | members, "web")

    assert clients.plain_secrets(clients.find("web")) == (made.secret,)


def test_a_secret_that_only_authenticates_cannot(clients):
    clients.create(SYSTEM, WEB, "web")

    assert clients.plain_secrets(clients.find("web")) == ()


def test_a_dump_of_the_database_shows_no_secret(clients):
    made = clients.create(SYSTEM, HS256, "web")

    assert made.secret not in dump(clients)


def test_the_newest_secret_comes_first(clients):
    old = clients.create(SYSTEM, HS256, "web").secret
    new = clients.rotate_secret(SYSTEM, "web").secret

    assert clients.plain_secrets(clients.get("web")) == (new, old)


def test_a_secret_that_has_ended_is_not_read(clients):
    clients.create(SYSTEM, HS256, "web")
    new = clients.rotate_secret(SYSTEM, "web", overlap=60).secret

    clients.secrets.clock.advance(60)

    assert clients.plain_secrets(clients.get("web")) == (new,)


def test_a_client_that_comes_to_need_it_is_given_a_secret(clients):
    """That of before works for another day, and cannot be read."""
    old = clients.create(SYSTEM, WEB, "web").secret

    changed = clients.update(SYSTEM, "web", None, {"id_token_signed_response_alg": "HS256"})

    now = clients.secrets.clock.now()
    assert clients.plain_secrets(changed.client) == (changed.secret,)
    assert changed.client.check_client_secret(old, now)
    assert changed.client.check_client_secret(changed.secret, now)


def test_a_client_that_needs_nothing_new_keeps_its_secret(clients):
    clients.create(SYSTEM, HS256, "web")

    assert clients.update(SYSTEM, "web", None, {"client_name": "Shop"}).secret is None


def test_a_client_by_key_loses_its_secret(clients):
    clients.create(SYSTEM, WEB, "web")
    by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/k"}

    changed = clients.update(SYSTEM, "web", None, by_key)

    assert (changed.client.secrets, changed.secret) == ((), None)


def test_the_secret_of_one_client_does_not_open_as_that_of_another(clients):
    """Whoever may write to the table cannot give a client the secret of another one."""
    clients.create(SYSTEM, HS256, "web")
    clients.create(SYSTEM, HS256, "other")
    with clients.database.transaction() as tx:
        tx.execute(
            text(
                "UPDATE client_secrets SET sealed = (SELECT sealed FROM client_secrets "
                "WHERE client_id = 'other') WHERE client_id = 'web'"
            )
        )

    with pytest.raises(KeyStoreError):
        clients.plain_secrets(clients.get("web"))


def test_another_key_encryption_key_opens_nothing(clients):
    clients.create(SYSTEM, HS256, "web")
    stranger = replace(
        clients, secrets=ClientSecrets(AesGcmKeyStore(bytes([1] * 32)), clients.secrets.clock)
    )

    with pytest.raises(KeyStoreError):
        stranger.plain_secrets(stranger.get("web"))
