"""The statements of the hot path: each is one round trip and commits by itself.

The database's clock decides about every end, and no statement reads before it writes: of many
requests at once PostgreSQL lets one through, and the others see what it did.

Plans are made once and kept, perhaps while a table is all but empty, when one way costs as much as
another. So nothing is joined that could be joined the other way round: what belongs to a row is
asked for in a subquery, behind a fence (OFFSET 0) where that is not enough. IS NOT DISTINCT FROM
and COALESCE stand where an equals sign or IS NULL would let PostgreSQL take another index than that
of the key.
"""

from authserver.storage.statements import Statement

_ROLES = """
    ARRAY(SELECT (SELECT r.name FROM roles r WHERE r.id = ur.role_id) AS name
          FROM user_roles ur WHERE ur.user_id = s.user_id ORDER BY name)"""

# What a decision rests on is read from where it is true, each time.
_PERMISSIONS = """
    ARRAY(SELECT DISTINCT unnest((SELECT r.permissions FROM roles r WHERE r.id = ur.role_id))
          FROM user_roles ur WHERE ur.user_id = s.user_id)"""

# A session is alive when nothing has ended it: not itself, not its age, not its user.
_ALIVE = """
    COALESCE(s.ended_at, 'infinity') = 'infinity' AND s.expires_at > now()
    AND (SELECT u.enabled AND u.credential_generation = s.credential_generation
         FROM users u WHERE u.id = s.user_id)"""

_SESSION = f"""
    s.id, s.user_id, s.client_id, s.generation, s.scope, s.audience, s.auth_time, s.acr, s.amr,
    s.expires_at, s.browser_session_id, s.claims, {_ROLES}"""

# $1 user, $2 its credential generation, $3 the most sessions that stay, $4 session, $5 client, ...,
# $14 absolute and $15 idle life, $16 browser session or null, $17 claims. The insert reads and
# holds the rows of the user, the client and the browser session, so that nobody who was disabled,
# deleted or signed out a moment ago gets a session. What came by a browser must
# still be agreed to, but for a client of the house: who withdraws consent leaves no code behind. An
# id that is taken begins nothing: a code names the id of its session, and so works once (RFC 6749,
# section 4.1.2). Without offline_access the session ends with the sign-in of its browser (OpenID
# Connect Core 1.0, section 11).
BEGIN = Statement(
    "begin_session",
    f"""
    WITH surplus AS (
        UPDATE sessions SET ended_at = now(), end_reason = 'limit'
        WHERE id = ANY (ARRAY(
            SELECT id FROM (
                SELECT id FROM sessions
                WHERE user_id = $1::uuid AND client_id IS NOT DISTINCT FROM $5::text
                  AND ended_at IS NULL
                OFFSET 0) AS living
            ORDER BY id DESC OFFSET $3::int - 1))
    ), browser AS (
        SELECT id, CASE WHEN 'offline_access' = ANY (string_to_array($7::text, ' '))
                        THEN 'infinity' ELSE expires_at END AS ends_at
        FROM browser_sessions
        WHERE id = $16::uuid AND user_id IS NOT DISTINCT FROM $1::uuid
          AND credential_generation = $2::int AND ended_at IS NULL AND expires_at > now()
        FOR SHARE
    ), s AS (
        INSERT INTO sessions (id, user_id, client_id, secret_digest, credential_generation, scope,
                              audience, auth_time, acr, amr, address, user_agent, expires_at,
                              review_at, browser_session_id, claims)
        SELECT $4::uuid, u.id, c.client_id, $6::bytea, u.credential_generation, $7::text,
               $8::text[], $9::timestamptz, $10::text, $11::text[], $12::text, $13::text,
               LEAST(now() + make_interval(secs => $14::int), (SELECT ends_at FROM browser)),
               LEAST(now() + make_interval(secs => LEAST($14::int, $15::int)),
                     (SELECT ends_at FROM browser)),
               $16::uuid, $17::jsonb
        FROM users u, clients c
        WHERE u.id = $1::uuid AND u.enabled AND u.credential_generation = $2::int
          AND c.client_id = $5::text AND c.enabled
          AND ($16::uuid IS NULL OR EXISTS (SELECT 1 FROM browser))
          AND ($16::uuid IS NULL OR c.first_party OR (
              SELECT k.scope @> string_to_array($7::text, ' ') FROM consents k
              WHERE k.user_id = $1::uuid AND k.client_id = $5::text))
        FOR KEY SHARE OF u, c
        ON CONFLICT (id) DO NOTHING
        RETURNING *
    )
    SELECT {_SESSION} FROM s""",
    17,
)

# Whether anything of what is asked for can still be granted; the parameters are those of ROTATE.
_GRANTABLE = """
    ($7::text[] IS NULL OR string_to_array(s.scope, ' ') && $7::text[])
    AND ($8::text[] IS NULL OR s.audience @> $8::text[])
    AND ($9::text[] IS NULL OR s.audience && $9::text[])"""

