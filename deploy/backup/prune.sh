#!/usr/bin/env bash
# Remove what nobody needs in order to go back BACKUP_KEEP_DAYS. The newest of each kind stays, and
# so do the base backup that the oldest of these days needs, and the log from there on.
. "$(dirname "$0")/vault.sh"
usage 0 '' "$@"
need pg_archivecleanup

days=${BACKUP_KEEP_DAYS:-14}
[[ $days =~ ^[1-9][0-9]{0,4}$ ]] || fail "BACKUP_KEEP_DAYS is '$days', expected a number of days from 1 on."
cutoff=$(date -u -d "-$days days" +%Y%m%dT%H%M%SZ)
removed=0

dumps=$(find "$BACKUP_DIR/dumps" -name '*Z.dump' | sort | head -n -1)
while read -r dump; do
    [[ -n $dump && ${dump##*/} < $cutoff ]] || continue
    rm -f "$dump" "$dump.sha256"
    removed=$((removed + 1))
done <<< "$dumps"

oldest=
while read -r base; do
    [[ -z $oldest || ${base##*/} < $cutoff ]] && oldest=$base
done < <(bases)
while read -r base; do
    [[ $base < $oldest ]] || continue
    rm -rf "$base"
    removed=$((removed + 1))
done < <(bases)

if [ -n "$oldest" ]; then
    first=$(fact "$oldest" first_wal)
    before=$(find "$BACKUP_DIR/wal" -name '*.wal' | wc -l)
    pg_archivecleanup -x .wal "$BACKUP_DIR/wal" "$first"
    pg_archivecleanup -x .sha256 "$BACKUP_DIR/wal" "$first"
    removed=$((removed + before - $(find "$BACKUP_DIR/wal" -name '*.wal' | wc -l)))
fi
# What a script that was killed has left behind.
find "$BACKUP_DIR" -mindepth 2 -maxdepth 2 -name '*.part' -mmin +1440 -exec rm -rf {} +
echo "Removed $removed backups and files of the log that were older than needed for $days days."
