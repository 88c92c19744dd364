"""What may be changed of a user by hand."""

from collections.abc import Mapping
from typing import Any

from authserver.audit.details import Detail, changes
from authserver.users.emails import normalise_email
from authserver.users.models import User
from authserver.users.names import normalise_full_name
from authserver.users.standard_claims import VERIFIED, merged, read_claims
from authserver.users.user import UserChanges


def normalised(changes: UserChanges) -> UserChanges:
    """The same in its one form. Raises :class:`Invalid`."""
    wanted = changes.copy()
    if "email" in changes:
        wanted["email"] = normalise_email(changes["email"])
    if "full_name" in changes:
        wanted["full_name"] = normalise_full_name(changes["full_name"])
    if "profile" in changes:
        wanted["profile"] = read_claims(changes["profile"])
    return wanted


def concerns_proof(changes: UserChanges) -> bool:
    """Whether it is for others to say: where mail goes, and whether a number is theirs."""
    return "email" in changes or VERIFIED in changes.get("profile", {})


def differences(user: User, wanted: UserChanges) -> dict[str, Any]:
    """What of that is new to the user. Raises :class:`Invalid`."""
    values: dict[str, Any] = {**wanted}
    if "profile" in wanted:
        values["profile"] = merged(user.profile, wanted["profile"])
    return {name: value for name, value in values.items() if getattr(user, name) != value}


def audited(user: User, new: Mapping[str, Any]) -> Detail:
    """What the audit record says of changes that are still to be made.

    Values only where they decide who the user is to others: the rest is nobody's business.
    """
    before = {"email": user.email, "email_verified": user.email_verified}
    after = before | ({"email": new["email"], "email_verified": False} if "email" in new else {})
    detail: Detail = {"members": sorted(new)}
    if "profile" in new:
        old, profile = user.profile, new["profile"]
        detail["claims"] = sorted(
            name for name in {*old, *profile} if old.get(name) != profile.get(name)
        )
        before[VERIFIED], after[VERIFIED] = old.get(VERIFIED), profile.get(VERIFIED)
    return detail | changes(before, after)
