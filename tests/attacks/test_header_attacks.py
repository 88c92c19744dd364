"""What a browser is told by our headers: who may call us, frame us, guess what we are.

What HD-01 asks of pages is asked in ``test_page_display_attacks``, and of every answer here.
"""

import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from tests.attacks.rows import attack
from tests.support.relying_party import bearer

SPA, EVIL = "https://spa.example", "https://evil.com"
TOKEN, REVOKE, USERINFO = "/oauth2/token", "/oauth2/revoke", "/oauth2/userinfo"
FOR_EVERYBODY = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
]
FOR_CLIENTS = [("POST", TOKEN), ("POST", REVOKE), ("GET", USERINFO), ("POST", USERINFO)]
FOR_NO_SCRIPT = [
    ("POST", "/oauth2/introspect"),
    ("GET", "/oauth2/authorize"),
    ("GET", "/oauth2/end_session"),
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/refresh"),
    ("GET", "/api/users"),
    ("GET", "/livez"),
    ("GET", "/nothing"),
]
# Origins that somebody could take for the registered one.
STRANGERS = [
    EVIL,
    "null",
    "http://spa.example",
    "https://spa.example:444",
    "https://spa.example.evil.com",
    "https://evil-spa.example",
    "https://evil.com/https://spa.example",
    "https://spa.example/",
    "HTTPS://SPA.EXAMPLE",
    "https://spa.example, https://evil.com",
    "https://sub.spa.example",
    "*",
    "'",
]


@pytest.fixture
def plain(application, services):
    """A client that does not ask for the dialect of OAuth where there is no endpoint."""
    return application.test_client()


@pytest.fixture(autouse=True)
def spa(services, make_client):
    """A single-page application at ``SPA``; nobody remembers the one of the test before."""
    services.get(ClientService).origins.forget(None)
    return make_client(
        token_endpoint_auth_method="none",
        grant_types=["authorization_code", "refresh_token"],
        redirect_uris=[f"{SPA}/cb"],
    )


def allowed(answer) -> str | None:
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Private-Network" not in answer.headers
    origins = answer.headers.getlist("Access-Control-Allow-Origin")
    # A browser takes two equal ones for none (the Fetch standard, section 4.10).
    assert len(origins) <= 1
    return origins[0] if origins else None


# Cross-origin requests ---------------------------------------------------------------------------


@attack("HD-03")
@pytest.mark.parametrize("path", FOR_EVERYBODY)
@pytest.mark.parametrize("origin", [SPA, EVIL, "null"])
def test_what_is_public_may_be_read_by_everybodys_scripts(client, path, origin):
    """RFC 9700, section 2.6: there is nothing in it that is not public anyway."""
    assert allowed(client.get(path, headers={"Origin": origin})) == "*"


@attack("HD-03")
@pytest.mark.parametrize(("method", "path"), FOR_CLIENTS)
def test_registered_origins_may_read_even_errors(client, method, path):
    """A script that cannot read an error cannot tell it from a broken network."""
    answer = client.open(path, method=method, headers={"Origin": SPA})

    assert answer.status_code in (400, 401)
    assert allowed(answer) == SPA
    assert answer.headers["Vary"] == "Origin"


@attack("HD-03")
@pytest.mark.parametrize("origin", STRANGERS)
@pytest.mark.parametrize(("method", "path"), FOR_CLIENTS)
def test_a_strangers_script_may_read_nothing(client, method, path, origin):
    """ASVS 3.4.2: compared as a whole, never by its beginning, never reflected."""
    answer = client.open(path, method=method, headers={"Origin": origin})

    assert allowed(answer) is None
    assert answer.headers["Vary"] == "Origin"


@attack("HD-03")
@pytest.mark.parametrize("origin", [SPA, EVIL])
@pytest.mark.parametrize(("method", "path"), FOR_NO_SCRIPT)
def test_what_is_not_for_scripts_allows_no_origin(plain, method, path, origin):
    """RFC 9700, section 2.6: neither pages, nor the REST API, nor introspection."""
    for tried in (method, "OPTIONS"):
        assert allowed(plain.open(path, method=tried, headers={"Origin": origin})) is None


