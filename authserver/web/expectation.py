"""Whom an authorization is about, among those who are signed in in the browser."""

from collections.abc import Sequence

from authserver.browser_sessions.browser_session import BrowserSession
from authserver.clients.service import ClientService
from authserver.http.services import service
from authserver.tokens.service import TokenService
from authserver.web.steps import Step


def expected_account(step: Step, accounts: Sequence[BrowserSession]) -> BrowserSession | None:
    """The account that was chosen, or that the client expects (``id_token_hint``), if it is here.

    Of people who are not signed in in this browser nothing is told.
    """
    asked = step.request
    if asked.account is not None:
        return next((each for each in accounts if each.id == asked.account), None)
    client = service(ClientService).find(asked.client_id)
    if asked.hint_subject is None or client is None:
        return None
    subject_of = service(TokenService).subjects.of
    return next(
        (each for each in accounts if subject_of(client, each.user_id) == asked.hint_subject), None
    )
