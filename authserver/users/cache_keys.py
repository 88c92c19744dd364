"""What the cache calls a user's things. All of them are forgotten when the user changes."""

from uuid import UUID


def profile_key(user_id: UUID) -> str:
    """What may be seen of a user."""
    return f"profile:{user_id}"


def version_key(user_id: UUID) -> str:
    """The version of a user: copies of other rooms are good for no other one."""
    return f"version:{user_id}"
