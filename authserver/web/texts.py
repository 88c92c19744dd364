"""What a page says of an error, for whoever reads it: a title, and what it means for them.

Programs have codes, and developers what stands under "details"; neither helps a person.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

Text = tuple[LazyString, LazyString]

_BY_CODE: dict[str, Text] = {
    "flow_invalid": (
        _("This page does not belong to a sign-in of this browser"),
        _(
            "The sign-in was started in another browser, cookies are turned off, or the address is "
            "incomplete. Go back to the application and start again from there."
        ),
    ),
    "flow_expired": (
        _("This took too long"),
        _("For your safety the sign-in has ended. Go back to the application and start again."),
    ),
    "unknown_client": (
        _("The application is not known here"),
        _("The application that sent you here is not registered, or has been turned off."),
    ),
    "invalid_redirect_uri": (
        _("The way back is not known here"),
        _(
            "The application asked us to send you to an address that is not registered for it. "
            "You were not sent there."
        ),
    ),
    "access_denied": (
        _("Access was refused"),
        _("The application was not given access to your account."),
    ),
}
_BY_STATUS: dict[int, Text] = {
    400: (
        _("This request cannot be carried out"),
        _(
            "The application that sent you here, or the link that you followed, has a mistake. "
            "It is not your fault, and nothing has been changed."
        ),
    ),
    401: (_("You are not signed in"), _("Sign in and try again.")),
    403: (_("You may not do this"), _("Your account is not allowed to do this.")),
    404: (_("There is nothing here"), _("The address is wrong, or what it led to is gone.")),
    405: (
        _("This page cannot be used like that"),
        _("Go back and use the buttons of the page that you came from."),
    ),
    409: (
        _("Something has changed meanwhile"),
        _("What you were about to do no longer fits. Go back and look again."),
    ),
    429: (_("Too many attempts"), _("Wait a little, and then try again.")),
    500: (
        _("Something went wrong on our side"),
        _("It is not your fault. If it happens again, tell us the error id."),
    ),
    503: (
        _("We are not available just now"),
        _("Something that we depend on does not answer. Try again in a moment."),
    ),
}
_LIKE = {412: 409, 413: 400, 415: 400, 422: 400}


def text_of(code: str, status: int) -> Text:
    """The title and the sentence for an error; by its code, or else by the status of its kind."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _BY_STATUS.get(_LIKE.get(status, status)) or _BY_STATUS[500 if status > 499 else 400]
