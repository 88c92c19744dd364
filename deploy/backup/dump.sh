#!/usr/bin/env bash
# Keep a logical backup of one database: BACKUP_DIR/dumps/<time>.dump.
. "$(dirname "$0")/vault.sh"
usage 0 '' "$@"
need pg_dump

kept=$BACKUP_DIR/dumps/$(date -u +%Y%m%dT%H%M%SZ).dump
[ ! -e "$kept" ] || fail "$kept is there already. Wait a second and try again."
part=$kept.part
trap 'rm -f "$part"' EXIT

pg_dump --format=custom | seal > "$part" ||
    fail "pg_dump failed, or BACKUP_ENCRYPT did: see above. Nothing was kept."
sum_of "$part" > "$kept.sha256"
sync "$part" "$kept.sha256"
mv "$part" "$kept"
sync "$BACKUP_DIR/dumps"
echo "Kept $kept, $(stat --format=%s "$kept") bytes. Verify it: dump-verify.sh $kept"
