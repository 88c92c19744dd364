"""Users in PostgreSQL: many at once, and what each deed does to credentials."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text

from authserver.actor import SYSTEM
from authserver.audit.search import Search
from authserver.audit.service import AuditService
from authserver.credentials.service import CredentialService
from authserver.errors import (
    EmailTaken,
    InsufficientPermission,
    PreconditionFailed,
    UserNotFound,
    WeakPassword,
)
from authserver.ids import new_id
from authserver.roles.service import RoleService
from authserver.storage.db import Database
from authserver.users.service import UserService

PASSWORD = "correct horse battery staple"


@pytest.fixture
def users(services) -> UserService:
    return services.get(UserService)


def set_hash(users, user_id, password_hash):
    """As ``authn`` does it."""
    with users.database.transaction() as tx:
        user = users.set_password_hash(tx, SYSTEM, user_id, password_hash)
    users.forget(user_id)
    return user


def outcome(deed):
    """What the deed answered, or the kind of error that it raised."""
    try:
        return deed()
    except Exception as error:  # noqa: BLE001 - the error is the answer.
        return type(error)


def at_once(deeds):
    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(outcome, deeds))


# Registering --------------------------------------------------------------------------------------


def test_of_many_registrations_of_one_address_one_succeeds(users):
    """PW-26."""
    spellings = ["u@x", "U@X", "\uff55@x", "u@x "] * 5

    answers = at_once(
        [
            lambda spelling=spelling: users.register(SYSTEM, spelling, PASSWORD)
            for spelling in spellings
        ]
    )

    assert answers.count(EmailTaken) == 19


def test_who_registers_has_the_role_user(services, users):
    user = users.register(SYSTEM, "u@x", PASSWORD, "Una")

    assert services.get(RoleService).holding_of(user.id).names == ("user",)


def test_a_registration_is_recorded(services, users):
    user = users.register(SYSTEM, "u@x", PASSWORD)

    [registered] = services.get(AuditService).list(
        Search(event="user.registered"), before=None, limit=9
    )
    assert registered.user_id == user.id


def test_a_password_made_of_the_address_is_weak(users):
    """PW-13: the policy knows whose password it is."""
    with pytest.raises(WeakPassword):
        users.register(SYSTEM, "augusta.lovelace@example.com", "augustalovelace")


def test_no_connection_is_held_while_a_password_is_hashed(services, users, monkeypatch):
    taken = []
    pool = services.get(Database).engine.pool
    hash_new = CredentialService.hash_new

    def watched(self, *arguments):
        taken.append(pool.checkedout())
        return hash_new(self, *arguments)

    monkeypatch.setattr(CredentialService, "hash_new", watched)

    user = users.register(SYSTEM, "u@x", PASSWORD)
    users.reset_password(SYSTEM, None, user.id, PASSWORD)

    assert taken == [0, 0]


# Signing in ---------------------------------------------------------------------------------------


def test_all_that_a_sign_in_needs_comes_in_one_statement(users, make_user):
    user = make_user(email="u@x", roles=["admin"])

    found = users.find_for_sign_in("U@X ")

    assert (found.id, found.email, found.enabled) == (user.id, "u@x", True)
    assert found.credential_generation == 0
    assert found.password_hash == users.get(user.id).password_hash
    assert found.roles == ["admin", "user"]


@pytest.mark.parametrize("email", ["unknown@x", "no address", "", "u@x\0"])
def test_for_what_is_no_account_there_is_nothing(users, email):
    assert users.find_for_sign_in(email) is None
    assert users.find_by_email(email) is None


def test_a_user_is_found_in_any_spelling(users, make_user):
    user = make_user(email="u@x")

    assert users.find_by_email("\uff35@X").id == user.id


# The credential generation ------------------------------------------------------------------------


def generation(users, user) -> int:
    return users.get(user.id).credential_generation


def test_disabling_raises_the_generation(users, make_user):
    """Invariant 4: all sessions die at once, also those just being born."""
    user = make_user()

    users.disable(SYSTEM, None, user.id)

    assert generation(users, user) == 1


def test_enabling_keeps_the_generation(users, make_user):
    user = make_user(enabled=False)

    users.enable(SYSTEM, None, user.id)

    assert generation(users, user) == 1


def test_a_reset_of_the_password_raises_the_generation(services, users, make_user):
    user = make_user()

    users.reset_password(SYSTEM, None, user.id, "another horse with batteries")

    encoded = users.get(user.id).password_hash
    verification = services.get(CredentialService).verify(encoded, "another horse with batteries")
    assert verification.matches
    assert generation(users, user) == 1


def test_a_change_of_the_password_tells_the_new_generation(users, make_user):
    user = make_user()

    changed = set_hash(users, user.id, "$argon2id$new")

    assert changed.credential_generation == generation(users, user) == 1
    assert users.get(user.id).password_hash == "$argon2id$new"


def test_two_changes_of_the_password_at_once_both_count(users, make_user):
    user = make_user()

    at_once([lambda: set_hash(users, user.id, "x")] * 5)

    assert generation(users, user) == 5


def test_a_better_hash_of_the_same_password_ends_no_session(users, make_user):
    user = make_user()
    old = users.get(user.id).password_hash

    assert users.rehash(user.id, old, "$argon2id$better")

    assert users.get(user.id).password_hash == "$argon2id$better"
    assert generation(users, user) == 0


def test_a_better_hash_does_not_undo_a_change_of_the_password(users, make_user):
    user = make_user()
    old = users.get(user.id).password_hash
    set_hash(users, user.id, "$argon2id$changed")

    assert not users.rehash(user.id, old, "$argon2id$better")

    assert users.get(user.id).password_hash == "$argon2id$changed"


def test_nobody_resets_the_password_of_who_may_do_more_than_they(users, make_user):
    """API-08."""
    admin = make_user(roles=["admin"])

    with pytest.raises(InsufficientPermission):
        users.reset_password(SYSTEM, frozenset({"users:write"}), admin.id, PASSWORD)


@pytest.mark.parametrize(
    "deed",
    [
        lambda users: users.get(new_id()),
        lambda users: users.profile(new_id()),
        lambda users: users.update(SYSTEM, None, new_id(), None, {"full_name": "x"}),
        lambda users: users.enable(SYSTEM, None, new_id()),
        lambda users: users.disable(SYSTEM, None, new_id()),
        lambda users: users.delete(SYSTEM, None, new_id()),
        lambda users: users.reset_password(SYSTEM, None, new_id(), PASSWORD),
        lambda users: set_hash(users, new_id(), "x"),
    ],
)
def test_nothing_can_be_done_to_an_unknown_user(users, deed):
    with pytest.raises(UserNotFound):
        deed(users)


# Many at once -------------------------------------------------------------------------------------


def test_of_changes_of_one_version_one_is_made(users, make_user):
    user = make_user()

    answers = at_once(
        [
            lambda name=name: users.update(SYSTEM, None, user.id, 1, {"full_name": name})
            for name in "abcde"
        ]
    )

    assert answers.count(PreconditionFailed) == 4
    assert users.get(user.id).version == 2


def test_of_users_who_want_one_address_one_gets_it(users, make_user):
    wanting = [make_user() for _ in range(5)]

    answers = at_once(
        [
            lambda user=user: users.update(SYSTEM, None, user.id, None, {"email": "u@x"})
            for user in wanting
        ]
    )

    assert answers.count(EmailTaken) == 4


# What it costs ------------------------------------------------------------------------------------


@pytest.fixture
def plans(services, users, make_user):
    """The plans of what the service asks, on a table that is too large to be read whole."""
    database = services.get(Database)
    asked = []

    def note(connection, cursor, *_):
        asked.append(cursor.query.decode())

    def explain(deed) -> str:
        asked.clear()
        deed()
        with database.engine.connect() as connection:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
            return "\n".join(
                row[0]
                for query in [query for query in asked if "FROM users" in query]
                for row in connection.exec_driver_sql(f"EXPLAIN {query.replace('%', '%%')}")
            )

    event.listen(database.engine, "after_cursor_execute", note)
    yield explain
    event.remove(database.engine, "after_cursor_execute", note)


def test_a_search_reads_the_index_and_sorts_nothing(users, plans):
    """performance.md, rule 11."""
    plan = plans(lambda: users.list("a", None, 50))

    assert "Index Scan using uq_users_email_lower" in plan
    assert "Index Cond" in plan
    assert "Sort" not in plan


def test_a_page_reads_the_index_and_sorts_nothing(users, plans):
    plan = plans(lambda: users.list(None, new_id(), 50))

    assert "Index Scan using pk_users" in plan
    assert "Sort" not in plan


def test_an_address_is_found_by_the_index(users, plans):
    plan = plans(lambda: users.find_by_email("u@x"))

    assert "Index Scan using uq_users_email_lower" in plan


# The cache ----------------------------------------------------------------------------------------


def test_a_profile_is_read_from_the_cache(services, users, make_user):
    user = make_user()
    users.profile(user.id)
    with services.get(Database).transaction() as tx:
        tx.execute(text("UPDATE users SET full_name = 'X'"))

    assert users.profile(user.id).full_name == "Una Example"


@pytest.mark.parametrize(
    "deed",
    [
        lambda users, user: users.update(SYSTEM, None, user.id, None, {"full_name": "X"}),
        lambda users, user: users.disable(SYSTEM, None, user.id),
        lambda users, user: users.reset_password(SYSTEM, None, user.id, PASSWORD),
        lambda users, user: set_hash(users, user.id, "x"),
    ],
)
def test_a_profile_is_forgotten_when_it_changes(users, make_user, deed):
    user = make_user()
    before = users.profile(user.id)

    deed(users, user)

    assert users.profile(user.id).version == before.version + 1


def test_a_deleted_user_is_not_in_the_cache(users, make_user):
    user = make_user()
    users.profile(user.id)

    users.delete(SYSTEM, None, user.id)

    with pytest.raises(UserNotFound):
        users.profile(user.id)
