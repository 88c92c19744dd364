"""Guessing passwords, and where it ends."""

import pytest
from redis import Redis
from sqlalchemy import text

from authserver.storage.db import Database
from tests.attacks.rows import attack
from tests.support.relying_party import basic

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
WRONG = "not the right password"
LOCKED = "too_many_failures"


@pytest.fixture
def login(client):
    """Signs in from an address."""

    def login(email: str, password: str = WRONG, address: str = HOME, http=client):
        return http.post(
            "/api/auth/login",
            json={"email": email, "password": password},
            environ_overrides={"REMOTE_ADDR": address},
        )

    return login


@pytest.fixture
def strict(make_app, new_client):
    """A client of a server that locks after three failures."""
    app, _ = make_app(lockout_threshold=3, lockout_ttl=60)
    return new_client(app)


def fail(login, http, email: str, times: int = 3, address: str = HOME) -> list[int]:
    return [login(email, http=http, address=address).status_code for _ in range(times)]


@attack("PW-06")
def test_too_many_failures_lock_even_the_right_password(login, strict, make_user):
    """ASVS 6.3.1: the one who guesses must not learn that they have guessed right."""
    user = make_user()
    fail(login, strict, user.email)

    answer = login(user.email, user.password, http=strict)

    assert (answer.status_code, answer.json["code"]) == (429, LOCKED)
    assert 0 < int(answer.headers["Retry-After"]) <= 60


@attack("PW-06")
def test_an_account_that_does_not_exist_locks_alike(login, strict):
    """ASVS 6.3.8."""
    fail(login, strict, "nobody@example.com")

    answer = login("nobody@example.com", http=strict)

    assert (answer.status_code, answer.json["code"]) == (429, LOCKED)


@attack("PW-06")
def test_every_spelling_of_an_address_counts_as_one(login, strict, make_user):
    """CVE-2026-19607: another case is not another account, and not another three guesses."""
    make_user(email="ada@example.com")
    for spelling in ("ada@example.com", "ADA@Example.com", " ada@example.com "):
        login(spelling, http=strict)

    assert login("Ada@EXAMPLE.com", http=strict).status_code == 429


