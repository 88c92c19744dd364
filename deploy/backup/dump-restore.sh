#!/usr/bin/env bash
# Restore a logical backup into an empty database, wholly or not at all.
. "$(dirname "$0")/vault.sh"
usage 1 FILE "$@"
need psql pg_restore

file=$1
"$(dirname "$0")/dump-verify.sh" "$file"
found=$(ask "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')
               AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'") ||
    fail "The database does not answer: see above. PGHOST and PGDATABASE say which one it is."
[ "$found" = 0 ] ||
    fail "The database has $found tables, expected none. Make an empty one (createdb) and name it in PGDATABASE."
# The connection string names no database, so that PGDATABASE or PGSERVICE does.
unseal < "$file" |
    pg_restore --dbname='application_name=dump-restore' --single-transaction --exit-on-error --no-owner ||
    fail "pg_restore failed: see above. The database is still empty."
echo "Restored $file. Now: authserver migrate, authserver doctor, authserver session end --all."
