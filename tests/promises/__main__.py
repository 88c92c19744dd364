"""``make promises``: keep them, print the figures, and write them down."""

import argparse
import sys
from collections.abc import Callable

from authserver.observability.logs import configure_logs
from tests.promises import keeping
from tests.promises.page import Section, write

PROMISES: dict[str, tuple[str, Callable[[bool], keeping.Figures]]] = {
    "R1": ("a refresh token is spent exactly once", keeping.exactly_once),
    "R2": ("no acknowledged session is lost", keeping.nothing_lost),
    "R3": ("within a second of PostgreSQL's return all is well", keeping.recovery),
    "R4": ("a hundred thousand malformed requests, and no 5xx", keeping.malformed_requests),
    "R7": ("what fails how, row by row", keeping.failure_table),
    "R8": ("keys are rotated without one failed verification", keeping.key_rotation),
    "R10": (
        "no flood and no slow client starves the token endpoint",
        keeping.no_starving,
    ),
    "R11": ("a revocation is obeyed within a second here", keeping.revoked_at_once),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make promises", description=__doc__)
    # The choices are compared with the empty default as well.
    parser.add_argument("only", nargs="*", choices=[*PROMISES, []], help="Default: all.")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="Shorter runs (of R7 there is none), and nothing is written.",
    )
    wanted = parser.parse_args()
    configure_logs("ERROR", "console")
    sections = []
    for name in wanted.only or PROMISES:
        promise, keep = PROMISES[name]
        sys.stdout.write(f"{name}: {promise} ...\n")
        section = Section(name, promise, *keep(wanted.quick))
        sections.append(section)
        sys.stdout.write(f"{section.text()}\n")
        sys.stdout.flush()
        if not wanted.quick:
            write([section])
    return 0 if all(section.kept for section in sections) else 1


if __name__ == "__main__":
    sys.exit(main())
