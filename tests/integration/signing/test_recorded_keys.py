"""What happens to keys is recorded: by whom, and which key follows on which."""

from authserver.actor import SYSTEM, Actor
from authserver.audit.search import Search

DAY = 86_400
ADA = Actor("user", "ada")


def recorded(service, event: str) -> list:
    return [*service.audit.list(Search(event=event), before=None, limit=20)][::-1]


def test_the_first_keys_are_recorded(make_service):
    """Those that sign from now on, and those that are published and will follow them."""
    service = make_service()

    service.ensure_keys(ADA)

    active = {event.detail["kid"] for event in recorded(service, "signing_key.rotated")}
    following = {event.detail["kid"] for event in recorded(service, "signing_key.created")}
    described = {key.kid: key.state for key in service.list_keys()}
    assert {described[kid] for kid in active} == {"active"}
    assert {described[kid] for kid in following} == {"next"}
    assert active | following == described.keys()
    assert {event.actor_id for event in recorded(service, "signing_key.created")} == {"ada"}


def test_a_rotation_names_the_key_before_and_the_key_to_come(signing, clock):
    former = signing.signing_key("ES256").kid
    known = {key.kid for key in signing.list_keys()}

    signing.rotate(ADA, "ES256")

    detail = recorded(signing, "signing_key.rotated")[-1].detail
    [made] = {key.kid for key in signing.list_keys()} - known
    assert (detail["previous_kid"], detail["next_kid"]) == (former, made)
    assert (detail["purpose"], detail["algorithm"]) == ("token", "ES256")


def test_a_key_that_has_expired_is_recorded_when_it_is_removed(signing, clock):
    former = signing.signing_key("ES256").kid
    signing.rotate(SYSTEM)
    clock.advance(2 * DAY)

    signing.forget_expired()

    [event] = recorded(signing, "signing_key.removed")
    assert (event.actor_kind, event.detail) == ("system", {"kid": former})


def test_nothing_is_recorded_when_there_is_nothing_to_remove(signing):
    signing.forget_expired()

    assert recorded(signing, "signing_key.removed") == []


def test_no_part_of_a_private_key_is_recorded(signing, database):
    signing.rotate(SYSTEM)

    said = " ".join(str(event.detail) for event in signing.audit.list(before=None, limit=50))

    private = signing.signing_key("ES256").private.as_dict(private=True)["d"]
    assert private not in said
    assert "sealed" not in said
