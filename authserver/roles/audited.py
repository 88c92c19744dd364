"""What the audit record says of roles: what they allow, and what somebody may do by them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from authserver.audit.details import Detail, changes
from authserver.roles.models import Role


def created(role: Role) -> Detail:
    return _named(role) | {"after": {"permissions": list(role.permissions)}}


def changed(role: Role, new: Mapping[str, Any]) -> Detail:
    """Of changes that are still to be made."""
    return _named(role) | changes({name: getattr(role, name) for name in new}, new)


def deleted(role: Role, holders: int) -> Detail:
    """So many users had it."""
    before = {"permissions": list(role.permissions)}
    return _named(role) | {"before": before, "holders": holders}


def assigned(role: Role, held: Collection[Role]) -> Detail:
    """``held`` are the roles of the user from now on."""
    after = [each.name for each in held]
    before = [name for name in after if name != role.name]
    return _held(role, before, after)


def unassigned(role: Role, held: Collection[Role]) -> Detail:
    """``held`` are the roles of the user from now on."""
    after = [each.name for each in held]
    before = sorted([*after, role.name])
    return _held(role, before, after)


def _held(role: Role, before: Sequence[str], after: Sequence[str]) -> Detail:
    difference = changes({"roles": before}, {"roles": after})
    return _named(role) | {"permissions": list(role.permissions)} | difference


def _named(role: Role) -> Detail:
    return {"role_id": str(role.id), "name": role.name}
