"""The first administrator: somebody has to be able to appoint the others."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from authserver.actor import SYSTEM
from authserver.cli.passwords import generate_password

if TYPE_CHECKING:
    from authserver.wiring import Services

_PAGE = 200


@dataclass(frozen=True)
class NewAdministrator:
    """An account just made; ``password`` is None when the operator chose it."""

    email: str
    password: str | None = field(repr=False)


def has_administrator(services: "Services") -> bool:
    """Whether anybody with the role ``admin`` can sign in.

    Users come by age, and administrators are old: one page will mostly do.
    """
    from authserver.roles.models import ADMIN
    from authserver.users.service import UserService

    users = services.get(UserService)
    last = None
    while profiles := users.list(None, last, _PAGE):
        if any(profile.enabled and ADMIN in profile.roles for profile in profiles):
            return True
        last = profiles[-1].id
    return False


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
        SYSTEM, None, email, chosen, "Administrator", [ADMIN], email_verified=True
    )
    return NewAdministrator(email, None if password else chosen)
