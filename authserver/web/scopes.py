"""Scopes in words: what somebody gives away by saying yes."""

from collections.abc import Iterable

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

# In the order in which people are told.
_WORDS: dict[str, LazyString] = {
    "openid": _("Recognise you by an identifier of your account"),
    "profile": _("See your name and the other details of your profile"),
    "email": _("See your e-mail address"),
    "phone": _("See your phone number"),
    "address": _("See your postal address"),
    "offline_access": _("Keep this access while you are away, until you withdraw it"),
    "account": _("Manage your account on this server: your profile, password and sessions"),
    "manage": _("Act on this server with all the permissions that you have"),
}


def in_words(scope: Iterable[str]) -> list[tuple[str, LazyString | None]]:
    """Each scope and what it means; None for one that only the application can explain."""
    order = {name: number for number, name in enumerate(_WORDS)}
    names = sorted(scope, key=lambda name: (order.get(name, len(order)), name))
    return [(name, _WORDS.get(name)) for name in names]
