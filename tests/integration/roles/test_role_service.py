"""Roles in PostgreSQL: many at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, update

from authserver.actor import SYSTEM
from authserver.audit.repository import AuditRepository
from authserver.audit.search import Search
from authserver.audit.service import AuditService
from authserver.errors import LastAdministrator, PreconditionFailed, RoleNameTaken
from authserver.roles.models import Role, UserRole
from authserver.roles.permissions import ALL
from authserver.roles.repository import RoleRepository
from authserver.roles.service import RoleService
from authserver.storage.cache import NoCache
from authserver.storage.db import Database
from authserver.users.models import User
from authserver.users.service import UserService

ROUNDS = 5


@pytest.fixture
def roles(services) -> RoleService:
    return services.get(RoleService)


@pytest.fixture
def users(services) -> UserService:
    return services.get(UserService)


@pytest.fixture
def roles_of_empty(database) -> RoleService:
    """The service over a database that nothing was put into."""
    audit = AuditService(database, AuditRepository(database.statements))
    return RoleService(database, RoleRepository(database.statements), audit, NoCache(), 0)


def at_once(*deeds):
    """What each deed answered or raised, all begun at the same moment."""
    start = Barrier(len(deeds))

    def run(deed):
        start.wait()
        try:
            return deed()
        except Exception as error:  # noqa: BLE001 - the error is the answer.
            return error

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def enabled_administrators(services) -> int:
    query = (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .join(Role, Role.id == UserRole.role_id)
        .where(User.enabled, Role.name == "admin")
    )
    with services.get(Database).transaction() as tx:
        return len(tx.scalars(query).all())


# The built-in roles -------------------------------------------------------------------------------


def test_servers_that_start_together_make_the_built_in_roles_once(roles_of_empty):
    answers = at_once(*[roles_of_empty.ensure_built_in] * 5)

    assert answers == [None] * 5
    assert [role.name for role in roles_of_empty.list()] == ["admin", "user"]


def test_a_newer_server_gives_the_administrator_what_is_new(roles_of_empty, database):
    roles_of_empty.ensure_built_in()
    with database.transaction() as tx:
        tx.execute(update(Role).where(Role.name == "admin").values(permissions=["users:read"]))

    roles_of_empty.ensure_built_in()

    assert set(roles_of_empty.find_by_name("admin").permissions) == ALL


def test_a_second_start_changes_nothing(roles_of_empty):
    roles_of_empty.ensure_built_in()
    before = roles_of_empty.find_by_name("admin").version

    roles_of_empty.ensure_built_in()

    assert roles_of_empty.find_by_name("admin").version == before


def test_a_description_that_somebody_wrote_stays(roles):
    user = roles.find_by_name("user")
    roles.update(SYSTEM, None, user.id, None, {"description": "People."})

    roles.ensure_built_in()

    assert roles.find_by_name("user").description == "People."


# The last administrator ---------------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["demote", "disable", "delete"] * ROUNDS)
def test_administrators_who_remove_each_other_at_once_do_not_both_succeed(
    services, roles, users, make_user, deed
):
    admin_role = roles.find_by_name("admin")
    deeds = {
        "demote": lambda user: roles.unassign(SYSTEM, None, user.id, admin_role.id),
        "disable": lambda user: users.disable(SYSTEM, None, user.id),
        "delete": lambda user: users.delete(SYSTEM, None, user.id),
    }
    pair = [make_user(roles=["admin"]) for _ in range(2)]

    answers = at_once(*[lambda user=user: deeds[deed](user) for user in pair])

    assert [type(answer) for answer in answers].count(LastAdministrator) == 1
    assert enabled_administrators(services) == 1


def test_one_administrator_stays_whatever_happens_at_once(services, roles, users, make_user):
    admin_role = roles.find_by_name("admin")
    team = [make_user(roles=["admin"]) for _ in range(3)]

    answers = at_once(
        lambda: roles.unassign(SYSTEM, None, team[0].id, admin_role.id),
        lambda: users.disable(SYSTEM, None, team[1].id),
        lambda: users.delete(SYSTEM, None, team[2].id),
    )

    assert enabled_administrators(services) == 1
    assert [type(answer) for answer in answers].count(LastAdministrator) == 1


# Many at once -------------------------------------------------------------------------------------


def test_one_name_makes_one_role(roles):
    answers = at_once(*[lambda: roles.create(SYSTEM, None, "auditor")] * 5)

    assert [type(answer) for answer in answers].count(RoleNameTaken) == 4


def test_of_changes_of_one_version_one_is_made(roles):
    role = roles.create(SYSTEM, None, "auditor")

    answers = at_once(
        *[
            lambda text=text: roles.update(SYSTEM, None, role.id, 1, {"description": text})
            for text in "abcde"
        ]
    )

    assert [type(answer) for answer in answers].count(PreconditionFailed) == 4
    assert roles.get(role.id).version == 2


def test_a_role_is_assigned_once_by_many(services, roles, make_user):
    user, role = make_user(), roles.create(SYSTEM, None, "auditor")

    at_once(*[lambda: roles.assign(SYSTEM, None, user.id, role.id)] * 5)

    events = services.get(AuditService).list(Search(event="role.assigned"), before=None, limit=9)
    assert [event.detail["name"] for event in events].count("auditor") == 1


# The cache ----------------------------------------------------------------------------------------


def test_what_a_user_has_is_read_from_the_cache(services, roles, make_user):
    user = make_user()
    roles.holding_of(user.id)
    with services.get(Database).transaction() as tx:
        tx.execute(update(Role).where(Role.name == "user").values(permissions=["users:read"]))

    remembered = roles.holding_of(user.id).permissions
    roles.forget(user.id)
    read = roles.holding_of(user.id).permissions

    roles.ensure_built_in()
    assert remembered == frozenset()
    assert read == {"users:read"}
