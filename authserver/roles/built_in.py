"""The roles that the server itself relies on."""

from authserver.roles.models import ADMIN, USER, Role
from authserver.roles.permissions import ALL


def built_in_roles() -> tuple[Role, ...]:
    """As this release wants them."""
    everything = "May do everything at the REST API."
    return (
        Role(name=ADMIN, description=everything, permissions=sorted(ALL)),
        Role(name=USER, description="Everybody with an account.", permissions=[]),
    )
