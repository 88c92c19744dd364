"""What may be said of a role, by whomever: the REST API and the command line ask the same rules."""

import re
from collections.abc import Iterable, Sequence
from typing import TypedDict

from authserver.errors import Invalid
from authserver.roles.permissions import ALL

NAME_PATTERN = "^[a-z0-9][a-z0-9_.:-]{0,49}$"


class RoleChanges(TypedDict, total=False):
    """What may be changed of a role; what is absent stays."""

    name: str
    description: str | None
    permissions: Sequence[str]


def valid_changes(changes: RoleChanges) -> RoleChanges:
    """The changes with each permission once. Raises :class:`Invalid`."""
    valid = changes.copy()
    if "name" in changes:
        valid["name"] = valid_name(changes["name"])
    if "permissions" in changes:
        valid["permissions"] = valid_permissions(changes["permissions"])
    return valid


def valid_name(name: str) -> str:
    """Raises :class:`Invalid` for what cannot be the name of a role."""
    if not re.fullmatch(NAME_PATTERN, name):
        sentence = (
            "Expected 1 to 50 characters: small letters, digits and _ . : -, "
            "beginning with a letter or a digit."
        )
        raise Invalid(fields={"name": [sentence]})
    return name


def valid_permissions(permissions: Iterable[str]) -> list[str]:
    """The permissions in order, each once. Raises :class:`Invalid` for one that we do not know."""
    wanted = set(permissions)
    if not wanted <= ALL:
        known = ", ".join(sorted(ALL))
        raise Invalid(fields={"permissions": [f"Expected some of: {known}."]})
    return sorted(wanted)
