"""Whole requests that are right, and reach every endpoint, page and table: what damage is done to.

Marks such as ``<code>`` are filled in when a request is sent (``malformed_knowledge``).
"""

from dataclasses import dataclass
from typing import Any

from tests.support.authorization_answers import REDIRECT_URI
from tests.support.client_keys import JWT_BEARER, ClientKey, key_set
from tests.support.relying_party import FORM

Pairs = tuple[tuple[str, Any], ...]
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=here"


@dataclass(frozen=True)
class Recipe:
    """A request in parts; ``kind`` is what its body is written as."""

    method: str
    path: str
    query: Pairs = ()
    body: Pairs = ()
    kind: str = FORM
    headers: Pairs = ()


def _form(path: str, headers: Pairs = (("Authorization", "<basic>"),), **body: Any) -> Recipe:
    return Recipe("POST", path, body=tuple(body.items()), headers=headers)


def _get(path: str, headers: Pairs = (), **query: Any) -> Recipe:
    return Recipe("GET", path, query=tuple(query.items()), headers=headers)


def _api(method: str, path: str, **body: Any) -> Recipe:
    headers = (("Authorization", "Bearer <bearer>"),)
    return Recipe(method, "/api" + path, body=tuple(body.items()), kind=JSON, headers=headers)


def _listing(path: str, **query: Any) -> Recipe:
    return _get("/api" + path, (("Authorization", "Bearer <bearer>"),), **query)


