"""The claims about a person, and who may have which (OpenID Connect Core 1.0, sections 5.1-5.5)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from authserver.flows.authorization_request import AuthorizationRequest

# What each scope shows (section 5.4).
CLAIMS_BY_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": (
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username"),
        *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"),
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
CLAIMS = tuple(name for names in CLAIMS_BY_SCOPE.values() for name in names)
# How single claims are asked for, by their names (section 5.5).
Requested = Mapping[str, Mapping[str, Any] | None]


class Person(Protocol):
    """What is known of somebody; ``profile`` has the standard claims that have no column."""

    @property
    def email(self) -> str: ...

    @property
    def email_verified(self) -> bool: ...

    @property
    def full_name(self) -> str | None: ...

    @property
    def updated_at(self) -> datetime: ...

    @property
    def profile(self) -> Mapping[str, Any]: ...


def claims_for(
    person: Person, scope: Collection[str], requested: Requested | None
) -> dict[str, Any]:
    """The claims that the scope shows, and those asked for one by one; what is unknown is left out.

    A claim that was asked for with a value is there with that value or not at all (section
    5.5.1). To leave out an essential one is no error.
    """
    known = _known(person)
    names = {name for part in CLAIMS_BY_SCOPE.keys() & set(scope) for name in CLAIMS_BY_SCOPE[part]}
    names |= {
        name
        for name, how in (requested or {}).items()
        if name in known and _is_wanted(known[name], how)
    }
    return {name: value for name, value in known.items() if name in names}


def asked_scope(request: AuthorizationRequest) -> frozenset[str]:
    """What a person must agree to: the scope, and that of each claim that is asked for by name."""
    asked = {name for place in (request.claims or {}).values() for name in place}
    named = {scope for scope, claims in CLAIMS_BY_SCOPE.items() if not asked.isdisjoint(claims)}
    return request.scope | named


def asks_for_any(requested: Requested | None) -> bool:
    """Whether the request is for anything that is here: often it is for ``acr`` alone."""
    return not set(CLAIMS).isdisjoint(requested or ())


def _known(person: Person) -> dict[str, Any]:
    """All claims that have a value. No name comes from what somebody wrote."""
    columns = {
        "name": person.full_name,
        "updated_at": int(person.updated_at.timestamp()),
        "email": person.email,
        "email_verified": person.email_verified,
    }
    everything = {**person.profile, **columns}
    return {name: value for name in CLAIMS if (value := everything.get(name)) is not None}


def _is_wanted(value: Any, how: Mapping[str, Any] | None) -> bool:
    """Whether the value is one of those asked for, if any were."""
    if how is None:
        return True
    if "value" in how:
        return bool(value == how["value"])
    return value in how["values"] if "values" in how else True
