"""The applications of a person that can be opened from here."""

from dataclasses import dataclass

from authserver.browser_sessions.browser_session import BrowserSession
from authserver.clients.service import ClientService
from authserver.clients.third_party_login import third_party_login_url
from authserver.consents.consent import Consent
from authserver.consents.service import ConsentService
from authserver.flows.service import FlowService
from authserver.http.services import service
from authserver.web.languages import choose_language

_MOST = 50


@dataclass(frozen=True)
class Application:
    """Its name, and where it begins a sign-in (OpenID Connect Core 1.0, section 4)."""

    name: str
    url: str


def applications_of(account: BrowserSession) -> list[Application]:
    """Those that the person has agreed to and that say where a sign-in begins."""
    consents = service(ConsentService).list(account.user_id, limit=_MOST)
    found = (_application(consent) for consent in consents)
    return sorted((each for each in found if each), key=lambda each: each.name.casefold())


def _application(consent: Consent) -> Application | None:
    client = service(ClientService).find(consent.client_id)
    if client is None or not client.enabled:
        return None
    url = third_party_login_url(client, service(FlowService).issuer)
    return Application(client.name_in(choose_language(())), url) if url else None
