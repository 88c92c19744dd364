"""Where a client deviates from OAuth 2.1, RFC 9700 and the FAPI 2.0 security profile.

Only what depends on the client: the server's own conformance is in docs/reference/conformance.md.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from authserver.clients.metadata import Client
from authserver.setting_rules import LOCAL_HOSTS

_OAUTH_21 = "OAuth 2.1"
_RFC_9700 = "RFC 9700"
_FAPI_2 = "FAPI 2.0"
_ASYMMETRIC = frozenset({"private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"})
_FAPI_ALGORITHMS = frozenset({"PS256", "ES256", "EdDSA", "Ed25519"})


@dataclass(frozen=True)
class Rule:
    """What a profile asks of a client; ``breaks`` says which clients do not do it."""

    profile: str
    section: str
    breaks: Callable[[Client], bool]
    deviation: str
    mend: str


def deviations(client: Client) -> Iterator[Mapping[str, str]]:
    """Each rule that the client breaks, strictest last; none for a built-in client."""
    if client.built_in:
        return
    for rule in RULES:
        if rule.breaks(client):
            yield {
                "client_id": client.client_id,
                "profile": f"{rule.profile}, {rule.section}",
                "deviation": rule.deviation,
                "mend": rule.mend,
            }


def _uses_password(client: Client) -> bool:
    return "password" in client.grant_types


def _front_channel_access_token(client: Client) -> bool:
    return any("token" in kind.split() for kind in client.response_types)


def _front_channel_anything(client: Client) -> bool:
    return any(set(kind.split()) & {"token", "id_token"} for kind in client.response_types)


def _pkce_optional(client: Client) -> bool:
    return "authorization_code" in client.grant_types and client.pkce != "required"


def _symmetric(client: Client) -> bool:
    return not client.is_public and client.token_endpoint_auth_method not in _ASYMMETRIC


def _plain_http(client: Client) -> bool:
    return any(
        uri.startswith("http:") and urlsplit(uri).hostname not in LOCAL_HOSTS
        for uri in client.redirect_uris
    )


def _plain_http_at_all(client: Client) -> bool:
    return any(uri.startswith("http:") for uri in client.redirect_uris)


def _weak_algorithm(client: Client) -> bool:
    return client.id_token_signed_response_alg not in _FAPI_ALGORITHMS


RULES = (
    Rule(
        _OAUTH_21,
        "section 10",
        _uses_password,
        "It may use the password grant, which is omitted there.",
        "Let it use authorization_code; people then sign in on our pages.",
    ),
    Rule(
        _OAUTH_21,
        "section 10",
        _front_channel_access_token,
        "Access tokens come to it through the browser, which is omitted there.",
        "Let it use response_types=code.",
    ),
    Rule(
        _OAUTH_21,
        "section 7.5",
        _pkce_optional,
        "It may leave PKCE out.",
        "Let it send a code_challenge, then register pkce=required.",
    ),
    Rule(
        _RFC_9700,
        "section 2.4",
        _uses_password,
        "It may use the password grant, which MUST NOT be used.",
        "Let it use authorization_code; people then sign in on our pages.",
    ),
    Rule(
        _RFC_9700,
        "section 2.1.2",
        _front_channel_access_token,
        "Access tokens come to it through the browser, which SHOULD NOT be.",
        "Let it use response_types=code.",
    ),
    Rule(
        _RFC_9700,
        "section 2.6",
        _plain_http,
        "A redirect URI of it is plain http on another machine: who listens gets codes.",
        "Let its redirect_uris be https.",
    ),
    Rule(
        _RFC_9700,
        "section 2.5",
        _symmetric,
        "It proves itself by a secret that both sides know; asymmetric keys are RECOMMENDED.",
        "Let it publish a key (jwks or jwks_uri), then register private_key_jwt.",
    ),
    Rule(
        _FAPI_2,
        "section 5.3.2.1",
        lambda client: client.is_public,
        "It is public, and only confidential clients are allowed.",
        "Let it publish a key (jwks or jwks_uri), then register private_key_jwt.",
    ),
    Rule(
        _FAPI_2,
        "section 5.3.2.1",
        _symmetric,
        "It proves itself by a secret, and only private_key_jwt and mutual TLS are allowed.",
        "Let it publish a key (jwks or jwks_uri), then register private_key_jwt.",
    ),
    Rule(
        _FAPI_2,
        "section 5.3.2.2",
        _front_channel_anything,
        "Tokens come to it through the browser, and only the response type code is allowed.",
        "Let it use response_types=code.",
    ),
    Rule(
        _FAPI_2,
        "section 5.3.2.2",
        _plain_http_at_all,
        "A redirect URI of it is plain http.",
        "Let its redirect_uris be https.",
    ),
    Rule(
        _FAPI_2,
        "section 5.4.1",
        _weak_algorithm,
        "Its ID tokens are signed by an algorithm that is not among PS256, ES256 and EdDSA.",
        "Register id_token_signed_response_alg=ES256.",
    ),
)