@attack("PW-06")
def test_the_password_grant_counts_the_same_failures(login, strict, make_user, make_client):
    """Invariant 3: one gate. The grant answers as to a wrong password."""
    user, application = make_user(), make_client()
    fail(login, strict, user.email)
    form = {"grant_type": "password", "username": user.email, "password": user.password}

    answer = strict.post(
        "/oauth2/token",
        data=form,
        headers=basic(application.client_id, application.secret),
        environ_overrides={"REMOTE_ADDR": HOME},
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("PW-06")
def test_the_owner_signs_in_from_another_network(login, strict, make_user):
    """ASVS 6.3.1: nobody can lock somebody else out."""
    user = make_user()
    fail(login, strict, user.email, 5)

    assert login(user.email, user.password, ELSEWHERE, strict).status_code == 200


@attack("PW-06")
def test_each_further_failure_doubles_the_wait(login, strict, make_user, services):
    """ASVS 6.1.1: sixty seconds, then two minutes, then four."""
    user = make_user()
    fail(login, strict, user.email, 2)
    waits = []
    for _ in range(3):
        _let_the_lock_end(services)
        login(user.email, http=strict)
        waits.append(int(login(user.email, http=strict).headers["Retry-After"]))

    assert waits == [60, 120, 240]


@attack("PW-06")
def test_a_success_forgets_the_failures(login, strict, make_user):
    """Two slips a day, for ever, lock nobody."""
    user = make_user()
    for _ in range(3):
        fail(login, strict, user.email, 2)

        assert login(user.email, user.password, http=strict).status_code == 200


@attack("PW-06")
def test_guessing_from_many_networks_ends_and_known_ones_still_sign_in(
    login, make_app, new_client, make_user
):
    """The limit on the account as a whole spares networks that have signed in before."""
    app, _ = make_app(lockout_threshold=3, account_limit="6/hour")
    http, user = new_client(app), make_user()
    login(user.email, user.password, HOME, http)
    for number in range(6):
        login(user.email, address=f"203.0.113.{number}", http=http)

    stranger = login(user.email, user.password, "203.0.113.99", http)
    owner = login(user.email, user.password, HOME, http)

    assert (stranger.status_code, owner.status_code) == (429, 200)


@attack("PW-09")
def test_an_ipv6_customer_is_one_caller(login, strict, make_user):
    """CWE-307: whoever has one address of a /64 has all 2^64 of them."""
    user = make_user()
    for number in (1, 2**20, 2**63):
        login(user.email, address=f"2001:db8:1:1:{_lower_half(number)}", http=strict)

    neighbour = login(user.email, user.password, "2001:db8:1:1:dead:beef:0:1", strict)
    elsewhere = login(user.email, user.password, "2001:db8:1:2::1", strict)

    assert (neighbour.status_code, elsewhere.status_code) == (429, 200)


@attack("PW-09")
def test_an_ipv4_address_written_as_ipv6_is_the_same_caller(login, strict, make_user):
    """RFC 4291, section 2.5.5.2."""
    user = make_user()
    fail(login, strict, user.email)

    assert login(user.email, user.password, f"::ffff:{HOME}", strict).status_code == 429


@attack("PW-09", "IN-11")
def test_a_forwarded_address_that_no_proxy_vouches_for_is_not_believed(strict, make_user):
    """Invariant 6: no proxy is trusted by default."""
    user = make_user()
    form = {"email": user.email, "password": WRONG}
    for number in range(3):
        strict.post("/api/auth/login", json=form, headers=_forwarded(number))

    answer = strict.post("/api/auth/login", json=form, headers=_forwarded(99))

    assert answer.status_code == 429


@attack("PW-11")
def test_one_guess_at_each_of_many_accounts_ends(login, make_app, new_client, services):
    """ASVS 6.3.1: spraying. Each failure is on record."""
    app, _ = make_app(login_limit="20/minute")
    http = new_client(app)

    statuses = [login(f"user-{number}@example.com", http=http).status_code for number in range(25)]

    assert statuses == [401] * 20 + [429] * 5
    assert _events(services, "sign_in.failed") == 20


@attack("PW-11")
def test_a_throttled_address_is_told_for_how_long(login, make_app, new_client):
    """RFC 6585, section 4."""
    app, _ = make_app(login_limit="1/minute")
    http = new_client(app)
    login("one@example.com", http=http)

    answer = login("two@example.com", http=http)

    assert answer.json["code"] == "rate_limited"
    assert 0 < int(answer.headers["Retry-After"]) <= 60


@attack("PW-11")
def test_successes_use_up_nothing(login, make_app, new_client, make_user):
    """A company behind one address signs in all morning."""
    app, _ = make_app(login_limit="3/minute")
    http, user = new_client(app), make_user()

    statuses = {login(user.email, user.password, http=http).status_code for _ in range(6)}

    assert statuses == {200}


@attack("PW-12")
def test_a_lock_survives_redis_and_the_process(login, strict, make_app, new_client, make_user):
    """Invariant 5: the counters are in PostgreSQL. Redis is emptied, another process asks."""
    user = make_user()
    fail(login, strict, user.email)
    app, services = make_app(lockout_threshold=3)
    with Redis.from_url(services.settings.redis_url) as redis:
        redis.flushall()

    assert login(user.email, user.password, http=new_client(app)).status_code == 429


@attack("PW-12")
def test_failures_below_the_lock_survive_redis(login, strict, make_user, services):
    """Two before the loss and one after it are three."""
    user = make_user()
    fail(login, strict, user.email, 2)
    with Redis.from_url(services.settings.redis_url) as redis:
        redis.flushall()
    fail(login, strict, user.email, 1)

    assert login(user.email, user.password, http=strict).status_code == 429


def _let_the_lock_end(services) -> None:
    with services.get(Database).transaction() as tx:
        tx.execute(text("UPDATE sign_in_attempts SET locked_until = now()"))


def _events(services, name: str) -> int:
    with services.get(Database).transaction() as tx:
        query = text("SELECT count(*) FROM audit_events WHERE event = :name")
        return tx.scalar(query, {"name": name})


def _lower_half(number: int) -> str:
    text = f"{number:016x}"
    return ":".join(text[place : place + 4] for place in range(0, 16, 4))


def _forwarded(number: int) -> dict[str, str]:
    address = f"192.0.2.{number}"
    return {"X-Forwarded-For": address, "X-Real-IP": address, "Forwarded": f"for={address}"}
