"""The start page: what this is, and who is signed in."""

from flask import Response

from authserver.web.applications import applications_of
from authserver.web.browser import shown_accounts
from authserver.web.content_policy import ISOLATED
from authserver.web.guard import page
from authserver.web.rendering import render_page


@page
def show_start() -> Response:
    """For who came without an application."""
    accounts = shown_accounts()
    applications = applications_of(accounts[0]) if accounts else []
    return render_page("start.html", headers=ISOLATED, accounts=accounts, applications=applications)
