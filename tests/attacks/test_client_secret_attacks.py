"""Attacks with client secrets that have been rotated away (rows CA-29 and CA-30)."""

from typing import Any

import pytest

from authserver.clients.service import TOPIC
from authserver.wiring import Stores
from tests.attacks.rows import attack
from tests.support.relying_party import basic, bearer

INTROSPECT = "/oauth2/introspect"
# One form that all three endpoints understand.
FORM = {"grant_type": "client_credentials", "token": "some-token"}

everywhere = pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", INTROSPECT])


def rotate(client: Any, token: str, client_id: str, overlap: int) -> str:
    answer = client.post(
        f"/api/clients/{client_id}/secret", json={"overlap": overlap}, headers=bearer(token)
    )
    assert answer.status_code == 200
    return str(answer.json["client_secret"])


def works(client: Any, client_id: str, secret: str) -> bool:
    answer = client.post(INTROSPECT, data=FORM, headers=basic(client_id, secret))
    assert answer.status_code in (200, 401)
    return bool(answer.status_code == 200)


@attack("CA-29")
def test_a_rotated_secret_is_valid_beside_the_new_one(relying_party, client, admin_token):
    """ASVS 5.0, 13.3.4: no downtime."""
    old = relying_party.credentials

    new = rotate(client, admin_token, old.client_id, overlap=60)

    assert works(client, old.client_id, old.secret)
    assert works(client, old.client_id, new)


@attack("CA-29")
def test_a_rotated_secret_without_overlap_ends_at_once(relying_party, client, admin_token):
    old = relying_party.credentials
    assert works(client, old.client_id, old.secret)

    new = rotate(client, admin_token, old.client_id, overlap=0)

    assert not works(client, old.client_id, old.secret)
    assert works(client, old.client_id, new)


@attack("CA-29")
def test_no_more_than_two_secrets_are_valid(relying_party, client, admin_token):
    old = relying_party.credentials

    for _ in range(2):
        rotate(client, admin_token, old.client_id, overlap=60)

    assert not works(client, old.client_id, old.secret)


@attack("CA-29", "CA-30")
@everywhere
def test_an_expired_secret_is_refused(relying_party, client, admin_token, services, rows, path):
    """RFC 7591, section 3.2.1; time is moved by hand."""
    old = relying_party.credentials
    rotate(client, admin_token, old.client_id, overlap=60)
    rows.sql("UPDATE client_secrets SET expires_at = now() WHERE expires_at IS NOT NULL")
    services.get(Stores).notices.publish(TOPIC, old.client_id)

    answer = client.post(path, data=FORM, headers=basic(old.client_id, old.secret))

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
