"""What an endpoint that people see asks of whoever renders pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from authserver.http.messages import Headers, HttpRequest, HttpResponse


@dataclass(frozen=True)
class PagePolicy:
    """What a page may do beyond what every page may (Content Security Policy Level 3).

    Sources: where its forms may lead to in the end, what its frames and pictures may show; and
    whether others may show the page itself in a frame.
    """

    form_action: tuple[str, ...] = ()
    frame_src: tuple[str, ...] = ()
    img_src: tuple[str, ...] = ()
    frameable: bool = False


def onward(uri: str) -> str:
    """The source expression for wherever a form may lead in the end by way of an address.

    Chromium looks at each redirect that follows a form, also at those of the client: one that goes
    on to another host would leave people on our page. So it is the scheme, not the origin.
    """
    return f"{urlsplit(uri).scheme}:"


def full_minute(moment: datetime) -> datetime:
    """The first full minute that is not before: what is told is never too early."""
    return (moment + timedelta(seconds=59)).replace(second=0, microsecond=0)


class Pages(Protocol):
    """Renders a template by its name, in the language of whoever asks."""

    def show(
        self,
        request: HttpRequest,
        template: str,
        status: int = 200,
        *,
        policy: PagePolicy = PagePolicy(),
        locales: Sequence[str] = (),
        headers: Headers | None = None,
        **values: object,
    ) -> HttpResponse:
        """The page; ``locales`` come before what the browser prefers."""
        ...
