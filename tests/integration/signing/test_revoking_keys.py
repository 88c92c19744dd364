"""Keys that were stolen: nothing that they have signed is believed any more."""

import pytest

from authserver.actor import Actor
from authserver.audit.search import Search
from authserver.signing.keystores import AesGcmKeyStore
from authserver.signing.schedule import REFRESH, TOKEN

ADA = Actor("user", "ada")


def test_no_former_key_is_believed(signing):
    """NIST SP 800-57, part 1, 8.3.5: a compromised key is revoked, whatever its state."""
    former = signing.list_keys()

    signing.revoke_all(ADA)

    assert {key.kid for key in signing.list_keys()}.isdisjoint(key.kid for key in former)
    assert [signing.verification_key(key.kid, key.purpose) for key in former] == [None] * len(
        former
    )


@pytest.mark.parametrize("purpose", [TOKEN, REFRESH])
def test_new_keys_sign_at_once_and_others_are_to_follow(signing, purpose):
    signing.revoke_all(ADA)

    states = sorted(key.state for key in signing.list_keys() if key.purpose == purpose)
    assert states == ["active", "next"]
    assert signing.signing_key("ES256").kid not in ("", None)
    assert signing.refresh_key() is not None


def test_another_process_follows(make_service, signing, monotonic):
    other = make_service()
    former = other.signing_key("ES256").kid

    signing.revoke_all(ADA)
    monotonic.seconds += 60

    assert other.signing_key("ES256").kid == signing.signing_key("ES256").kid != former


def test_who_revoked_which_key_is_recorded(signing):
    former = {key.kid for key in signing.list_keys()}

    revoked = signing.revoke_all(ADA)

    search = Search(event="signing_key.revoked")
    events = signing.audit.list(search, before=None, limit=20)
    assert {event.detail["kid"] for event in events} == former == set(revoked)
    assert {event.actor_id for event in events} == {"ada"}


def test_keys_that_do_not_open_are_revoked_as_well(signing, make_service):
    """The key-encryption key is lost: there is a new one, and nothing that it opens."""
    former = {key.kid for key in signing.list_keys()}
    heir = make_service(key_store=AesGcmKeyStore(b"another key of 32 bytes, for one"))

    assert set(heir.revoke_all(ADA)) == former
    assert heir.signing_key("ES256").kid not in former
