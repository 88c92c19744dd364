#!/usr/bin/env bash
# Give one file of the write-ahead log back to a PostgreSQL that recovers; restore-to.sh sets it up.
# 1 means that there is no such file, and recovery ends there in good order. A file that is there
# and cannot be used must not look like that end: above 125 PostgreSQL gives the recovery up.
. "$(dirname "$0")/vault.sh"
usage 2 'NAME PATH' "$@"

kept=$BACKUP_DIR/wal/$1 target=$2
[ -e "$kept.wal" ] || exit 1
unseal < "$kept.wal" | gunzip > "$target" ||
    fail "$kept.wal could not be unpacked. If it is encrypted, BACKUP_DECRYPT must undo it." 200
has_sum "$target" "$kept.sha256" ||
    fail "$kept.wal is damaged: it is not what PostgreSQL gave us. Recover to a time before it." 200
