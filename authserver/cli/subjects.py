"""The user, the role or the resource server that a command line names."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from authserver.roles.models import Role
    from authserver.users.models import User
    from authserver.wiring import Services


def named_user(services: "Services", name: str) -> "User":
    """The user of an e-mail address or an id. Raises :class:`UserNotFound`."""
    from authserver.errors import UserNotFound
    from authserver.ids import parse_id
    from authserver.users.service import UserService

    users = services.get(UserService)
    user_id = parse_id(name)
    if user_id is not None:
        return users.get(user_id)
    user = users.find_by_email(name)
    if user is None:
        raise UserNotFound
    return user


def named_user_id(services: "Services", name: str) -> "UUID":
    """The id of an e-mail address, or the one that is written there, of whomever it was.

    Raises :class:`UserNotFound`.
    """
    from authserver.ids import parse_id

    return parse_id(name) or named_user(services, name).id


def named_role(services: "Services", name: str) -> "Role":
    """The role of a name. Raises :class:`RoleNotFound`."""
    from authserver.errors import RoleNotFound
    from authserver.roles.service import RoleService

    role = services.get(RoleService).find_by_name(name)
    if role is None:
        raise RoleNotFound
    return role
