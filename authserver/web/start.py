"""The start page: what this is, and who is signed in."""

from flask import Response

from authserver.web.browser import shown_accounts
from authserver.web.content_policy import ISOLATED
from authserver.web.guard import page
from authserver.web.rendering import render_page


@page
def show_start() -> Response:
    """For who came without an application."""
    return render_page("start.html", headers=ISOLATED, accounts=shown_accounts())
