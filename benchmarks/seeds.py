"""Very many users and sessions, made by PostgreSQL itself in seconds.

Ids and secrets follow from a number, so that whoever knows the number can use what was made.
"""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from uuid import UUID

import psycopg2

from authserver.storage.connections import libpq_options

AUDIENCE = "https://api.example.com"
SCOPE = "offline_access profile"
OPENID_SCOPE = "email offline_access openid profile"
MOST_BROWSERS = 2000
LIFE = timedelta(days=30)

# UUIDs of version 7 of one moment after the other; what is made during a run is younger.
_FIRST_MILLISECOND = 1_767_225_600_000
_SECRET_LENGTH = 43

_FUNCTIONS = f"""
    CREATE FUNCTION pg_temp.seed_secret(kind text, i bigint) RETURNS text IMMUTABLE LANGUAGE sql
    RETURN left(md5(kind || ' one ' || i) || md5(kind || ' two ' || i), {_SECRET_LENGTH});
    CREATE FUNCTION pg_temp.seed_digest(kind text, i bigint) RETURNS bytea IMMUTABLE LANGUAGE sql
    RETURN sha256(convert_to(pg_temp.seed_secret(kind, i), 'UTF8'));
    CREATE FUNCTION pg_temp.seed_id(kind text, i bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
    RETURN (lpad(to_hex({_FIRST_MILLISECOND} + i), 12, '0') || '7' || substr(md5(kind || i), 1, 3)
            || '8' || substr(md5(kind || i), 4, 15))::uuid"""

_USERS = """
    INSERT INTO users (id, email, email_verified, password_hash, full_name)
    SELECT pg_temp.seed_id('user', i), 'user-' || lpad(i::text, 9, '0') || '@example.com', true,
           %(password_hash)s, 'User ' || i
    FROM generate_series(0, %(users)s - 1) AS i"""

_ROLES = """
    INSERT INTO user_roles (user_id, role_id)
    SELECT pg_temp.seed_id('user', i), r.id
    FROM generate_series(0, %(users)s - 1) AS i, roles r WHERE r.name = 'user'"""

# Every other session is one of OpenID Connect, whose refreshes bring ID tokens.
_SESSIONS = """
    INSERT INTO sessions (id, user_id, client_id, secret_digest, credential_generation, scope,
                          audience, auth_time, amr, address, expires_at, review_at)
    SELECT pg_temp.seed_id('session', i), pg_temp.seed_id('user', i %% %(users)s), %(client_id)s,
           pg_temp.seed_digest('session', i), 0,
           CASE WHEN i %% 2 = 0 THEN %(scope)s ELSE %(openid_scope)s END,
           ARRAY[%(audience)s], now(), ARRAY['pwd'], '127.0.0.1',
           date_trunc('second', now()) + %(life)s, now() + %(life)s / 2
    FROM generate_series(0, %(sessions)s - 1) AS i"""

_BROWSERS = """
    INSERT INTO browser_sessions (id, user_id, secret_digest, credential_generation, auth_time,
                                  acr, amr, address, expires_at)
    SELECT pg_temp.seed_id('browser', i), pg_temp.seed_id('user', i),
           pg_temp.seed_digest('browser', i), 0, now(), NULL, ARRAY['pwd'], '127.0.0.1',
           now() + '7 days'
    FROM generate_series(0, %(browsers)s - 1) AS i"""

_CONSENTS = """
    INSERT INTO consents (user_id, client_id, scope)
    SELECT pg_temp.seed_id('user', i), c, string_to_array(%(openid_scope)s, ' ')
    FROM generate_series(0, %(browsers)s - 1) AS i, unnest(%(web_clients)s) AS c"""


def seed_id(kind: str, number: int) -> UUID:
    """The id of a user, session or browser."""
    mixed = _mixed(f"{kind}{number}")
    return UUID(f"{_FIRST_MILLISECOND + number:012x}7{mixed[:3]}8{mixed[3:18]}")


def seed_secret(kind: str, number: int) -> str:
    """What the bearer of a session or browser knows."""
    return (_mixed(f"{kind} one {number}") + _mixed(f"{kind} two {number}"))[:_SECRET_LENGTH]


def email_of(number: int) -> str:
    return f"user-{number:09d}@example.com"


def seed(
    database_url: str,
    *,
    users: int,
    sessions: int,
    client_id: str,
    web_clients: tuple[str, ...],
    password_hash: str,
) -> datetime:
    """Make them all; when the sessions end.

    The references are right by construction, so that PostgreSQL need not look each of them up.
    """
    values = {
        "users": users,
        "sessions": sessions,
        "browsers": min(users, MOST_BROWSERS),
        "client_id": client_id,
        "web_clients": list(web_clients),
        "password_hash": password_hash,
        "scope": SCOPE,
        "openid_scope": OPENID_SCOPE,
        "audience": AUDIENCE,
        "life": LIFE,
    }
    connection = psycopg2.connect(**libpq_options(database_url))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        cursor.execute("SET session_replication_role = replica")
        for statement in (_USERS, _ROLES, _SESSIONS, _BROWSERS, _CONSENTS):
            cursor.execute(statement, values)
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT min(expires_at) FROM sessions")
        row = cursor.fetchone()
    connection.close()
    return row[0].astimezone(UTC) if row and row[0] else datetime.max.replace(tzinfo=UTC)


def ask(database_url: str, query: str) -> tuple[object, ...]:
    """The first row that a query answers."""
    connection = psycopg2.connect(**libpq_options(database_url))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return (cursor.fetchone() or ()) if cursor.description else ()
    finally:
        connection.close()


def _mixed(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
