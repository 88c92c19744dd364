"""What could be read where it does not belong: logs, files, dumps of the database."""

import stat
from pathlib import Path

import pytest
from psycopg2 import sql

from authserver.storage.connections import connector
from tests.attacks.rows import attack
from tests.attacks.watch import assert_hidden
from tests.support.relying_party import RelyingParty, basic, bearer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scenario(client, make_user, make_client):
    """A day in the life: each kind of request, right and wrong; gives back its secrets."""

    def play() -> set[str]:
        user = make_user(roles=["admin"])
        party = RelyingParty(client, make_client())
        login = {"email": user.email, "password": user.password}
        session = client.post("/api/auth/login", json=login).json
        client.post("/api/auth/login", json=login | {"password": "mistyped-password"})
        tokens = party.password(user).json
        moved_on = party.refresh(tokens["refresh_token"]).json
        party.refresh("eyJhbGciOiJIUzI1NiJ9.eyJzZWMiOiJub25lIn0.c2lnbmF0dXJl")
        party.introspect(tokens["access_token"])
        party.revoke(moved_on["refresh_token"])
        headers = bearer(session["accessToken"])
        made = client.post(
            "/api/clients",
            json={"client_name": "x", "grant_types": ["client_credentials"]},
            headers=headers,
        ).json
        client.post(
            "/oauth2/token", data={"grant_type": "x"}, headers=basic("nobody", "a-secret-x")
        )
        change = {"current_password": user.password, "new_password": "another good one 47"}
        client.put(f"/api/users/{user.id}/password", json=change, headers=headers)
        return {
            *(user.password, "mistyped-password", "another good one 47", "a-secret-x"),
            *(session["accessToken"], session["refreshToken"], made["client_secret"]),
            *(tokens["access_token"], tokens["refresh_token"], moved_on["refresh_token"]),
            str(party.credentials.secret),
        }

    return play


# Logs --------------------------------------------------------------------------------------------


@attack("LS-02")
@pytest.mark.parametrize(
    "path",
    ["/oauth2/authorize", "/oauth2/end_session", "/oauth2/token", "/api/users", "/livez", "/cb"],
)
def test_no_query_is_logged(application, services, log_text, path):
    """ASVS 14.2.1: codes, states, hints and tokens of a mistaken client are in the address."""
    told = {
        "state": "state-not-to-be-seen",
        "code": "code-not-to-be-seen",
        "login_hint": "hint-not-to-be-seen",
        "id_token_hint": "eyJub3QtdG8tYmUtc2VlbiI6MX0.e30.c2ln",
        "access_token": "token-not-to-be-seen",
    }

    application.test_client().get(path, query_string=told)

    assert f'"path":"{path}"' in log_text()
    assert_hidden(set(told.values()), log_text())


@attack("LS-02")
def test_a_day_in_the_life_leaves_no_secret_in_the_log(scenario, log_text):
    """ASVS 16.2.5, down to the level DEBUG."""
    secrets = scenario()

    assert_hidden(secrets, log_text())
    assert "eyJ" not in log_text()
    assert "Basic " not in log_text()


@attack("LS-02")
def test_a_referrer_and_a_cookie_are_not_logged(client, log_text):
    """ASVS 14.2.1."""
    client.set_cookie("session", "cookie-not-to-be-seen")

    client.get("/livez", headers={"Referer": "https://app.example/?code=code-not-to-be-seen"})

    assert "not-to-be-seen" not in log_text()


# Tables ------------------------------------------------------------------------------------------


@attack("LS-07")
def test_a_dump_of_the_database_holds_no_secret(scenario, services):
    """CVE-2016-7036: what a lookup compares is a digest, so no time tells how much was right, and
    whoever reads the tables can use nothing of it."""
    secrets = scenario()

    dump = _dump(services.settings.database_url)

    assert "argon2id" in dump
    assert_hidden({secret.rpartition(".")[2] for secret in secrets}, dump)


@attack("LS-07")
@pytest.mark.parametrize("kept", [1, 10, 20, 42])
def test_a_secret_that_begins_right_is_wrong(client, relying_party, kept):
    """CVE-2016-7036: neither a prefix nor a prefix with another end."""
    known = relying_party.credentials
    form = {"grant_type": "client_credentials"}

    for guess in (known.secret[:kept], known.secret[:kept].ljust(len(known.secret), "~")):
        answer = client.post("/oauth2/token", data=form, headers=basic(known.client_id, guess))

        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


# Files and addresses -----------------------------------------------------------------------------


@attack("LS-05")
def test_the_key_file_is_its_owners_alone(wired):
    """ASVS 13.3.1."""
    path = wired.settings.keys_dir / "key_encryption_key"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@attack("LS-05")
def test_keys_are_neither_in_git_nor_in_an_image():
    """ASVS 13.3.1: the lists that keep them out are in place, and only the note is let in."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    left_out = (ROOT / ".dockerignore").read_text().splitlines()

    assert {"/keys/*", "!/keys/README.md", "/.env", "/var/"} <= set(ignored)
    # All is left out, and what is let in has none of them.
    assert left_out[1] == "*"
    assert not [line for line in left_out if line.startswith(("!keys", "!var", "!.env", "!.git"))]
    assert not [
        line for line in (ROOT / "Dockerfile").read_text().splitlines() if "COPY keys" in line
    ]


@attack("LS-06")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/livez", {"status": "alive"}),
        ("/readyz", {"status": "ready", "checks": {"postgresql": "ok", "signing_keys": "ok"}}),
    ],
)
def test_health_tells_nothing_but_health(client, path, body):
    """CVE-2025-67717: no version, no address, no number of anything."""
    answer = client.get(path)

    assert (answer.status_code, answer.json) == (200, body)


@attack("LS-06")
@pytest.mark.parametrize(
    "path",
    ["/health", "/healthz", "/metrics", "/debug", "/status", "/env", "/actuator/env", "/console"],
)
def test_nothing_else_tells_of_our_insides(client, path):
    """CVE-2025-67717: metrics, once there are any, are on a port of their own."""
    assert client.get(path).status_code == 404


@attack("LS-06")
def test_the_list_of_processes_shows_no_secret(live_server):
    """Anybody on the machine may read a command line (proc(5)); settings come by environment."""
    server, services = live_server
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in server.worker_pids]

    assert lines
    for line in lines:
        assert services.settings.database_url.encode() not in line
        assert b"postgresql" not in line


@attack("LS-06")
def test_settings_show_no_secret_when_printed(make_settings):
    """A dump of an object in an error report (CWE-209)."""
    settings = make_settings(
        database_url="postgresql://a:hidden-pw@db/x",
        redis_url="redis://:hidden-pw@cache",
        key_encryption_key="hidden-pw",
    )

    assert "hidden-pw" not in repr(settings)
    assert "hidden-pw" not in str(settings)


def _dump(url: str) -> str:
    """Every row of every table as text."""
    connection = connector(url)()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [name for (name,) in cursor.fetchall()]
            rows = []
            for table in tables:
                query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
                cursor.execute(query)
                rows += [row for (row,) in cursor.fetchall()]
    finally:
        connection.close()
    return "\n".join(rows)
