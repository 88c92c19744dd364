"""A client as a person sees it before giving it anything."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from authserver.clients.service import ClientService
from authserver.errors import ClientNotFound
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.http.pages import PagePolicy, onward
from authserver.http.services import service
from authserver.setting_rules import LOCAL_HOSTS
from authserver.web.content_policy import source_of
from authserver.web.languages import choose_language


@dataclass(frozen=True)
class ShownClient:
    """Its name and links, and where it has people sent: what is registered, and nothing else.

    ``domain`` is empty where ``scheme`` leads to a program on the person's own device.
    """

    name: str
    domain: str
    scheme: str
    logo_uri: str | None
    policy_uri: str | None
    tos_uri: str | None
    is_checked: bool
    policy: PagePolicy

    @classmethod
    def of(cls, request: AuthorizationRequest) -> Self:
        """The client of a request, in the language that its page will have.

        Raises :class:`ClientNotFound` when it was deleted meanwhile.
        """
        client = service(ClientService).find(request.client_id)
        if client is None:
            raise ClientNotFound
        language = choose_language(request.ui_locales)
        logo_uri = client.text_in("logo_uri", language)
        address = urlsplit(request.redirect_uri)
        on_device = not address.netloc or address.hostname in LOCAL_HOSTS
        return cls(
            name=client.name_in(language) or client.client_id,
            domain="" if on_device else address.netloc,
            scheme="" if address.netloc else address.scheme,
            logo_uri=logo_uri,
            policy_uri=client.text_in("policy_uri", language),
            tos_uri=client.text_in("tos_uri", language),
            is_checked=not client.self_registered,
            policy=PagePolicy(
                form_action=(onward(request.redirect_uri),),
                img_src=(source_of(logo_uri),) if logo_uri else (),
            ),
        )
