#!/usr/bin/env bash
# Keep a base backup of the whole server: BACKUP_DIR/base/<time>. With the write-ahead log that
# wal-archive.sh keeps from then on, any later time can be restored.
. "$(dirname "$0")/vault.sh"
usage 0 '' "$@"
need psql pg_basebackup

kept=$BACKUP_DIR/base/$(date -u +%Y%m%dT%H%M%SZ)
[ ! -e "$kept" ] || fail "$kept is there already. Wait a second and try again."
archiving=$(ask "SELECT current_setting('archive_mode')") ||
    fail "PostgreSQL does not answer: see above. PGHOST says where it is."
[ "$archiving" != off ] ||
    fail "archive_mode is off, so the backup could not be used. Set it on, and archive_command to wal-archive.sh."
part=$kept.part
mkdir "$part"
trap 'rm -rf "$part"' EXIT

# The log is needed from here on, or from a bit later.
first_wal=$(ask 'SELECT pg_walfile_name(pg_current_wal_lsn())')
segment=$(ask "SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'")
# Without WAL in it, the backup ends when PostgreSQL has archived all that it needs.
pg_basebackup --pgdata=- --format=tar --wal-method=none --checkpoint=fast \
    --manifest-checksums=SHA256 --no-password | gzip -1 | seal > "$part/data" ||
    fail "pg_basebackup failed, or BACKUP_ENCRYPT did: see above. Nothing was kept."
sum_of "$part/data" > "$part/data.sha256"
cat > "$part/facts" <<FACTS
first_wal=$first_wal
wal_segment_size=$segment
restores_from=$(ask 'SELECT ceil(extract(epoch FROM clock_timestamp()))::bigint')
FACTS
sync "$part"/* "$part"
mv "$part" "$kept"
sync "$BACKUP_DIR/base"
echo "Kept $kept, $(stat --format=%s "$kept/data") bytes. Verify it: base-verify.sh"
