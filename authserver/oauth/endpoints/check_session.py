"""The frame that clients ask whether somebody signed in or out (Session Management 1.0, 3.2)."""

from dataclasses import dataclass

from authserver.http.cookies import Cookies
from authserver.http.messages import HttpRequest, HttpResponse
from authserver.http.pages import PagePolicy, Pages


@dataclass(frozen=True)
class CheckSessionEndpoint:
    """A page with a script and nothing to see, for everybody's frames.

    It tells who asks no more than whether the value that they were given is still true.
    """

    pages: Pages
    cookies: Cookies

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.pages.show(
            request,
            "check_session.html",
            policy=PagePolicy(frameable=True),
            # Pages that isolate themselves (COEP) show no others than those that allow it.
            headers=[("Cross-Origin-Resource-Policy", "cross-origin")],
            cookie=self.cookies.state,
        )
