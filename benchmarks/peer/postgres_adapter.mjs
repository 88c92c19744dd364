// Models of oidc-provider in PostgreSQL: one table, as the documentation of its adapters asks for.
// Each method is one statement, named, so that PostgreSQL prepares it once a connection.
import pg from "pg";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS oidc_models (
    kind text NOT NULL,
    id text NOT NULL,
    payload jsonb NOT NULL,
    grant_id text,
    uid text,
    user_code text,
    expires_at timestamptz,
    PRIMARY KEY (kind, id)
  );
  CREATE INDEX IF NOT EXISTS oidc_models_grant_id ON oidc_models (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oidc_models_uid ON oidc_models (uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oidc_models_user_code ON oidc_models (user_code) WHERE user_code IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oidc_models_expires_at ON oidc_models (expires_at);
  CREATE TABLE IF NOT EXISTS accounts (id text PRIMARY KEY, claims jsonb NOT NULL);
  INSERT INTO accounts
    SELECT 'user-' || i, jsonb_build_object('email', 'user-' || i || '@example.com',
                                            'email_verified', true, 'name', 'User ' || i)
    FROM generate_series(0, 9999) AS i ON CONFLICT DO NOTHING`;

const ALIVE = "(expires_at IS NULL OR expires_at > now())";

export async function openDatabase(options) {
  const pool = new pg.Pool({ ...options, max: 10 });
  await pool.query(SCHEMA);
  return pool;
}

export async function findClaims(pool, id) {
  const text = "SELECT claims FROM accounts WHERE id = $1";
  const { rows } = await pool.query({ name: "account", text, values: [id] });
  return rows[0]?.claims;
}

export function adapterOn(pool) {
  const ask = (name, text, values) => pool.query({ name, text, values });

  return class PostgresAdapter {
    constructor(kind) {
      this.kind = kind;
    }

    async upsert(id, payload, expiresIn) {
      await ask(
        "upsert",
        `INSERT INTO oidc_models (kind, id, payload, grant_id, uid, user_code, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
         ON CONFLICT (kind, id) DO UPDATE SET
           payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
           user_code = excluded.user_code, expires_at = excluded.expires_at`,
        [this.kind, id, payload, payload.grantId, payload.uid, payload.userCode, expiresIn],
      );
    }

    async find(id) {
      const text = `SELECT payload FROM oidc_models WHERE kind = $1 AND id = $2 AND ${ALIVE}`;
      return (await ask("find", text, [this.kind, id])).rows[0]?.payload;
    }

    async findByUid(uid) {
      const text = `SELECT payload FROM oidc_models WHERE kind = $1 AND uid = $2 AND ${ALIVE}`;
      return (await ask("find_by_uid", text, [this.kind, uid])).rows[0]?.payload;
    }

    async findByUserCode(code) {
      const text = `SELECT payload FROM oidc_models WHERE kind = $1 AND user_code = $2 AND ${ALIVE}`;
      return (await ask("find_by_user_code", text, [this.kind, code])).rows[0]?.payload;
    }

    async consume(id) {
      await ask(
        "consume",
        `UPDATE oidc_models
         SET payload = payload || jsonb_build_object('consumed', extract(epoch FROM now())::bigint)
         WHERE kind = $1 AND id = $2`,
        [this.kind, id],
      );
    }

    async destroy(id) {
      await ask("destroy", "DELETE FROM oidc_models WHERE kind = $1 AND id = $2", [this.kind, id]);
    }

    async revokeByGrantId(grantId) {
      await ask("revoke", "DELETE FROM oidc_models WHERE grant_id = $1", [grantId]);
    }
  };
}
