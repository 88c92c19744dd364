"""How an answer travels to the client: query, fragment, or a form that the browser posts."""

from collections.abc import Mapping
from dataclasses import dataclass

from authserver.flows.redirects import in_fragment, in_query
from authserver.http.messages import Headers, HttpRequest, HttpResponse
from authserver.http.pages import PagePolicy, Pages, onward


@dataclass(frozen=True)
class Target:
    """A proven redirect URI, and how answers reach it."""

    redirect_uri: str
    response_mode: str


def respond(
    http: HttpRequest,
    pages: Pages,
    target: Target,
    parameters: Mapping[str, str],
    headers: Headers,
) -> HttpResponse:
    """Send the parameters to the client (OAuth 2.0 Form Post Response Mode, section 2).

    A redirect is a 303: the browser must not repeat a form with a password (RFC 9700, 4.12).
    """
    uri = target.redirect_uri
    if target.response_mode == "form_post":
        return pages.show(
            http,
            "form_post.html",
            policy=PagePolicy(form_action=(onward(uri),)),
            headers=[("Referrer-Policy", "no-referrer"), *headers],
            action=uri,
            fields=list(parameters.items()),
        )
    add = in_fragment if target.response_mode == "fragment" else in_query
    return see_other(add(uri, parameters), headers)


def see_other(address: str, headers: Headers | None = None) -> HttpResponse:
    """A redirect by 303 that nobody stores."""
    return HttpResponse(303, b"", [("Location", address), *(headers or [])])
