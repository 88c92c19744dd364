# shellcheck shell=bash
# What the scripts beside this one share: where the backups are, and how they are sealed. Settings
# come from a file because PostgreSQL runs two of the scripts, in an environment of its own.

set -euo pipefail
umask 077
export LC_ALL=C

# 0: done. 1: refused or failed, stderr says why. 2: the command line is wrong.
fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit "${2:-1}"
}

# usage NUMBER TEXT ARGUMENTS...: refuse any other number of arguments.
usage() {
    local wanted=$1 text=$2
    shift 2
    [[ $# =~ ^($wanted)$ ]] || fail "Usage: ${0##*/} $text" 2
}

# need PROGRAM...: refuse to begin what cannot be finished.
need() {
    local program
    for program in "$@"; do
        command -v "$program" > /dev/null ||
            fail "The program $program is not on the PATH. It comes with PostgreSQL; add its bin folder."
    done
}

# seal, unseal: from standard input to standard output.
seal() { bash -o pipefail -c "${BACKUP_ENCRYPT:-cat}"; }
unseal() { bash -o pipefail -c "${BACKUP_DECRYPT:-cat}"; }

# ask QUERY: one value of the database.
ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$1"; }

# sum_of FILE: its SHA-256.
sum_of() { sha256sum < "$1" | cut -d ' ' -f 1; }

# has_sum FILE NOTE: whether FILE is what it was when its sum was noted.
has_sum() { [ -r "$2" ] && [ "$(sum_of "$1")" = "$(cat "$2")" ]; }

# fact BASE NAME: what was noted about a base backup when it was made.
fact() { sed -n "s/^$2=//p" "$1/facts"; }

# bases: the base backups, the oldest first.
bases() { find "$BACKUP_DIR/base" -mindepth 1 -maxdepth 1 -type d -name '*Z' | sort; }

# unpack BASE FOLDER: a base backup, unpacked into an empty folder and verified there.
unpack() {
    has_sum "$1/data" "$1/data.sha256" ||
        fail "$1/data is damaged: it is not what it was when it was made. Take another base backup."
    unseal < "$1/data" | gunzip | tar --extract --directory "$2" ||
        fail "$1/data could not be unpacked. If it is encrypted, BACKUP_DECRYPT must undo it."
    # The WAL lies in the archive, and not in the backup.
    pg_verifybackup --no-parse-wal --quiet "$2" ||
        fail "$1/data does not match its manifest. Take another base backup."
}

BACKUP_CONF=${BACKUP_CONF:-/etc/authserver/backup.conf}
[ -r "$BACKUP_CONF" ] ||
    fail "The settings $BACKUP_CONF cannot be read. Copy backup.conf.example there, or name another file in BACKUP_CONF."
BACKUP_CONF=$(realpath "$BACKUP_CONF")
# shellcheck source=backup.conf.example
. "$BACKUP_CONF"
[[ ${BACKUP_DIR:-} == /* ]] ||
    fail "BACKUP_DIR in $BACKUP_CONF is '${BACKUP_DIR:-}', expected the absolute path of a folder."
[ -d "$BACKUP_DIR" ] ||
    fail "The folder BACKUP_DIR=$BACKUP_DIR is not there. Mount its disk, or make it."
mkdir -p "$BACKUP_DIR/dumps" "$BACKUP_DIR/base" "$BACKUP_DIR/wal"