_COOKIE = (("Cookie", "<cookie>"),)
_KEY = key_set(ClientKey())
_METADATA: dict[str, Any] = {
    "client_name": "A client",
    "client_name#de": "Ein Client",
    "redirect_uris": [REDIRECT_URI, "https://app.example/b?c=d"],
    "post_logout_redirect_uris": ["https://app.example/out"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": "openid profile offline_access",
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_signing_alg": "ES256",
    "jwks": _KEY,
    "contacts": ["a@app.example"],
    "logo_uri": "https://app.example/logo.png",
    "policy_uri": "https://app.example/policy",
    "application_type": "web",
    "subject_type": "public",
    "id_token_signed_response_alg": "ES256",
    "userinfo_signed_response_alg": "ES256",
    "request_object_signing_alg": "ES256",
    "default_max_age": 300,
    "require_auth_time": True,
    "default_acr_values": ["1"],
    "initiate_login_uri": "https://app.example/start",
    "request_uris": ["https://app.example/r#x"],
    "frontchannel_logout_uri": "https://app.example/f",
    "backchannel_logout_uri": "https://app.example/b",
    "software_id": "x",
    "software_version": "1",
}
_PROFILE = {
    "given_name": "Una",
    "birthdate": "1992-02-29",
    "zoneinfo": "Europe/Paris",
    "locale": "de-AT",
    "phone_number": "+15555550123",
    "website": "https://una.example",
    "address": {"country": "AT"},
}
_AUTHORIZE: dict[str, Any] = {
    "response_type": "code",
    "client_id": "<client_id>",
    "redirect_uri": REDIRECT_URI,
    "scope": "openid profile",
    "state": "S",
    "nonce": "N",
    "code_challenge": "<challenge>",
    "code_challenge_method": "S256",
}
_MORE = {
    "prompt": "consent",
    "max_age": "100000",
    "claims": '{"userinfo":{"email":{"essential":true}},"id_token":{"acr":{"values":["1"]}}}',
    "ui_locales": "de en",
    "acr_values": "1",
    "login_hint": "<email>",
    "id_token_hint": "<id_token>",
    "display": "page",
    "response_mode": "form_post",
    "resource": "https://api.example.com",
}

TOKEN = (
    _form("/oauth2/token", grant_type="password", username="<email>", password="<password>"),
    _form("/oauth2/token", grant_type="refresh_token", refresh_token="<refresh_token>"),
    _form("/oauth2/token", grant_type="client_credentials", audience="https://api.example.com"),
    _form(
        "/oauth2/token",
        grant_type="authorization_code",
        code="<code>",
        redirect_uri=REDIRECT_URI,
        code_verifier="<verifier>",
    ),
    _form(
        "/oauth2/token",
        (),
        grant_type="client_credentials",
        client_assertion="<assertion>",
        client_assertion_type=JWT_BEARER,
    ),
    _form("/oauth2/introspect", token="<access_token>", token_type_hint="access_token"),
    _form("/oauth2/introspect", token="<refresh_token>"),
    _form("/oauth2/revoke", token="<refresh_token>", token_type_hint="refresh_token"),
    _get("/oauth2/userinfo", (("Authorization", "Bearer <access_token>"),)),
    _form("/oauth2/userinfo", (), access_token="<access_token>"),
)
BROWSER = (
    _get("/oauth2/authorize", _COOKIE, **_AUTHORIZE),
    _get("/oauth2/authorize", _COOKIE, **_AUTHORIZE, **_MORE),
    _form("/oauth2/authorize", _COOKIE, **_AUTHORIZE),
    _get("/oauth2/authorize", _COOKIE, **_AUTHORIZE | {"response_type": "code id_token token"}),
    _get("/oauth2/authorize", _COOKIE, client_id="<keeper_id>", request="<request_object>"),
    _get("/oauth2/authorize", _COOKIE, flow="<consent_flow>"),
    _get("/sign-in", _COOKIE, flow="<sign_in_flow>"),
    Recipe(
        "POST",
        "/sign-in",
        query=(("flow", "<sign_in_flow>"),),
        body=(("csrf_token", "<csrf>"), ("username", "<email>"), ("password", "<password>")),
        headers=_COOKIE,
    ),
    _get("/accounts", _COOKIE, flow="<accounts_flow>"),
    Recipe(
        "POST",
        "/accounts",
        query=(("flow", "<accounts_flow>"),),
        body=(("csrf_token", "<csrf>"), ("account", "<account>")),
        headers=_COOKIE,
    ),
    _get("/consent", _COOKIE, flow="<consent_flow>"),
    Recipe(
        "POST",
        "/consent",
        query=(("flow", "<consent_flow>"),),
        body=(("csrf_token", "<csrf>"), ("account", "<account>"), ("answer", "allow")),
        headers=_COOKIE,
    ),
    _get("/sign-out", _COOKIE, flow="<sign_out_flow>"),
    Recipe(
        "POST",
        "/sign-out",
        query=(("flow", "<sign_out_flow>"),),
        body=(("csrf_token", "<csrf>"), ("answer", "sign_out")),
        headers=_COOKIE,
    ),
    _get("/oauth2/end_session", _COOKIE, id_token_hint="<id_token>", state="S", ui_locales="de"),
    _get(
        "/oauth2/end_session",
        _COOKIE,
        client_id="<client_id>",
        post_logout_redirect_uri="https://app.example/out",
        logout_hint="<email>",
    ),
    _form("/oauth2/end_session", _COOKIE, id_token_hint="<id_token>", client_id="<client_id>"),
    _get("/", _COOKIE),
    _get("/oauth2/check_session", _COOKIE),
    _get("/.well-known/openid-configuration"),
    _get("/.well-known/jwks.json"),
    _get("/static/x/pages.css"),
    _get("/readyz"),
)
_MANAGED = (("Authorization", "Bearer <registration_token>"),)
REGISTRATION = (
    Recipe("POST", "/oauth2/register", body=tuple(_METADATA.items()), kind=JSON),
    Recipe("GET", "/oauth2/register/<registered_id>", headers=_MANAGED),
    Recipe(
        "PUT",
        "/oauth2/register/<registered_id>",
        body=(("client_id", "<registered_id>"), *_METADATA.items()),
        kind=JSON,
        headers=_MANAGED,
    ),
    Recipe("DELETE", "/oauth2/register/<registered_id>", headers=_MANAGED),
)
_ROLE = "<role_name>"
_OWN = (("Authorization", "Bearer <own_token>"),)
API = (
    _api("POST", "/auth/register", email="r<fresh>@example.com", password="<password>"),
    _api("POST", "/auth/login", email="<email>", password="<password>"),
    _api("POST", "/auth/refresh", refreshToken="<own_refresh_token>"),
    Recipe("POST", "/api/auth/logout", headers=_OWN),
    _api("POST", "/users", email="c<fresh>@example.com", password="<password>", roles=[_ROLE]),
    _api("PUT", "/users/<user_id>", full_name="Una", email="u<fresh>@example.com"),
    _api("PUT", "/users/<user_id>", profile=_PROFILE),
    Recipe(
        "PUT",
        "/api/users/<own_id>/password",
        body=(("current_password", "<own_password>"), ("new_password", "<password> again")),
        kind=JSON,
        headers=_OWN,
    ),
    Recipe("DELETE", "/api/users/<own_id>/sessions", headers=_OWN),
    _listing("/users/<person_id>/browser-sessions", limit="2", cursor="<account>"),
    _listing("/users/<person_id>/consents", limit="2", cursor="<account>"),
    _api("POST", "/users/<user_id>/roles", role_id="<role_id>"),
    _api("POST", "/roles", name="s<fresh>", description="x", permissions=["users:read"]),
    _api("PUT", "/roles/<role_id>", description="y", permissions=["audit:read"]),
    _api("POST", "/clients", client_id="c-<fresh>", first_party=True, **_METADATA),
    _api("PATCH", "/clients/<row_client_id>", **_METADATA),
    _api("POST", "/clients/<row_client_id>/secret", overlap=60),
    _api("POST", "/clients/registration-tokens", uses=1, ttl=60, note="x"),
    _api("POST", "/resource-servers", name="x", audience="https://<fresh>.example"),
    _api(
        "PATCH", "/resource-servers/<resource_server_id>", signing_alg="ES256", access_token_ttl=60
    ),
    _listing("/users", limit="2", search="una", cursor="<user_id>"),
    _listing("/clients", limit="2", cursor="<row_client_id>"),
    _listing("/audit", limit="2", event="client.created", since="2026-01-01T00:00:00Z"),
    _listing("/audit", user_id="<user_id>", client_id="<client_id>", until="2030-01-01T00:00:00Z"),
    _listing("/jobs", limit="1", status="failed", cursor="5"),
    _listing("/users/<user_id>/sessions", limit="2"),
)
RECIPES = (*TOKEN, *BROWSER, *REGISTRATION, *API)
