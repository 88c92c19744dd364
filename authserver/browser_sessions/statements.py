"""The statements that need no transaction: finding what a cookie names, and clearing away."""

from authserver.storage.statements import Statement

# A browser session is alive when nothing has ended it: not itself, not its age, not its user. Both
# lives are those of today's settings: who shortens them ends what is older (GHSA-64w3-5q9m-68xf).
_ALIVE = """
    u.enabled AND u.credential_generation = b.credential_generation
    AND b.ended_at IS NULL AND b.expires_at > now()
    AND b.seen_at + make_interval(secs => $3::int) > now()
    AND b.auth_time + make_interval(secs => $4::int) > now()"""

# $1 the ids and $2 the digests of the tokens in a cookie, $3 idle and $4 absolute life, $5 for how
# long a browser counts as just seen. The last columns are for how many seconds the row will be
# alive if nothing happens, and whether to TOUCH it. The fence keeps PostgreSQL from beginning with
# the users, of which it may know only that there were few.
FIND_ALL = Statement(
    "find_browser_sessions",
    f"""
    SELECT b.id, b.user_id, u.email, u.full_name, b.credential_generation, b.auth_time, b.acr,
           b.amr, b.expires_at, u.version, floor(extract(epoch FROM LEAST(
               b.expires_at, b.seen_at + make_interval(secs => $3::int),
               b.auth_time + make_interval(secs => $4::int)) - now()))::int,
           b.seen_at <= now() - make_interval(secs => $5::int)
    FROM browser_sessions b, LATERAL (SELECT * FROM users WHERE id = b.user_id OFFSET 0) u
    WHERE b.id = ANY ($1::uuid[])
      AND b.secret_digest = ($2::bytea[])[array_position($1::uuid[], b.id)] AND {_ALIVE}""",
    5,
)

# $1 the ids of those that somebody came by in. A row that somebody works with is touched the next
# time: a reader waits for nobody, and never holds one row while it waits for another.
TOUCH = Statement(
    "touch_browser_sessions",
    """
    UPDATE browser_sessions SET seen_at = now() WHERE id = ANY (ARRAY(
        SELECT id FROM browser_sessions WHERE id = ANY ($1::uuid[]) AND ended_at IS NULL
        FOR NO KEY UPDATE SKIP LOCKED))""",
    1,
)

# $1 is the most rows that are looked at. Who works with a row at the moment is not disturbed.
REMOVE_EXPIRED = Statement(
    "remove_expired_browser_sessions",
    """
    WITH gone AS (
        DELETE FROM browser_sessions WHERE id = ANY (ARRAY(
            SELECT id FROM browser_sessions WHERE expires_at <= now()
            ORDER BY expires_at LIMIT $1::int FOR UPDATE SKIP LOCKED)) RETURNING id
    )
    SELECT count(*) FROM gone""",
    1,
)
