"""What a client may do at our own REST API, and who may give it that."""

from dataclasses import dataclass

from authserver.errors import InsufficientPermission
from authserver.http.principal import SCOPE_MANAGE


@dataclass(frozen=True)
class ApiPermissions:
    """``names`` are the scopes that open our own REST API: each is a permission."""

    names: frozenset[str]

    def demand(self, holder: frozenset[str] | None, *scopes: str) -> None:
        """``holder``, what the caller may do, must have each permission that these scopes carry.

        Of a client that is changed they are the scope before and the scope after: who could give a
        client more than they have, or take over one that has more, would have as much as it. None
        is the system itself. Raises :class:`InsufficientPermission`.
        """
        if holder is None:
            return
        wanted = frozenset(" ".join(scopes).split())
        carried = self.names if SCOPE_MANAGE in wanted else wanted & self.names
        if not carried <= holder:
            raise InsufficientPermission(detail="the scope of the client exceeds the caller's")
