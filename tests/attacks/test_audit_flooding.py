"""Failed sign-ins by anybody must not fill the record of what happened."""

import pytest
from sqlalchemy import text

from authserver.storage.db import Database
from tests.attacks.rows import attack

WRONG = "not the right password"
FAILED, LOCKED = "sign_in.failed", "sign_in.locked"


@pytest.fixture
def fail(make_app, new_client):
    """Fails to sign in at a server with other settings."""

    def at(**settings):
        http = new_client(make_app(**settings)[0])
        return lambda email: http.post("/api/auth/login", json={"email": email, "password": WRONG})

    return at


def recorded(services) -> list[tuple]:
    query = "SELECT event, detail ->> 'failures' FROM audit_events WHERE event LIKE 'sign_in%'"
    with services.get(Database).transaction() as tx:
        return sorted(tuple(row) for row in tx.execute(text(query)))


@attack("PW-11")
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_the_first_failure_and_each_lock_are_recorded(fail, make_user, services, known):
    """ASVS 16.3.1; and the same for who does not exist (6.3.8)."""
    email = make_user().email if known else "nobody@example.com"
    guess = fail(lockout_threshold=4)

    for _ in range(8):
        guess(email)

    assert recorded(services) == [(FAILED, "1"), (LOCKED, "4")]


@attack("PW-11")
def test_ever_new_addresses_make_no_more_rows_than_the_limit(fail, services):
    """Invariant 8: anonymous traffic grows nothing without bound."""
    guess = fail(audit_limit="5/hour")

    for number in range(12):
        guess(f"user-{number}@example.com")

    assert len(recorded(services)) == 5


@attack("PW-11")
def test_failures_everywhere_do_not_hide_a_lock(fail, services):
    """Locks have a limit of their own: many cheap failures do not use it up."""
    guess = fail(audit_limit="5/hour", lockout_threshold=3)
    for number in range(12):
        guess(f"user-{number}@example.com")

    for _ in range(3):
        guess("victim@example.com")

    assert (LOCKED, "3") in recorded(services)


@attack("PW-11")
def test_what_makes_no_row_is_still_in_the_log(fail, services, log_text):
    guess = fail(audit_limit="1/hour")
    guess("one@example.com")
    before = log_text().count(FAILED)

    guess("two@example.com")

    assert log_text().count(FAILED) == before + 1
