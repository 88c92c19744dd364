"""``authserver doctor``: each fault of what an installation owns is provoked, and it is named."""

import os
import stat

import pytest

from tests.support.clinic import Clinic, words


@pytest.mark.parametrize(
    ("sql", "finding", "mend"),
    [
        ("DROP TABLE alembic_version", "The database is empty.", "Run `authserver migrate`"),
        (
            "UPDATE alembic_version SET version_num = '0001'",
            "The database is too old",
            "Run `authserver migrate`",
        ),
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "The database is too new",
            "Start a newer release",
        ),
    ],
    ids=["empty", "old", "new"],
)
def test_a_schema_of_another_release(clinic, sql, finding, mend) -> None:
    clinic.sql(sql)

    found = clinic.finding("schema")

    assert found["finding"].startswith(finding)
    assert found["mend"].startswith(mend)


def test_no_key_encryption_key(clinic: Clinic) -> None:
    key = clinic.folder / "keys" / "key_encryption_key"
    key.unlink()

    said = words(clinic.finding("key-encryption key"))

    assert said.startswith("WRONG: There is none: neither AUTHSERVER_KEY_ENCRYPTION_KEY nor ")
    assert "Restore it from your backup" in said
    assert not key.exists()


def test_another_key_encryption_key(clinic: Clinic) -> None:
    said = words(clinic.finding("signing keys", AUTHSERVER_KEY_ENCRYPTION_KEY="A" * 43))

    assert "does not open: either the key-encryption key is not the one that sealed it" in said
    assert "Give the former key by AUTHSERVER_KEY_ENCRYPTION_KEY" in said


def test_a_key_encryption_key_that_is_being_exchanged(clinic: Clinic) -> None:
    key = clinic.folder / "keys" / "key_encryption_key"
    key.write_text(f"{key.read_text()}\n{'A' * 43}\n")

    said = words(clinic.finding("key-encryption key"))

    assert "It is being exchanged: there are several, of which the first seals." in said
    assert "run `authserver key reseal`" in said


def test_an_installation_secret_that_is_gone(clinic: Clinic) -> None:
    clinic.sql("DELETE FROM installation_secrets")

    said = words(clinic.finding("signing keys"))

    assert "There is no installation secret in the database" in said
    assert "Restore the table installation_secrets" in said


def test_half_a_key_encryption_key(clinic: Clinic) -> None:
    (clinic.folder / "keys" / "key_encryption_key").write_text("abc")

    found = clinic.finding("key-encryption key")

    assert "is damaged." in found["finding"]
    assert found["mend"].startswith("Expected 32 random bytes in base64url (43 letters)")


@pytest.mark.parametrize(
    ("name", "mode", "check", "finding", "mend"),
    [
        ("", 0o777, "keys folder", "Others may write to ", "chmod 700"),
        ("key_encryption_key", 0o644, "key-encryption key", "is open to others", "chmod 600"),
    ],
    ids=["folder", "file"],
)
def test_keys_that_others_may_touch(clinic, name, mode, check, finding, mend) -> None:
    path = clinic.folder / "keys" / name
    path.chmod(mode)

    found = clinic.finding(check)

    assert finding in found["finding"]
    assert mend in found["mend"]
    assert stat.S_IMODE(os.stat(path).st_mode) == mode


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("DELETE FROM signing_keys", "There are no signing keys in the database"),
        (
            "DELETE FROM signing_keys WHERE algorithm = 'RS256'",
            "No key signs by RS256 yet. Run `authserver bootstrap`",
        ),
        (
            "UPDATE signing_keys SET activated_at = 'tomorrow', usable_from = 'tomorrow'",
            "No key signs by ES256, RS256 yet. Run `authserver bootstrap`; a new algorithm signs",
        ),
    ],
    ids=["none", "one missing", "not yet"],
)
def test_keys_that_do_not_sign(clinic, sql, sentence) -> None:
    clinic.sql(sql)

    assert sentence in words(clinic.finding("signing keys"))


LEAVE_JOB = """SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW('q', 'job', 0, NULL, NULL, '{}', NULL)::procrastinate_job_to_defer_v1])"""
AGE_JOBS = "UPDATE procrastinate_events SET at = now() - interval '1 hour'"


def test_jobs_that_nobody_does(clinic: Clinic) -> None:
    clinic.sql(LEAVE_JOB)
    clinic.sql(AGE_JOBS)

    said = words(clinic.finding("jobs"))

    assert said == (
        "WRONG: Jobs wait (1, one for 60 min), and no worker gives a sign of life. Start "
        "`authserver worker` beside the servers; its log says why it ends."
    )


def test_jobs_that_workers_do_not_get_done(clinic: Clinic) -> None:
    clinic.sql(LEAVE_JOB)
    clinic.sql(AGE_JOBS)
    clinic.sql("INSERT INTO procrastinate_workers DEFAULT VALUES")

    said = words(clinic.finding("jobs"))

    assert said.startswith("WRONG: Jobs wait (1, one for 60 min) although 1 workers live.")


def test_no_worker_is_an_advice_while_nothing_waits(clinic: Clinic) -> None:
    assert words(clinic.finding("jobs")).startswith("advice: No worker gives a sign of life")
