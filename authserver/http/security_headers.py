"""The headers that every response carries (OWASP ASVS 5.0, section 3.4)."""

from authserver.http.messages import Headers

_ALWAYS: Headers = [
    # What may be stored says so itself: the keys and the metadata.
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
# An answer for programs loads nothing and is shown in nothing.
_POLICY = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
_TRANSPORT = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


def security_headers(issuer: str) -> Headers:
    """What is added where a response does not say otherwise itself."""
    headers = [*_ALWAYS, _POLICY]
    return [*headers, _TRANSPORT] if issuer.startswith("https:") else headers
