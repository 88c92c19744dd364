#!/usr/bin/env bash
# Read a logical backup from its beginning to its end.
. "$(dirname "$0")/vault.sh"
usage 1 FILE "$@"
need pg_restore

file=$1
[ -r "$file" ] || fail "There is no file $file to read."
has_sum "$file" "$file.sha256" ||
    fail "$file is damaged: it is not what it was when it was made. Take another one."
contents=$(unseal < "$file" | pg_restore --list) ||
    fail "$file cannot be read. If it is encrypted, BACKUP_DECRYPT must undo it."
grep -q 'TABLE DATA .* alembic_version ' <<< "$contents" ||
    fail "$file is a backup, but not of a database of Authserver: it has no table alembic_version."
unseal < "$file" | pg_restore --file=/dev/null || fail "$file breaks off, or is damaged."
echo "$file is whole: $(grep -c 'TABLE DATA' <<< "$contents") tables."
