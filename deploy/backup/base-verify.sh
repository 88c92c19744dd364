#!/usr/bin/env bash
# Verify a base backup, the newest unless its folder is named, and all of the log since: unpacked,
# compared with what PostgreSQL gave us, and without a gap.
. "$(dirname "$0")/vault.sh"
usage '0|1' '[FOLDER]' "$@"
need pg_verifybackup

base=${1:-$(bases | tail -n 1)}
[ -n "$base" ] || fail "There is no base backup in $BACKUP_DIR/base. Make one: base.sh"
[ -r "$base/facts" ] || fail "$base is no base backup: it has no file 'facts'."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unpack "$base" "$scratch"
rm -rf "${scratch:?}"/*

# A name is timeline, log and segment, 8 digits each. After a restore the log goes on in another
# timeline, so the timeline is not looked at: of each place there must be a file in any of them.
first=$(fact "$base" first_wal) segments=$((0x100000000 / $(fact "$base" wal_segment_size)))
place() { echo $((16#${1:8:8} * segments + 16#${1:16:8})); }
expected=$(place "$first") last=
while read -r name; do
    here=$(place "$name")
    [ "$here" -ge "$expected" ] || [ "$here" -eq $((expected - 1)) ] || continue
    [ "$here" -le "$expected" ] ||
        fail "The log has a gap before $name.wal: nothing after it can be restored. Make a new base backup: base.sh"
    "$(dirname "$0")/wal-fetch.sh" "$name" "$scratch/wal" || fail "$name.wal cannot be used: see above."
    last=$name expected=$((here + 1))
done < <(find "$BACKUP_DIR/wal" -name '*.wal' -printf '%f\n' | sed -nE 's/^([0-9A-F]{24})\.wal$/\1/p' |
    sort --key=1.9)
[ -n "$last" ] || fail "There is no log from $first on in $BACKUP_DIR/wal. Is archive_command wal-archive.sh?"
echo "$base is whole, and so is the log from $first to $last: any time can be restored" \
    "from $(date -u -d "@$(fact "$base" restores_from)" '+%F %T+00') to about" \
    "$(date -u -r "$BACKUP_DIR/wal/$last.wal" '+%F %T+00')."
