"""What signs a user out, for the changes of an account that must do so."""

from typing import Protocol
from uuid import UUID

from authserver.actor import Actor
from authserver.storage.db import Transaction


class SignOut(Protocol):
    """Ends what a user is signed in to, and has the applications told.

    A room above does it (``authn.sign_out``): accounts know nothing of sign-ins.
    """

    def shut_out(self, tx: Transaction, user_id: UUID, reason: str, actor: Actor) -> None:
        """In the transaction that disables, deletes or changes the user, who is locked by it."""
        ...