@attack("HD-03")
def test_an_origin_is_forgotten_with_its_client(client, services, spa):
    """A second later at most: the register is asked again."""
    clients = services.get(ClientService)
    clients.delete(SYSTEM, spa.client_id)
    clients.origins.forget(None)

    assert allowed(client.post(TOKEN, headers={"Origin": SPA})) is None


@attack("HD-05")
@pytest.mark.parametrize(("method", "path"), FOR_CLIENTS)
def test_a_preflight_allows_what_is_needed_and_no_more(client, method, path):
    """The Fetch standard; CVE-2024-6221."""
    answer = preflight(client, path, SPA, method)

    assert (answer.status_code, answer.data) == (204, b"")
    assert allowed(answer) == SPA
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type, dpop"
    methods = set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert method in methods <= {"GET", "POST"}
    assert answer.headers["Vary"] == "Origin"


@attack("HD-05")
@pytest.mark.parametrize("origin", STRANGERS)
def test_a_strangers_preflight_allows_nothing(client, origin):
    """CVE-2024-6221."""
    answer = preflight(client, TOKEN, origin, "POST")

    assert allowed(answer) is None
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@attack("HD-05")
def test_an_origin_that_breaks_lines_breaks_nothing(client):
    """CWE-113."""
    answer = client.post(TOKEN, headers={"Origin": SPA + "\t evil"})

    assert allowed(answer) is None


# Every answer ------------------------------------------------------------------------------------

ANSWERS = [
    ("GET", "/livez"),
    ("GET", "/nothing"),
    ("GET", "/api/users"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/auth/login"),
    ("DELETE", "/api/auth/login"),
    ("POST", TOKEN),
    ("OPTIONS", TOKEN),
    ("GET", TOKEN),
    ("GET", USERINFO),
    ("GET", "/.well-known/jwks.json"),
    ("HEAD", "/.well-known/jwks.json"),
]


@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_every_answer_loads_nothing_and_is_framed_by_nobody(client, method, path):
    """ASVS 3.4.3 to 3.4.6; of pages: nonce, form-action and COOP come with them."""
    headers = client.open(path, method=method).headers

    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_https_stays_https(make_app, new_client):
    """ASVS 3.4.1: HSTS where the issuer is https, and not on a developer's localhost."""
    app, _ = make_app(issuer="https://id.example")

    secure, local = new_client(app).get("/livez"), new_client().get("/livez")

    assert secure.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert "Strict-Transport-Security" not in local.headers


@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_only_keys_and_metadata_may_be_stored(client, method, path):
    """RFC 6749, section 5.1; ASVS 14.3.2."""
    caching = client.open(path, method=method).headers["Cache-Control"]

    assert caching.startswith("public" if path.startswith("/.well-known/") else "no-store")


@pytest.mark.parametrize("path", ["/api/users", "/api/users/{id}", "/api/roles", "/api/clients"])
def test_personal_data_is_stored_nowhere(client, make_user, sign_in, path):
    """ASVS 14.3.2: not in a browser, not in a proxy."""
    admin = make_user(roles=["admin"])
    headers = bearer(sign_in(admin.email, admin.password))

    answer = client.get(path.format(id=admin.id), headers=headers)

    assert answer.status_code == 200
    assert "no-store" in answer.headers.get("Cache-Control", "")


@attack("HD-09")
@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_no_answer_tells_what_software_this_is(client, method, path):
    """ASVS 13.4.6. What the web server adds itself is asked of the live one."""
    headers = client.open(path, method=method).headers

    assert not {"Server", "X-Powered-By", "X-AspNet-Version", "Via"} & set(headers.keys())


def preflight(client, path: str, origin: str, method: str):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, dpop, x-anything",
        "Access-Control-Request-Private-Network": "true",
    }
    return client.options(path, headers=asked)
