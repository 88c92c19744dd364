"""The first administrator: somebody has to be able to appoint the others."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from authserver.cli.operators import OPERATOR
from authserver.cli.passwords import generate_password

if TYPE_CHECKING:
    from authserver.wiring import Services


@dataclass(frozen=True)
class NewAdministrator:
    """An account just made; ``password`` is None when the operator chose it."""

    email: str
    password: str | None = field(repr=False)


def has_administrator(services: "Services") -> bool:
    """Whether anybody with the role ``admin`` can sign in."""
    from authserver.roles.service import RoleService

    return services.get(RoleService).has_administrator()


def ensure_administrator(
    services: "Services", email: str, password: str | None
) -> NewAdministrator | None:
    """Make an administrator if there is none; without a password, with a generated one.

    Raises :class:`Invalid`, :class:`WeakPassword`, :class:`EmailTaken`.
    """
    from authserver.roles.models import ADMIN
    from authserver.users.service import UserService

    if has_administrator(services):
        return None
    chosen = password or generate_password()
    services.get(UserService).create(
        OPERATOR, None, email, chosen, "Administrator", [ADMIN], email_verified=True
    )
    return NewAdministrator(email, None if password else chosen)
