"""A template becomes a response, with everything that each page has."""

from collections.abc import Sequence

from flask import Response, current_app, make_response, render_template, session
from flask_babel import force_locale

from authserver import __title__
from authserver.http.messages import Headers
from authserver.http.pages import PagePolicy
from authserver.ids import new_secret
from authserver.web.content_policy import page_headers
from authserver.web.csrf import FormSession
from authserver.web.languages import choose_language

_NONCE_BYTES = 16


def render_page(
    template: str,
    status: int = 200,
    *,
    policy: PagePolicy = PagePolicy(),  # noqa: B008 - it is frozen.
    locales: Sequence[str] = (),
    headers: Headers | None = None,
    **values: object,
) -> Response:
    """The page, within a request of Flask's; as :meth:`authserver.http.pages.Pages.show`."""
    nonce = new_secret(_NONCE_BYTES)
    language = choose_language(locales)
    with force_locale(language):
        html = render_template(
            template, status=status, nonce=nonce, language=language, product=__title__, **values
        )
    response = make_response(html, status)
    response.headers.extend(page_headers(policy, nonce))
    if isinstance(session, FormSession) and session.was_used:
        # Without any referrer, browsers would not say either whose form it was (csrf.check_origin).
        response.headers["Referrer-Policy"] = "same-origin"
    response.headers.extend(headers or [])
    return response


def see_other(address: str, headers: Headers | None = None) -> Response:
    """Go on there, by GET: a password is not sent on (RFC 9700, section 4.12)."""
    response = current_app.response_class(status=303)
    response.headers["Location"] = address
    response.headers.extend(headers or [])
    return response
