"""The statements that need no transaction: finding what a cookie names, and clearing away."""

from authserver.storage.statements import Statement

# A browser session is alive when nothing has ended it: not itself, not its age, not its user. Both
# lives are those of today's settings: who shortens them ends what is older (GHSA-64w3-5q9m-68xf).
_ALIVE = """
    u.id = b.user_id AND u.enabled AND u.credential_generation = b.credential_generation
    AND b.ended_at IS NULL AND b.expires_at > now()
    AND b.seen_at + make_interval(secs => $3::int) > now()
    AND b.auth_time + make_interval(secs => $4::int) > now()"""

# $1 the ids and $2 the digests of the tokens in a cookie, $3 idle and $4 absolute life, $5 for how
# long a browser counts as just seen. A row that somebody works with is touched the next time: a
# reader waits for nobody, and never holds one row while it waits for another. The last column is
# for how many seconds the row will be alive if nothing happens.
FIND_ALL = Statement(
    "find_browser_sessions",
    f"""
    WITH asked AS (
        SELECT * FROM unnest($1::uuid[], $2::bytea[]) AS token (id, digest)
    ), found AS (
        SELECT b.*, u.email, u.full_name, u.version
        FROM asked
        JOIN browser_sessions b ON b.id = asked.id AND b.secret_digest = asked.digest
        JOIN users u ON {_ALIVE}
    ), touched AS (
        UPDATE browser_sessions SET seen_at = now() WHERE id = ANY (ARRAY(
            SELECT id FROM browser_sessions
            WHERE id IN (SELECT id FROM found
                         WHERE seen_at <= now() - make_interval(secs => $5::int))
            FOR NO KEY UPDATE SKIP LOCKED))
    )
    SELECT id, user_id, email, full_name, credential_generation, auth_time, acr, amr, expires_at,
           version, floor(extract(epoch FROM LEAST(
               expires_at, seen_at + make_interval(secs => $3::int),
               auth_time + make_interval(secs => $4::int)) - now()))::int
    FROM found""",
    5,
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
