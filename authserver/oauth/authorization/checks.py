"""What must hold of an authorization request, in the order in which it is looked at.

When the first of these is reached, client and redirect URI are proven: what is wrong is told to
the client. Each check reads one thing and gives back what it found, by the names that an
:class:`AuthorizationRequest` has for it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authserver.clients.metadata import Client
from authserver.errors import Invalid, InvalidScope, InvalidToken, RegistrationNotSupported
from authserver.oauth.authorization.claims_requests import parse_claims
from authserver.oauth.authorization.parameters import Parameters
from authserver.oauth.authorization.response_types import check_response_mode, check_response_type
from authserver.oauth.pkce import check_challenge
from authserver.oauth.resource_indicators import grant_audience, requested_audience
from authserver.oauth.scopes import grant_scope, parse_scope
from authserver.tokens.id_tokens import IdTokens

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
DISPLAYS = ("page", "popup", "touch", "wap")
MAX_NONCE = 2048
_MAX_HINT = 255
_MAX_WORDS = 10
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,8}", re.ASCII)


@dataclass(frozen=True)
class Policy:
    """What the server as a whole allows, and whom the checks may ask."""

    response_types: tuple[str, ...]
    default_audience: str
    id_tokens: IdTokens


@dataclass(frozen=True)
class Asked:
    """A request whose client and redirect URI are proven; ``found`` is what earlier checks read."""

    client: Client
    parameters: Parameters
    policy: Policy
    found: Mapping[str, Any]

    def get(self, name: str) -> str | None:
        return self.parameters.get(name)

    @property
    def words(self) -> frozenset[str]:
        """The artefacts asked for: code, id_token, token, or none."""
        return frozenset(self.found["response_type"].split(" "))


Found = Mapping[str, Any]


def no_repeats(asked: Asked) -> Found:
    if asked.parameters.repeated:
        raise Invalid(hint="Each parameter may be sent once.")
    if asked.get("registration") is not None:
        raise RegistrationNotSupported
    return {"state": asked.get("state")}


def response_type(asked: Asked) -> Found:
    supported = asked.policy.response_types
    return {
        "response_type": check_response_type(asked.get("response_type"), asked.client, supported)
    }


def response_mode(asked: Asked) -> Found:
    return {
        "response_mode": check_response_mode(
            asked.get("response_mode"), asked.found["response_type"]
        )
    }


def scope(asked: Asked) -> Found:
    """Unknown scopes are left out (RFC 6749, section 3.3); an ID token needs openid."""
    granted = grant_scope(parse_scope(asked.get("scope")), asked.client.scope)
    if "id_token" in asked.words and "openid" not in granted:
        raise InvalidScope(hint="An ID token needs the scope openid.")
    if "code" not in asked.words or not asked.client.check_grant_type("refresh_token"):
        # OpenID Connect Core 1.0, section 11: there is nothing that could be used offline.
        granted -= {"offline_access"}
    return {"scope": granted}


def nonce(asked: Asked) -> Found:
    """Required where an ID token travels through the browser (Core 1.0, 3.2.2.1, 3.3.2.11)."""
    value = asked.get("nonce")
    if value is None and "id_token" in asked.words:
        raise Invalid(hint="The parameter nonce is missing.")
    if value is not None and len(value) > MAX_NONCE:
        raise Invalid(hint=f"nonce has at most {MAX_NONCE} letters.")
    return {"nonce": value}


def code_challenge(asked: Asked) -> Found:
    if "code" not in asked.words:
        return {}
    sent = (asked.get("code_challenge"), asked.get("code_challenge_method"))
    return {"code_challenge": check_challenge(asked.client, *sent)}


def prompt(asked: Asked) -> Found:
    words = frozenset((asked.get("prompt") or "").split())
    if not words <= PROMPTS:
        raise Invalid(hint="prompt is made of none, login, consent and select_account.")
    if "none" in words and len(words) > 1:
        raise Invalid(hint="prompt=none stands alone.")
    return {"prompt": words}


def max_age(asked: Asked) -> Found:
    text = asked.get("max_age")
    if text is None:
        return {"max_age": asked.client.default_max_age}
    if not _SECONDS.fullmatch(text):
        raise Invalid(hint="max_age is a number of seconds.")
    return {"max_age": int(text)}


def claims(asked: Asked) -> Found:
    return {"claims": parse_claims(asked.get("claims"))}


def id_token_hint(asked: Asked) -> Found:
    """Whom the client expects: by an ID token of ours, or by the claim ``sub`` (Core 5.5.1)."""
    token = asked.get("id_token_hint")
    wanted = _requested_subject(asked.found["claims"])
    if token is None:
        return {"hint_subject": wanted}
    try:
        hint = asked.policy.id_tokens.read_hint(token, asked.client)
    except InvalidToken as error:
        raise Invalid(hint="id_token_hint is not an ID token of this server.") from error
    if wanted not in (None, hint.sub):
        raise Invalid(hint="id_token_hint and claims name two people.")
    return {"hint_subject": hint.sub}


def resource(asked: Asked) -> Found:
    wanted = requested_audience(asked.parameters.resources)
    return {"audience": grant_audience(wanted, asked.client, asked.policy.default_audience)}


def wishes(asked: Asked) -> Found:
    """What is done if it can be, and is no error otherwise (Core 1.0, section 3.1.2.1)."""
    login_hint = asked.get("login_hint")
    display = asked.get("display")
    return {
        "login_hint": login_hint if login_hint and len(login_hint) <= _MAX_HINT else None,
        "display": display if display in DISPLAYS else None,
        "ui_locales": _languages(asked.get("ui_locales")),
        "claims_locales": _languages(asked.get("claims_locales")),
        "acr_values": _words(asked.get("acr_values")) or asked.client.default_acr_values,
    }


# In this order; what each may refuse with. All of it goes to the redirect URI.
CHECKS: tuple[Callable[[Asked], Found], ...] = (
    no_repeats,  # invalid_request, registration_not_supported
    response_type,  # invalid_request, unsupported_response_type, unauthorized_client
    response_mode,  # invalid_request
    scope,  # invalid_scope
    nonce,  # invalid_request
    code_challenge,  # invalid_request
    prompt,  # invalid_request
    max_age,  # invalid_request
    claims,  # invalid_request
    id_token_hint,  # invalid_request
    resource,  # invalid_target
    wishes,
)


def run_checks(client: Client, parameters: Parameters, policy: Policy) -> dict[str, Any]:
    """What all checks found. Raises the first refusal."""
    found: dict[str, Any] = {}
    for check in CHECKS:
        found |= check(Asked(client, parameters, policy, found))
    return found


def _requested_subject(asked: Mapping[str, Any] | None) -> str | None:
    request = ((asked or {}).get("id_token") or {}).get("sub") or {}
    value = request.get("value")
    return value if isinstance(value, str) else None


def _words(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").split()[:_MAX_WORDS])


def _languages(text: str | None) -> tuple[str, ...]:
    """RFC 5646; what is no tag of a language is left out."""
    tags: Sequence[str] = _words(text)
    return tuple(tag for tag in tags if _LANGUAGE.fullmatch(tag))
