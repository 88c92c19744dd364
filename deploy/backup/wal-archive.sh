#!/usr/bin/env bash
# Keep one file of the write-ahead log. In postgresql.conf:
#   archive_command = '/opt/authserver/deploy/backup/wal-archive.sh "%p" "%f"'
# PostgreSQL keeps the file and asks again until we answer 0, so 0 means: it is on the disk.
. "$(dirname "$0")/vault.sh"
usage 2 'PATH NAME' "$@"

source=$1 kept=$BACKUP_DIR/wal/$2
[ -r "$source" ] || fail "There is no file $source to read."
sum=$(sum_of "$source")
if [ -e "$kept.wal" ]; then
    # After a crash PostgreSQL may ask a second time for what is kept already.
    [ "$(cat "$kept.sha256")" != "$sum" ] || exit 0
    fail "$kept.wal is there already, with other content. Does another server archive into BACKUP_DIR? Give each its own."
fi
gzip -1 < "$source" | seal > "$kept.part" || fail "$kept.part could not be written: see above."
echo "$sum" > "$kept.sha256"
sync "$kept.part" "$kept.sha256"
mv "$kept.part" "$kept.wal"
sync "$BACKUP_DIR/wal"
