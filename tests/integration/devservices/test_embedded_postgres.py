import os
import signal
from contextlib import closing

import psycopg2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from authserver.devservices.errors import EmbeddedServerError, FolderInUseError
from authserver.devservices.postgres import EmbeddedPostgres


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with EmbeddedPostgres(tmp_path_factory.mktemp("pg"), durable=False) as running:
        yield running


def ask(url, statement):
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return connection.exec_driver_sql(statement).scalar_one()


def remember(server, text):
    with create_engine(server.url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS note")
        connection.exec_driver_sql("CREATE TABLE note AS SELECT %(text)s AS text", {"text": text})


def test_its_url_leads_to_the_database_of_the_product(server):
    assert ask(server.url, "SELECT current_user || '@' || current_database()") == (
        "authserver@authserver"
    )


def test_its_url_holds_whatever_port_the_environment_of_the_client_names(server, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")

    assert ask(server.url, "SELECT 1") == 1


def test_letters_outside_ascii_have_a_lower_case(server):
    """A unique index on lower(email) relies on it."""
    assert ask(server.url, "SELECT lower('ÄÖÜ')") == "äöü"


def test_it_creates_further_databases(server):
    url = server.create_database('more "than" one')

    assert ask(url, "SELECT current_database()") == 'more "than" one'


def test_a_failed_statement_leaves_no_value_in_the_log(server):
    with pytest.raises(psycopg2.Error), closing(server._connect()) as connection:
        connection.cursor().execute("SELECT 'a secret value'::integer")

    log = (server._folder / "postgres.log").read_text()
    assert "ERROR" in log
    assert "SELECT" not in log


def test_data_survive_a_stop(server):
    remember(server, "stopped")

    server.stop()
    server.start()

    assert ask(server.url, "SELECT text FROM note") == "stopped"


def test_data_survive_a_crash_of_the_server(server):
    remember(server, "crashed")

    server.kill()
    server.start()

    assert ask(server.url, "SELECT text FROM note") == "crashed"


def test_data_survive_a_kill_from_outside(server):
    remember(server, "killed")
    os.kill(server.pid, signal.SIGKILL)
    os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)

    server.start()

    assert ask(server.url, "SELECT text FROM note") == "killed"


def test_a_number_left_behind_that_is_now_somebody_elses_does_not_prevent_a_start(server):
    server.kill()
    left_behind = server._folder / "postgres" / "postmaster.pid"
    lines = left_behind.read_text().splitlines(keepends=True)
    left_behind.write_text("".join([f"{os.getppid()}\n", *lines[1:]]))

    server.start()

    assert ask(server.url, "SELECT 1") == 1


def test_a_second_server_on_the_same_data_is_told_whose_they_are(server):
    with pytest.raises(FolderInUseError, match=f"process {server.pid}, works on"):
        EmbeddedPostgres(server._folder).start()


def test_the_first_server_lives_on_when_a_second_is_refused(server):
    with pytest.raises(FolderInUseError):
        EmbeddedPostgres(server._folder).start()

    assert ask(server.url, "SELECT 1") == 1


def test_a_first_start_that_was_cut_short_is_made_anew(tmp_path):
    (tmp_path / "postgres.unfinished").mkdir()
    (tmp_path / "postgres.unfinished" / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_a_server_that_cannot_start_shows_the_end_of_its_log(tmp_path):
    (tmp_path / "postgres").mkdir(mode=0o700)

    with pytest.raises(EmbeddedServerError, match=r"(?s)stopped while it was.*postgresql\.conf"):
        EmbeddedPostgres(tmp_path).start()


def test_what_is_committed_is_on_the_disk_unless_haste_was_asked_for(tmp_path, server):
    with EmbeddedPostgres(tmp_path) as durable:
        answers = [ask(one.url, "SHOW fsync") for one in (durable, server)]

    assert answers == ["on", "off"]


def test_it_has_no_process_before_it_runs(tmp_path):
    with pytest.raises(EmbeddedServerError, match="has not been started"):
        _ = EmbeddedPostgres(tmp_path).pid
