"""Getting around the lock-out: accounts that share a counter, many guesses at once, known networks.

A counter is found by a digest that is cut short, so two accounts may share one. Nobody outside may
know which: the pairs here share one under the plain digest, which anybody can calculate.
"""

import hashlib
import threading
from contextlib import ExitStack, suppress
from itertools import count

import pytest
from sqlalchemy import text

from authserver.credentials.models import BUCKETS
from authserver.credentials.service import CredentialService
from authserver.errors import Unavailable
from authserver.storage.db import Database
from tests.attacks.races import together
from tests.attacks.rows import attack
from tests.factories.users import PRODUCTION_HASH

HOME = "198.51.100.7"
WRONG = "not the right password"


def plain_bucket(email: str, network: str = HOME) -> int:
    digest = hashlib.sha256(f"{email}\n{network}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % BUCKETS


@pytest.fixture(scope="module")
def neighbours() -> tuple[str, str]:
    """Two addresses that would share a counter if the digest had no key."""
    seen: dict[int, str] = {}
    for number in count():
        email = f"neighbour-{number}@example.com"
        other = seen.setdefault(plain_bucket(email), email)
        if other != email:
            return other, email
    raise AssertionError


@pytest.fixture
def login(make_app, new_client):
    """Signs in at a server that locks after three failures, and has many threads."""
    app, _ = make_app(lockout_threshold=3, account_limit="6/hour", threads=64)
    clients = threading.local()

    def login(email: str, password: str = WRONG, address: str = HOME):
        if not hasattr(clients, "own"):
            clients.own = new_client(app)
        return clients.own.post(
            "/api/auth/login",
            json={"email": email, "password": password},
            environ_overrides={"REMOTE_ADDR": address},
        )

    return login


@attack("PW-06")
def test_signing_in_to_ones_own_account_gives_no_more_guesses_at_another(
    login, make_user, neighbours
):
    """CWE-307: two guesses, a success at the neighbouring counter, two guesses, and so on."""
    victim, own = (make_user(email=email) for email in neighbours)
    statuses = []
    for _ in range(2):
        statuses += [login(victim.email).status_code for _ in range(2)]
        login(own.email, own.password)

    assert statuses == [401, 401, 401, 429]


@attack("PW-06")
def test_failures_at_an_invented_address_lock_nobody(login, make_user, neighbours):
    """ASVS 6.3.1: nobody can lock somebody else out."""
    victim, invented = make_user(email=neighbours[0]), neighbours[1]
    for _ in range(4):
        login(invented)

    assert login(victim.email, victim.password).status_code == 200


@attack("PW-06")
def test_signing_in_to_ones_own_account_makes_no_network_known_to_another(
    login, make_user, neighbours
):
    """The limit on the account as a whole spares the networks of its owner, and no others."""
    victim, own = (make_user(email=email) for email in neighbours)
    login(own.email, own.password)
    for number in range(6):
        login(victim.email, address=f"203.0.113.{number}")

    assert login(victim.email, victim.password).status_code == 429


@attack("PW-06")
def test_guesses_at_once_are_bounded_by_the_places(make_app, new_client, make_user):
    """CWE-367: what is being tried is not counted yet, and no more is tried than has a place."""
    app, _ = make_app(lockout_threshold=3, threads=8, redis_url="", **PRODUCTION_HASH)
    user = make_user()
    body = {"email": user.email, "password": WRONG}

    answers = together(
        *[lambda: app.test_client().post("/api/auth/login", json=body).status_code] * 24
    )

    assert set(answers) <= {401, 429, 503}
    assert answers.count(401) <= 2 + 4
    assert new_client(app).post("/api/auth/login", json=body).status_code == 429


@attack("PW-06")
def test_a_right_password_many_times_at_once_locks_nobody(login, make_user):
    """A back end that signs one user in sixteen times at once guesses nothing."""
    user = make_user()

    answers = together(*[lambda: login(user.email, user.password).status_code] * 16)

    assert answers == [200] * 16


@attack("PW-06")
def test_a_lock_that_has_ended_returns_with_the_next_failure(login, make_user, services):
    """What ends is the wait, not the count."""
    user = make_user()
    for _ in range(3):
        login(user.email)
    _sql(services, "UPDATE sign_in_attempts SET locked_until = now()")

    answers = [login(user.email).status_code for _ in range(3)]

    assert answers == [401, 429, 429]


@attack("PW-06")
def test_who_is_shut_out_as_a_stranger_is_not_counted(login, make_user, services):
    """Nobody pays with a lock for guesses that somebody else made."""
    user = make_user()
    for number in range(6):
        login(user.email, address=f"203.0.113.{number}")
    before = _sql(services, "SELECT sum(failures) FROM sign_in_attempts")

    login(user.email)

    assert _sql(services, "SELECT sum(failures) FROM sign_in_attempts") == before


@attack("PW-06")
def test_who_finds_no_place_to_be_checked_is_not_counted(client, make_user, services):
    """A storm at the server must not become a lock on those who try to sign in meanwhile."""
    user, hasher = make_user(), services.get(CredentialService).hasher
    client.may_fail = True
    with ExitStack() as places:
        _take_all(hasher, places)

        answer = client.post("/api/auth/login", json={"email": user.email, "password": WRONG})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert _sql(services, "SELECT count(*) FROM sign_in_attempts") == [(0,)]


def test_the_networks_of_a_user_are_remembered_up_to_a_number(login, make_user, services):
    """Who signs in from ever new addresses grows nothing but their own number."""
    user = make_user()
    for number in range(23):
        login(user.email, user.password, address=f"203.0.113.{number}")

    assert _sql(services, "SELECT count(*) FROM known_networks") == [(20,)]


def test_a_network_is_known_for_ninety_days(login, make_user, services):
    user = make_user()
    login(user.email, user.password)
    _sql(services, "UPDATE known_networks SET seen_at = now() - interval '91 days'")
    for number in range(6):
        login(user.email, address=f"203.0.113.{number}")

    assert login(user.email, user.password).status_code == 429


def _take_all(hasher, places: ExitStack) -> None:
    with suppress(Unavailable):
        while True:
            places.enter_context(hasher.place())


def _sql(services, statement: str) -> list[tuple]:
    with services.get(Database).engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []
