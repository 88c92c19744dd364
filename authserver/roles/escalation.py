"""The one rule against escalation (CVE-2026-17526 and CVE-2026-3121 of Keycloak)."""

from collections.abc import Iterable

from authserver.errors import InsufficientPermission


def assert_covers(holder: frozenset[str] | None, needed: Iterable[str]) -> None:
    """Refuse to let anybody give, take or overrule permissions that they do not hold.

    ``holder`` is what the caller may do; None is the system itself, which may do everything.
    Raises :class:`InsufficientPermission`.
    """
    if holder is not None and not holder.issuperset(needed):
        raise InsufficientPermission(detail="permissions beyond those of the caller")
