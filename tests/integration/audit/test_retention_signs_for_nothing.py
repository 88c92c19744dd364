"""Retention removes what is as it was sealed, or else by its word the chain would look whole."""

import pytest
from structlog.testing import capture_logs

from authserver.audit.seal_repository import SealRepository
from authserver.observability.metrics import AUDIT_RETENTION_REFUSALS
from tests.integration.audit.conftest import kept

INSERTED = """INSERT INTO audit_events (id, event, actor_kind, seal)
              VALUES (gen_random_uuid(), 'x.y', 'system', {})"""


def test_a_beginning_cut_off_beyond_retention_is_found(old, forget, tamper, faults):
    old(40, 29, 28)
    forget()

    tamper("DELETE FROM audit_events WHERE seal = 2")
    tamper("DELETE FROM audit_seals WHERE number = 2")

    assert faults() == [("missing_seal", 2)]


def test_a_forged_note_of_retention_is_found(old, forget, tamper, faults):
    """Who moves it on to cover what they removed cannot make its digest."""
    old(40, 29, 28)
    forget()
    tamper("DELETE FROM audit_events WHERE seal = 2")
    [[digest]] = tamper("DELETE FROM audit_seals WHERE number = 2 RETURNING digest")

    tamper("UPDATE audit_horizon SET last_seal = 2, digest = :digest", digest=bytes(digest))

    assert faults() == [("changed_horizon", None)]


def test_a_note_of_retention_that_is_gone_is_missed(old, forget, tamper, faults):
    old(40, 29)
    forget()

    tamper("DELETE FROM audit_horizon")

    assert faults() == [("missing_seal", 1)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_seals SET newest_at = now() - interval '1 year'",
        "UPDATE audit_seals SET digest = previous WHERE number = 2",
        "DELETE FROM audit_seals WHERE number = 1",
        "DELETE FROM audit_seals WHERE number = 2",
        "UPDATE audit_events SET event = 'x.z' WHERE seal = 2",
        "UPDATE audit_events SET seal = 1 WHERE seal = 2",
        "DELETE FROM audit_events WHERE seal = 2",
        INSERTED.format(2),
        INSERTED.format(0),
        INSERTED.format(-7),
    ],
)
def test_retention_does_not_sign_for_what_somebody_else_has_done(
    old, forget, tamper, faults, sql, change
):
    """By its own word it would make the chain look whole again."""
    old(41, 40, 39, 1)
    tamper(change)
    before, rows = faults(), kept(sql)

    forget()

    assert before
    assert (faults(), kept(sql)) == (before, rows)


def test_retention_does_not_go_on_behind_a_forged_note(old, forget, tamper, faults):
    old(41, 40)
    forget()
    old(39)
    tamper("UPDATE audit_horizon SET removed_at = now()")

    assert forget() == 0
    assert faults() == [("changed_horizon", None)]


def test_that_retention_was_refused_is_logged_and_counted(old, forget, tamper):
    old(41, 40)
    tamper("UPDATE audit_events SET event = 'x.z' WHERE seal = 2")
    before = AUDIT_RETENTION_REFUSALS.of().value

    with capture_logs() as lines:
        forget()

    [line] = [line for line in lines if line["event"] == "audit.retention_refused"]
    assert "authserver audit verify" in line["hint"]
    assert AUDIT_RETENTION_REFUSALS.of().value == before + 1


def test_what_is_whole_goes_though_something_after_it_is_not(old, forget, tamper, sql):
    """Batch by batch, as far as it is."""
    old(43, 42, 41, 40)
    tamper("UPDATE audit_events SET event = 'x.z' WHERE seal = 3")

    assert forget(batch=1) == 2
    assert kept(sql) == [3, 4]


def test_what_comes_to_a_seal_while_it_is_removed_is_not_removed_with_it(
    old, forget, tamper, sql, monkeypatch
):
    """CWE-367: between the look and the removal somebody may give young events an old seal."""
    old(40, 1)
    remove = SealRepository.remove_until

    def remove_later(self, tx, last):
        tamper(INSERTED.format(1))
        return remove(self, tx, last)

    monkeypatch.setattr(SealRepository, "remove_until", remove_later)
    with pytest.raises(RuntimeError):
        forget()

    assert kept(sql) == [1, 1, 2]
