"""Clocks that step, that differ, or that live in another zone; and ends that never come."""

import time
from datetime import datetime

import pytest
from sqlalchemy import text

from authserver.clock import SystemClock
from authserver.settings import SettingsError, load_settings
from tests.attacks.forgery import claims_of
from tests.attacks.rows import attack
from tests.support.relying_party import bearer

FOREVER = 10**12


@pytest.fixture
def sql(database):
    def run(statement: str, **values: object) -> None:
        with database.transaction() as tx:
            tx.execute(text(statement), values)

    return run


@pytest.fixture
def zone(monkeypatch, database):
    """The process in New York, the database in Kathmandu."""
    name = database.engine.url.database
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Kathmandu'"))
        yield
        connection.execute(text(f'ALTER DATABASE "{name}" RESET timezone'))
    monkeypatch.undo()
    time.tzset()


# A step ------------------------------------------------------------------------------------------


@attack("KT-09")
def test_an_hour_ahead_access_tokens_have_expired_and_nobody_is_signed_out(install):
    """ASVS 9.2.1: what lives five minutes is over, what lives two weeks goes on."""
    server = install()
    party, user = server.party(), server.user()
    tokens = party.password(user).json

    server.clock.advance(3600)

    assert party.introspect(tokens["access_token"]).json == {"active": False}
    userinfo = server.http.get("/oauth2/userinfo", headers=bearer(tokens["access_token"]))
    assert userinfo.status_code == 401
    refreshed = party.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200
    assert party.introspect(refreshed.json["access_token"]).json["active"] is True


@attack("KT-09")
def test_an_hour_back_nothing_crashes_and_nobody_is_signed_out(install, sql):
    """ASVS 9.2.1: a token from the future is none, and the session behind it lives. The keys are
    a day old, as those of most installations are older than a step."""
    server = install()
    sql(
        "UPDATE signing_keys SET usable_from = usable_from - interval '1 day', "
        "activated_at = activated_at - interval '1 day'"
    )
    server.signing.rings.expire()
    party, user = server.party(), server.user()
    tokens = party.password(user).json

    server.clock.advance(-3600)

    assert party.introspect(tokens["access_token"]).json == {"active": False}
    assert party.refresh(tokens["refresh_token"]).status_code == 200
    assert party.password(user).status_code == 200


@attack("KT-09")
@pytest.mark.parametrize("years", [-30, 20, 200])
def test_a_clock_that_is_years_off_crashes_nothing(install, years):
    """A battery that is empty, or a sign that is wrong. Before the first key came into office
    nothing can be signed: then 503, and never a crash. (The client watches.)"""
    server = install()
    server.http.may_fail = True
    party, user = server.party(), server.user()
    tokens = party.password(user).json

    server.clock.advance(years * 365 * 86_400)

    for answer in (
        party.refresh(tokens["refresh_token"]),
        party.introspect(tokens["access_token"]),
        server.http.get("/oauth2/userinfo", headers=bearer(tokens["access_token"])),
        server.http.get("/.well-known/jwks.json"),
    ):
        assert answer.status_code in (200, 400, 401, 503)


# Two clocks --------------------------------------------------------------------------------------


@attack("KT-11")
@pytest.mark.parametrize("skew", [-300, 300])
def test_a_lost_answer_is_forgiven_by_the_clock_of_the_database(install, sql, skew):
    """The leeway of ten seconds is the same at a process whose clock is five minutes off."""
    server = install(skew=skew)
    party, user = server.party(), server.user()
    first = party.password(user).json["refresh_token"]
    second = party.refresh(first).json["refresh_token"]

    again = party.refresh(first)
    sql("UPDATE sessions SET rotated_at = rotated_at - interval '11 seconds'")
    too_late = party.refresh(first)

    assert again.json["refresh_token"] == second
    assert too_late.json["error"] == "invalid_grant"
    assert party.refresh(second).json["error"] == "invalid_grant"


@attack("KT-11")
def test_what_the_database_has_ended_lives_nowhere(install, sql):
    """No double validity: a process that is five minutes behind does not give five minutes."""
    late, exact = install(skew=-300), install()
    party, user = late.party(), late.user()
    tokens = party.password(user).json
    other = exact.as_party(party.credentials)

    sql("UPDATE sessions SET expires_at = now() - interval '1 second'")

    for one in (party, other):
        assert one.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
        assert one.introspect(tokens["access_token"]).json == {"active": False}


@attack("KT-11")
def test_processes_that_differ_make_one_successor(install):
    """Nobody gets two lines out of one token by asking two processes."""
    late, early = install(skew=-300), install(skew=300)
    party, user = late.party(), late.user()
    first = party.password(user).json["refresh_token"]

    found = {
        one.refresh(first).json["refresh_token"]
        for one in (party, early.as_party(party.credentials))
    }

    assert len(found) == 1


