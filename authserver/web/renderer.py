"""Pages for those who are no views of Flask's: the endpoints that people see."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask

from authserver.http.messages import Headers, HttpRequest, HttpResponse
from authserver.http.pages import PagePolicy
from authserver.web.rendering import render_page

# Whoever sends the response counts its length.
_LEFT_OUT = frozenset({"content-length"})


@dataclass(frozen=True)
class PageRenderer:
    """:class:`authserver.http.pages.Pages`, by the templates of this package."""

    app: Flask

    def show(
        self,
        request: HttpRequest,
        template: str,
        status: int = 200,
        *,
        policy: PagePolicy = PagePolicy(),  # noqa: B008 - it is frozen.
        locales: Sequence[str] = (),
        headers: Headers | None = None,
        **values: object,
    ) -> HttpResponse:
        """The page; ``locales`` come before what the browser prefers."""
        with self.app.request_context(dict(request.environ)):
            page = render_page(
                template, status, policy=policy, locales=locales, headers=headers, **values
            )
            page = self.app.process_response(page)
            kept = [pair for pair in page.headers.items() if pair[0].lower() not in _LEFT_OUT]
            return HttpResponse(status, page.get_data(), kept)
