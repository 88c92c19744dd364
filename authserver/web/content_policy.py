"""What a page may load, and where its forms may lead (Content Security Policy Level 3)."""

from urllib.parse import urlsplit

from authserver.http.front_door import FRAMEABLE
from authserver.http.messages import Headers
from authserver.http.pages import PagePolicy
from authserver.setting_rules import origin_of

# For a page to which no client sends people. Clients sign people in through a pop-up window and
# hear from it when it comes back to them: one page on its way that isolates itself, be it with
# ``same-origin-allow-popups``, cuts that tie for good.
ISOLATED: Headers = [("Cross-Origin-Opener-Policy", "same-origin")]
_PERMISSIONS = ("camera", "geolocation", "microphone", "payment", "usb")


def content_policy(policy: PagePolicy, nonce: str) -> str:
    """The header's value: nothing but what is ours, and what the page itself needs beyond it."""
    directives = [
        "default-src 'none'",
        "base-uri 'none'",
        f"script-src 'nonce-{nonce}' 'strict-dynamic'",
        "style-src 'self'",
        " ".join(("img-src 'self'", *policy.img_src)),
        " ".join(("form-action 'self'", *policy.form_action)),
    ]
    if policy.frame_src:
        directives.append(" ".join(("frame-src", *policy.frame_src)))
    directives.append(FRAMEABLE if policy.frameable else "frame-ancestors 'none'")
    return "; ".join(directives)


def page_headers(policy: PagePolicy, nonce: str) -> Headers:
    """The headers of a page."""
    return [
        ("Content-Security-Policy", content_policy(policy, nonce)),
        ("Permissions-Policy", ", ".join(f"{name}=()" for name in _PERMISSIONS)),
    ]


def source_of(uri: str) -> str:
    """The source expression that a URI falls under: its origin, or its scheme.

    An address of the network in brackets cannot be written as a source; its scheme can.
    """
    origin = origin_of(uri)
    if origin is None or "[" in origin:
        return f"{urlsplit(uri).scheme}:"
    return origin