@attack("KT-11")
def test_a_lock_ends_by_the_clock_of_the_database(install):
    """A process that is five minutes ahead does not let guess again at once."""
    early = install(skew=300, lockout_threshold=3)
    user = early.user()
    body = {"email": user.email, "password": "wrong"}

    statuses = [early.http.post("/api/auth/login", json=body).status_code for _ in range(4)]

    assert statuses == [401, 401, 401, 429]


@attack("KT-11")
def test_a_refresh_token_gets_no_leeway_at_its_end(install, sql):
    """The other half of KT-15, which waits for assertions of clients: never for our own."""
    server = install()
    party, user = server.party(), server.user()
    token = party.password(user).json["refresh_token"]

    sql("UPDATE sessions SET expires_at = now()")

    assert party.refresh(token).json["error"] == "invalid_grant"


# Zones -------------------------------------------------------------------------------------------


@attack("KT-13")
@pytest.mark.usefixtures("zone")
def test_every_time_that_is_told_is_utc(install):
    """Neither the zone of the process nor that of the database shows anywhere."""
    server = install()
    user = server.user()
    login = {"email": user.email, "password": user.password}
    token = server.http.post("/api/auth/login", json=login).json["accessToken"]
    path = f"/api/users/{user.id}"

    profile = server.http.get(path, headers=bearer(token)).json
    session = server.http.get(f"{path}/sessions", headers=bearer(token)).json["items"][0]

    now = SystemClock().now()
    for written in (profile["created_at"], profile["updated_at"], session["created_at"]):
        assert written.endswith("Z")
        assert abs((datetime.fromisoformat(written) - now).total_seconds()) < 60
    claims = claims_of(token)
    for moment in (claims["iat"], claims["auth_time"], claims["exp"] - 300):
        assert abs(moment - now.timestamp()) < 60


@attack("KT-13")
@pytest.mark.usefixtures("zone")
def test_nothing_expires_by_a_zone(install):
    """A session, a lock and a key that were made a moment ago are that young."""
    server = install()
    party, user = server.party(), server.user()
    tokens = party.password(user).json

    assert party.introspect(tokens["access_token"]).json["active"] is True
    assert party.refresh(tokens["refresh_token"]).status_code == 200
    expires_at = party.introspect(tokens["access_token"]).json["exp"]
    assert 0 < expires_at - SystemClock().now().timestamp() <= 300


# For ever ----------------------------------------------------------------------------------------


@attack("KT-14")
@pytest.mark.parametrize(
    "name",
    [
        "ACCESS_TOKEN_TTL",
        "SESSION_IDLE_TTL",
        "SESSION_ABSOLUTE_TTL",
        "SIGNING_KEY_ROTATION",
        "SIGNING_KEY_RETENTION",
        "JWKS_MAX_AGE",
        "REFRESH_LEEWAY",
        "LOCKOUT_TTL",
        "CACHE_TTL",
    ],
)
@pytest.mark.parametrize("value", [FOREVER, 2**63, -1])
def test_no_setting_makes_a_life_without_end(monkeypatch, name, value):
    """Beyond the year 9999 nothing can be calculated; long before, nothing should live."""
    monkeypatch.setenv("AUTHSERVER_ISSUER", "https://id.example")
    monkeypatch.setenv("AUTHSERVER_DATABASE_URL", "postgresql://x@/y")
    monkeypatch.setenv(f"AUTHSERVER_{name}", str(value))

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert refusal.value.problems.keys() == {f"AUTHSERVER_{name}"}


@attack("KT-14")
@pytest.mark.parametrize("value", [FOREVER, 2**31, 2**63, 0, -1, 3601])
def test_no_resource_server_has_tokens_without_end(client, admin_token, value):
    """RFC 9700, section 2.2: access tokens are short-lived."""
    body = {"audience": "https://api.example", "name": "x", "access_token_ttl": value}

    answer = client.post("/api/resource-servers", json=body, headers=bearer(admin_token))

    assert answer.status_code == 400


@attack("KT-14")
@pytest.mark.parametrize("value", [FOREVER, 2**31, 2**63, -1])
def test_no_old_secret_lives_on_without_end(client, admin_token, make_client, value):
    """NIST SP 800-57: an overlap is for a roll-out, not for ever."""
    path = f"/api/clients/{make_client().client_id}/secret"

    answer = client.post(path, json={"overlap": value}, headers=bearer(admin_token))

    assert answer.status_code == 400


@attack("KT-14")
def test_the_longest_lives_that_can_be_set_work(install):
    """Ten years are within what a 32-bit second can count only for a while yet (CWE-190)."""
    server = install(session_absolute_ttl=3650 * 86_400, session_idle_ttl=365 * 86_400)
    party, user = server.party(), server.user()

    refresh_token = party.password(user).json["refresh_token"]

    assert claims_of(refresh_token)["exp"] - time.time() > 3649 * 86_400
    assert party.refresh(refresh_token).status_code == 200
