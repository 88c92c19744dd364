"""What a person must still do before a request is answered (OpenID Connect Core 1.0, 3.1.2.3).

Nothing of the way so far is believed but what the sealed request says: each time, everything is
decided again. A step that was left out, gone back to or done in another tab changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authserver.browser_sessions.browser_session import BrowserSession
from authserver.clients.metadata import Client
from authserver.clock import Clock
from authserver.consents.service import ConsentService
from authserver.errors import (
    AccountSelectionRequired,
    AppError,
    ConsentRequired,
    LoginRequired,
    UnmetAuthenticationRequirements,
)
from authserver.flows.addresses import ACCOUNTS, CONSENT, SIGN_IN
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.tokens.subjects import Subjects
from authserver.tokens.user_claims import asked_scope

# By so much the clocks of PostgreSQL and of our processes may differ.
_SKEW_SECONDS = 60


@dataclass(frozen=True)
class Step:
    """Where a person does something, and what a client is told that wants no page."""

    path: str
    refusal: type[AppError]


@dataclass(frozen=True)
class Pending:
    """A step that must be done, and the request as it is carried there."""

    step: Step
    request: AuthorizationRequest

    @property
    def refusal(self) -> type[AppError]:
        """What a client is told that wants no page.

        Who names a person whose consent it lacks is not told whether just that person is here.
        """
        return LoginRequired if self.request.hint_subject is not None else self.step.refusal


@dataclass(frozen=True)
class Situation:
    """A request, and who is signed in in the browser that brings it."""

    request: AuthorizationRequest
    client: Client
    accounts: Sequence[BrowserSession]
    account: BrowserSession | None
    now: datetime
    consents: ConsentService
    in_development: bool


def needs_choice(it: Situation) -> bool:
    """prompt=select_account: once in each flow, and only if there is somebody to choose."""
    return (
        "select_account" in it.request.prompt and it.request.account is None and bool(it.accounts)
    )


def needs_sign_in(it: Situation) -> bool:
    """Nobody is there, or their sign-in is older than what the client accepts."""
    return it.account is None or it.account.auth_time.timestamp() < _oldest(it, it.account)


def needs_consent(it: Situation) -> bool:
    """Nobody agreed yet to all that is asked for now, or it has been taken back since.

    Clients of the house need no consent. A client that could be anybody who knows its id needs one
    in each flow (RFC 8252, section 8.6).
    """
    if it.account is None:
        return False
    if it.request.consented != it.account.id and _is_asked_each_time(it):
        return True
    if it.client.first_party:
        return False
    consent = it.consents.find(it.account.user_id, it.client.client_id)
    return consent is None or not asked_scope(it.request) <= consent.scope


SIGN_IN_STEP = Step(SIGN_IN, LoginRequired)
CONSENT_STEP = Step(CONSENT, ConsentRequired)

# In this order; the first that is needed is what the person sees next.
STEPS: tuple[tuple[Callable[[Situation], bool], Step], ...] = (
    (needs_choice, Step(ACCOUNTS, AccountSelectionRequired)),
    (needs_sign_in, SIGN_IN_STEP),
    (needs_consent, CONSENT_STEP),
)


@dataclass(frozen=True)
class Steps:
    """Decides about the next step; knows nothing of pages and of answers."""

    consents: ConsentService
    subjects: Subjects
    clock: Clock
    in_development: bool

    def next(
        self, request: AuthorizationRequest, client: Client, accounts: Sequence[BrowserSession]
    ) -> Pending | BrowserSession:
        """What the person must do next, or the account that the request is answered for.

        Raises :class:`LoginRequired` when another person signed in than was expected, and
        :class:`UnmetAuthenticationRequirements`.
        """
        account = self._account(request, client, accounts)
        now = self.clock.now()
        situation = Situation(
            request, client, accounts, account, now, self.consents, self.in_development
        )
        step = next((step for is_needed, step in STEPS if is_needed(situation)), None)
        if step is CONSENT_STEP and account is not None:
            # They are asked about this account, whoever else signs in meanwhile (CVE-2025-12390).
            return Pending(step, request.with_account(account.id))
        if step is not None or account is None:
            return Pending(step or SIGN_IN_STEP, request)
        _check_acr(request, account)
        return account

    def _account(
        self, request: AuthorizationRequest, client: Client, accounts: Sequence[BrowserSession]
    ) -> BrowserSession | None:
        """Whom the request is about: who was chosen, else who is expected, else who is active.

        For who was chosen and has signed out since, nobody else is taken.
        """
        chosen = next((account for account in accounts if account.id == request.account), None)
        expected = [account for account in accounts if self._is_expected(account, request, client)]
        if chosen is None:
            return expected[0] if expected and request.account is None else None
        if chosen not in expected:
            raise LoginRequired(detail="somebody else signed in than the hint says")
        return chosen

    def _is_expected(
        self, account: BrowserSession, request: AuthorizationRequest, client: Client
    ) -> bool:
        hint = request.hint_subject
        return hint is None or hint == self.subjects.of(client, account.user_id)


def _is_asked_each_time(it: Situation) -> bool:
    """Whether it is not enough to have agreed in an earlier flow."""
    if "consent" in it.request.prompt:
        return True
    return not it.client.first_party and _could_be_anybody(it)


def _could_be_anybody(it: Situation) -> bool:
    """Whether nothing tells the client from another one: no secret, and no https behind which it is
    found. Web applications are developed on the developer's own machine."""
    scheme = it.request.redirect_uri.partition(":")[0]
    if not it.client.is_public or scheme == "https":
        return False
    is_web = scheme == "http" and it.client.application_type == "web"
    return not (is_web and it.in_development)


def _oldest(it: Situation, account: BrowserSession) -> float:
    """When the sign-in must have been at the earliest, in seconds.

    One that was made in this flow is young enough: with max_age=0 nobody would be. When it was is
    told by PostgreSQL's clock, and when the flow began by ours.
    """
    started_at = it.request.started_at
    if it.request.signed_in == account.id:
        started_at -= _SKEW_SECONDS
    if "login" in it.request.prompt:
        return started_at
    if it.request.max_age is None:
        return 0
    return min(started_at, it.now.timestamp() - it.request.max_age)


def _check_acr(request: AuthorizationRequest, account: BrowserSession) -> None:
    """An acr that is essential and not there is a failed sign-in (Core 1.0, section 5.5.1.1)."""
    wanted: dict[str, Any] = ((request.claims or {}).get("id_token") or {}).get("acr") or {}
    values = wanted.get("values", [wanted["value"]] if "value" in wanted else [])
    if wanted.get("essential") and values and account.acr not in values:
        raise UnmetAuthenticationRequirements