# The whole rule of rotation (RFC 9700, section 4.14.2) in one update. $1 session, $2 digest of its
# secret, $3 client, $4 the generation presented, $5 leeway, $6 idle life, $7 the scope asked for
# and $8 the audience, or null, $9 the audience that the client may have today. The present
# generation moves on, unless what is asked for was never granted: a refused request must not burn
# the token. The one before it may be sent again within the leeway. Anything older has been stolen
# from somebody: the session ends.
ROTATE = Statement(
    "rotate_session",
    f"""
    UPDATE sessions s SET
        generation = s.generation
            + CASE WHEN $4::int = s.generation AND {_GRANTABLE} THEN 1 ELSE 0 END,
        rotated_at =
            CASE WHEN $4::int = s.generation AND {_GRANTABLE} THEN now() ELSE s.rotated_at END,
        (ended_at, end_reason) = (SELECT now(), 'reuse' WHERE $4::int < s.generation - 1
            OR ($4::int = s.generation - 1
                AND ($5::int = 0 OR s.rotated_at + make_interval(secs => $5::int) <= now())))
    WHERE s.id = $1::uuid AND s.secret_digest = $2::bytea
      AND s.client_id IS NOT DISTINCT FROM $3::text
      AND $4::int <= s.generation AND s.rotated_at + make_interval(secs => $6::int) > now()
      AND {_ALIVE}
    RETURNING {_SESSION}, s.ended_at IS NOT NULL""",
    9,
)

# For as long as nothing has ended an access token. $1 session, $2 jti, $3 idle life.
_OF_TOKEN = f"""
    WHERE s.id = $1::uuid AND {_ALIVE}
      AND s.rotated_at + make_interval(secs => $3::int) > now()
      AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE jti = $2::text)"""

IS_ALIVE = Statement("is_token_alive", f"SELECT true FROM sessions s {_OF_TOKEN}", 3)
HOLDER = Statement(
    "find_token_holder",
    f"SELECT s.user_id, {_ROLES}, {_PERMISSIONS} FROM sessions s {_OF_TOKEN}",
    3,
)
PERSON = Statement(
    "find_person_of_token",
    f"""
    SELECT u.id, u.email, u.email_verified, u.full_name, u.updated_at, u.profile, s.claims
    FROM sessions s, LATERAL (SELECT * FROM users WHERE id = s.user_id OFFSET 0) u
    {_OF_TOKEN}""",
    3,
)

# $1 session, $2 digest of its secret, $3 the generation presented, $4 idle life.
FIND = Statement(
    "find_session",
    f"""
    SELECT {_SESSION} FROM sessions s
    WHERE s.id = $1::uuid AND s.secret_digest = $2::bytea AND s.generation = $3::int
      AND s.rotated_at + make_interval(secs => $4::int) > now() AND {_ALIVE}""",
    4,
)

IS_REVOKED = Statement(
    "is_access_token_revoked",
    "SELECT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE jti = $1::text)",
    1,
)

# Clearing away: $1 is the most rows that are looked at. Each answers how many that were, and how
# many of them have been deleted. Who works with a row at the moment is not disturbed.

# $2 idle life. No index can follow ``rotated_at`` (see the model), so that each session is looked
# at when it may be dead for the first time, and again when it may be after that.
REVIEW = Statement(
    "review_sessions",
    """
    WITH due AS MATERIALIZED (
        SELECT id, LEAST(expires_at, rotated_at + make_interval(secs => $2::int)) AS dies_at
        FROM sessions WHERE review_at <= now()
        ORDER BY review_at LIMIT $1::int FOR UPDATE SKIP LOCKED
    ), kept AS (
        UPDATE sessions
        SET review_at = LEAST(expires_at, rotated_at + make_interval(secs => $2::int))
        WHERE id = ANY (ARRAY(SELECT id FROM due WHERE dies_at > now()))
    ), gone AS (
        DELETE FROM sessions
        WHERE id = ANY (ARRAY(SELECT id FROM due WHERE dies_at <= now())) RETURNING id
    )
    SELECT (SELECT count(*) FROM due), (SELECT count(*) FROM gone)""",
    2,
)

# $2 for how long what has ended stays, for whoever asks what became of it.
REMOVE_ENDED = Statement(
    "remove_ended_sessions",
    """
    WITH gone AS (
        DELETE FROM sessions WHERE id = ANY (ARRAY(
            SELECT id FROM sessions WHERE ended_at <= now() - make_interval(secs => $2::int)
            ORDER BY ended_at LIMIT $1::int FOR UPDATE SKIP LOCKED)) RETURNING id
    )
    SELECT count(*), count(*) FROM gone""",
    2,
)

REMOVE_REVOCATIONS = Statement(
    "remove_revocations",
    """
    WITH gone AS (
        DELETE FROM revoked_access_tokens WHERE jti = ANY (ARRAY(
            SELECT jti FROM revoked_access_tokens WHERE expires_at <= now()
            ORDER BY expires_at LIMIT $1::int FOR UPDATE SKIP LOCKED)) RETURNING jti
    )
    SELECT count(*), count(*) FROM gone""",
    1,
)
