#!/usr/bin/env bash
# Make a data folder that, when PostgreSQL starts on it, becomes what the server was at a time:
#   restore-to.sh /var/lib/postgresql/18/main '2026-11-22 12:00:00+00'
# Without a time: at the end of the log that was kept. Run it as the user that PostgreSQL runs as.
. "$(dirname "$0")/vault.sh"
usage '1|2' 'DATA_FOLDER [TIME]' "$@"
need pg_verifybackup

data=$1 time=${2:-}
[ ! -e "$data" ] || [ -z "$(ls -A "$data")" ] ||
    fail "$data is not empty. Stop PostgreSQL and move the folder away; it is not touched."
target=
if [ -n "$time" ]; then
    target=$(date -d "$time" +%s) || fail "'$time' is no time. Write it so: 2026-11-22 12:00:00+00"
    [[ $time =~ (Z|[+-][0-9]{2}(:?[0-9]{2})?)$ ]] ||
        fail "'$time' does not say its zone. Write it so: 2026-11-22 12:00:00+00"
fi

base=
while read -r each; do
    [ -n "$target" ] && [ "$(fact "$each" restores_from)" -gt "$target" ] || base=$each
done < <(bases)
[ -n "$base" ] ||
    fail "No base backup in $BACKUP_DIR/base ends before ${time:-now}. Name a later time."

mkdir -p "$data"
chmod 0700 "$data"
unpack "$base" "$data"
# An empty target undoes one of an earlier restore, which the backup may hold. `pause` would leave a
# server that only reads, `promote` opens it.
cat >> "$data/postgresql.auto.conf" <<SETTINGS
restore_command = 'BACKUP_CONF="$BACKUP_CONF" "$(realpath "$(dirname "$0")")/wal-fetch.sh" "%f" "%p"'
recovery_target_time = '$time'
recovery_target_timeline = 'latest'
recovery_target_action = 'promote'
SETTINGS
touch "$data/recovery.signal"
sync --file-system "$data"
echo "$data is ready, from $base. Start PostgreSQL on it: it goes on to ${time:-the end of the log} and then opens." \
    "Now: authserver doctor, authserver session end --all, and a new base backup."
