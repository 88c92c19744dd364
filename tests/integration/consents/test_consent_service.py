"""What people have allowed clients, in PostgreSQL."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.consents.service import ConsentService
from authserver.errors import ClientNotFound, ConsentNotFound, UserNotFound
from authserver.storage.db import Database
from authserver.users.service import UserService
from tests.attacks.races import together
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import SessionRows


@pytest.fixture
def consents(services):
    return services.get(ConsentService)


@pytest.fixture
def rows(services):
    return SessionRows(services.get(Database))


@pytest.fixture
def user(make_user):
    return make_user()


@pytest.fixture
def web(make_client):
    return make_client("web", client_name="A web application")


def test_nothing_is_granted_before_somebody_does(consents, user, web):
    assert consents.find(user.id, "web") is None


def test_what_was_granted_is_remembered(consents, user, web):
    consents.grant(user.id, "web", {"openid", "email"}, SYSTEM)

    found = consents.find(user.id, "web")

    assert (found.client_id, found.client_name) == ("web", "A web application")
    assert found.scope == {"openid", "email"}


def test_to_grant_more_takes_nothing_back(consents, user, web):
    consents.grant(user.id, "web", {"openid", "email"}, SYSTEM)

    consents.grant(user.id, "web", {"openid", "profile"}, SYSTEM)

    assert consents.find(user.id, "web").scope == {"openid", "email", "profile"}


def test_each_act_of_consent_moves_its_time(consents, rows, user, web):
    """OpenID Connect Core 1.0, section 3.1.2.1: prompt=consent asks for a new act."""
    consents.grant(user.id, "web", {"openid"}, SYSTEM)
    rows.sql("UPDATE consents SET granted_at = granted_at - interval '1 day'")
    before = consents.find(user.id, "web").granted_at

    consents.grant(user.id, "web", {"openid"}, SYSTEM)

    assert consents.find(user.id, "web").granted_at > before


def test_what_two_tabs_grant_at_once_is_granted_both(consents, user, web):
    together(
        *[
            lambda name=name: consents.grant(user.id, "web", {"openid", name}, SYSTEM)
            for name in ("a", "b", "c", "d")
        ]
    )

    assert consents.find(user.id, "web").scope == {"openid", "a", "b", "c", "d"}


def test_one_grants_for_oneself_and_for_one_client(consents, user, web, make_user, make_client):
    make_client("other")
    consents.grant(user.id, "web", {"openid"}, SYSTEM)

    assert consents.find(user.id, "other") is None
    assert consents.find(make_user().id, "web") is None


def test_a_consent_is_recorded(consents, rows, user, web):
    consents.grant(user.id, "web", {"openid", "email"}, SYSTEM)

    (event,) = rows.events("consent.granted")
    assert (event.user_id, event.client_id) == (user.id, "web")
    assert event.detail == {
        "scope": "email openid",
        "before": {"scope": []},
        "after": {"scope": ["email", "openid"]},
    }


def test_nothing_is_granted_by_a_user_who_is_gone(consents, web):
    with pytest.raises(UserNotFound):
        consents.grant(uuid4(), "web", {"openid"}, SYSTEM)


def test_nothing_is_granted_to_a_client_that_is_gone(consents, user):
    with pytest.raises(ClientNotFound):
        consents.grant(user.id, "nobody", {"openid"}, SYSTEM)


# Taking it back -----------------------------------------------------------------------------------


def test_what_was_taken_back_is_no_longer_granted(consents, user, web):
    consents.grant(user.id, "web", {"openid"}, SYSTEM)

    consents.withdraw(user.id, "web", SYSTEM)

    assert consents.find(user.id, "web") is None


def test_all_sessions_at_that_client_end_and_no_others(
    client, consents, rows, user, web, make_user
):
    """With offline access or without."""
    here, other = RelyingParty(client, web), make_user()
    consents.grant(user.id, "web", {"openid"}, SYSTEM)
    ended = [here.password(user, scope=scope).json for scope in ("openid", "offline_access")]
    theirs = here.password(other).json

    consents.withdraw(user.id, "web", SYSTEM)

    refused = [here.refresh(tokens["refresh_token"]).status_code for tokens in ended]
    assert refused == [400, 400]
    assert here.refresh(theirs["refresh_token"]).status_code == 200
    (event,) = rows.events("consent.withdrawn")
    assert (event.user_id, event.client_id) == (user.id, "web")
    assert event.detail == {
        "ended_sessions": 2,
        "before": {"scope": ["openid"]},
        "after": {"scope": []},
    }


def test_sessions_at_other_clients_live_on(client, consents, user, web, relying_party):
    elsewhere = relying_party.password(user).json
    consents.grant(user.id, "web", {"openid"}, SYSTEM)

    consents.withdraw(user.id, "web", SYSTEM)

    assert relying_party.refresh(elsewhere["refresh_token"]).status_code == 200


def test_what_was_never_granted_cannot_be_taken_back(consents, user, web):
    with pytest.raises(ConsentNotFound):
        consents.withdraw(user.id, "web", SYSTEM)


# Those who go -------------------------------------------------------------------------------------


def test_a_user_takes_their_consents_along(consents, services, rows, user, web):
    consents.grant(user.id, "web", {"openid"}, SYSTEM)

    services.get(UserService).delete(SYSTEM, None, user.id)

    assert rows.sql("SELECT * FROM consents") == []


def test_a_client_with_very_many_consents_is_deleted_in_batches(consents, services, rows, user):
    """No one statement deletes them all: it would take too long."""
    clients, count = services.get(ClientService), 5001
    members = {"client_name": "Popular", "grant_types": ["client_credentials"]}
    clients.create(SYSTEM, members, "popular")
    with services.get(Database).transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO users (id, email, password_hash) "
                "SELECT gen_random_uuid(), 'many-' || n || '@example.com', '-' "
                "FROM generate_series(1, :count) AS n"
            ),
            {"count": count},
        )
        tx.execute(
            text(
                "INSERT INTO consents (user_id, client_id, scope) "
                "SELECT id, 'popular', '{openid}' FROM users WHERE email LIKE 'many-%'"
            )
        )
        more = clients.clients.remove_dependents(tx, "popular")

    (left,) = rows.sql("SELECT count(*) AS count FROM consents")
    assert (more, left.count) == (True, 1)
    clients.delete(SYSTEM, "popular")
    assert rows.sql("SELECT * FROM consents") == []
