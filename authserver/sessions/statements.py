"""The statements of the hot path: each is one round trip and commits by itself.

The database's clock decides about every end, and no statement reads before it writes: of many
requests at once PostgreSQL lets one through, and the others see what it did.
"""

from authserver.storage.statements import Statement

_ROLES = """
    ARRAY(SELECT r.name FROM user_roles ur JOIN roles r ON r.id = ur.role_id
          WHERE ur.user_id = u.id ORDER BY r.name)"""

# A session is alive when nothing has ended it: not itself, not its age, not its user.
_ALIVE = """
    u.id = s.user_id AND u.enabled AND u.credential_generation = s.credential_generation
    AND s.ended_at IS NULL AND s.expires_at > now()"""

_SESSION = f"""
    s.id, s.user_id, s.client_id, s.generation, s.scope, s.audience, s.auth_time, s.acr, s.amr,
    s.expires_at, {_ROLES}"""

# $1 user, $2 its credential generation, $3 the most sessions that stay. The insert reads the
# user's row, so that nobody who was disabled a moment ago gets a session.
BEGIN = Statement(
    "begin_session",
    f"""
    WITH surplus AS (
        UPDATE sessions SET ended_at = now(), end_reason = 'limit'
        WHERE id IN (
            SELECT id FROM sessions WHERE user_id = $1::uuid AND ended_at IS NULL
            ORDER BY id DESC OFFSET $3::int - 1)
    ), s AS (
        INSERT INTO sessions (id, user_id, client_id, secret_digest, credential_generation, scope,
                              audience, auth_time, acr, amr, address, user_agent, expires_at)
        SELECT $4::uuid, id, $5::text, $6::bytea, credential_generation, $7::text, $8::text[],
               $9::timestamptz, $10::text, $11::text[], $12::text, $13::text,
               now() + make_interval(secs => $14::int)
        FROM users WHERE id = $1::uuid AND enabled AND credential_generation = $2::int
        RETURNING *
    )
    SELECT {_SESSION} FROM s JOIN users u ON u.id = s.user_id""",
    14,
)

# The whole rule of rotation (RFC 9700, section 4.14.2) in one update. $1 session, $2 digest of its
# secret, $3 client, $4 the generation presented, $5 leeway, $6 idle life, $7 the scope asked for
# and $8 the audience, or null. The present generation moves on, unless what is asked for was
# never granted: a refused request must not burn the token. The one before it may be sent again
# within the leeway. Anything older has been stolen from somebody: the session ends.
ROTATE = Statement(
    "rotate_session",
    f"""
    UPDATE sessions s SET
        generation = s.generation + CASE WHEN $4::int = s.generation
            AND ($7::text[] IS NULL OR string_to_array(s.scope, ' ') && $7::text[])
            AND ($8::text[] IS NULL OR s.audience @> $8::text[]) THEN 1 ELSE 0 END,
        rotated_at = CASE WHEN $4::int = s.generation
            AND ($7::text[] IS NULL OR string_to_array(s.scope, ' ') && $7::text[])
            AND ($8::text[] IS NULL OR s.audience @> $8::text[]) THEN now() ELSE s.rotated_at END,
        (ended_at, end_reason) = (SELECT now(), 'reuse' WHERE $4::int < s.generation - 1
            OR ($4::int = s.generation - 1
                AND ($5::int = 0 OR s.rotated_at + make_interval(secs => $5::int) <= now())))
    FROM users u
    WHERE s.id = $1::uuid AND s.secret_digest = $2::bytea AND s.client_id = $3::text
      AND $4::int <= s.generation AND s.rotated_at + make_interval(secs => $6::int) > now()
      AND {_ALIVE}
    RETURNING {_SESSION}, s.ended_at IS NOT NULL""",
    8,
)

# $1 session, $2 jti, $3 idle life.
HOLDER = Statement(
    "find_token_holder",
    f"""
    SELECT u.id, u.email, u.email_verified, u.full_name, u.updated_at, {_ROLES}
    FROM sessions s, users u
    WHERE s.id = $1::uuid AND {_ALIVE}
      AND s.rotated_at + make_interval(secs => $3::int) > now()
      AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE jti = $2::text)""",
    3,
)

# $1 session, $2 digest of its secret, $3 the generation presented, $4 idle life.
FIND = Statement(
    "find_session",
    f"""
    SELECT {_SESSION} FROM sessions s, users u
    WHERE s.id = $1::uuid AND s.secret_digest = $2::bytea AND s.generation = $3::int
      AND s.rotated_at + make_interval(secs => $4::int) > now() AND {_ALIVE}""",
    4,
)

IS_REVOKED = Statement(
    "is_access_token_revoked",
    "SELECT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE jti = $1::text)",
    1,
)
