"""Where the pages lie, and what holds for all of them."""

from collections.abc import Callable

from flask import Blueprint, Flask, Response, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from authserver.errors import AppError, Invalid
from authserver.flows.addresses import ACCOUNTS, CONSENT, SIGN_IN, SIGN_OUT
from authserver.web.accounts import choose_account, show_accounts
from authserver.web.assets import asset, show_asset
from authserver.web.consent import answer_consent, show_consent
from authserver.web.csrf import FormSecret, check_origin, protect_forms
from authserver.web.errors import (
    crash_page,
    error_page,
    http_error,
    http_error_page,
    refused_form_page,
)
from authserver.web.languages import DEFAULT, TRANSLATIONS
from authserver.web.sign_in import show_sign_in, sign_in
from authserver.web.sign_out import show_sign_out, sign_out
from authserver.web.start import show_start
from authserver.web.texts import text_of

VIEWS: tuple[tuple[str, str, Callable[..., Response]], ...] = (
    ("GET", "/", show_start),
    ("GET", SIGN_IN, show_sign_in),
    ("POST", SIGN_IN, sign_in),
    ("GET", ACCOUNTS, show_accounts),
    ("POST", ACCOUNTS, choose_account),
    ("GET", CONSENT, show_consent),
    ("POST", CONSENT, answer_consent),
    ("GET", SIGN_OUT, show_sign_out),
    ("POST", SIGN_OUT, sign_out),
    ("GET", "/static/<version>/<path:name>", show_asset),
)


def add_pages(app: Flask, issuer: str, secret: FormSecret) -> None:
    """Put the pages into ``app``, and what renders them for others (``renderer``)."""
    Babel(app, default_translation_directories=str(TRANSLATIONS), default_locale=DEFAULT)
    app.jinja_env.globals.update(asset=asset, text_of=text_of)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(_blueprint(protect_forms(app, secret, issuer), issuer))
    for status in (404, 405):
        app.register_error_handler(status, http_error)


def _blueprint(forms: CSRFProtect, issuer: str) -> Blueprint:
    pages = Blueprint("pages", __name__, template_folder="templates")
    for method, rule, view in VIEWS:
        pages.add_url_rule(rule, view_func=view, methods=[method])
    pages.before_request(lambda: _check_form(forms, issuer))
    pages.register_error_handler(CSRFError, refused_form_page)
    pages.register_error_handler(AppError, error_page)
    pages.register_error_handler(HTTPException, http_error_page)
    pages.register_error_handler(Exception, crash_page)
    return pages


def _check_form(forms: CSRFProtect, issuer: str) -> None:
    if request.method == "POST":
        check_origin(issuer)
        _read_form()
        forms.protect()


def _read_form() -> None:
    """Raises :class:`Invalid` for a body that ends before its time."""
    try:
        request.form.get("")
    except HTTPException:
        raise
    except Exception as error:
        # What a server raises here has no kind of its own; it is never a fault of ours.
        raise Invalid(detail="the form could not be read") from error
