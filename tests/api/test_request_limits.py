"""A caller who sends too many requests, in the three dialects."""

import re
from collections.abc import Callable

import pytest

from authserver.app import assemble
from authserver.wiring import build
from tests.support.relying_party import FORM, RelyingParty, basic

LIMIT = "2/minute"
WHO = {"REMOTE_ADDR": "192.0.2.1"}
# A clock that people read; the browser shows it in their own time.
TIME_OF_DAY = re.compile(
    r'try again at\s+<time datetime="20[^"]+" data-local>\d{1,2}:\d\d\s[AP]M UTC</time>'
)
OTHER = {"REMOTE_ADDR": "192.0.2.2"}


@pytest.fixture
def ask(make_app) -> Callable[..., list]:
    """``ask("token", method, path)``: three requests where two are allowed."""

    def ask(name: str, method: str, path: str, **options: object) -> list:
        app, _ = make_app(**{f"request_limit_{name}": LIMIT})
        client = app.test_client()
        return [client.open(path, method=method, environ_base=WHO, **options) for _ in range(3)]

    return ask


GROUPS = [
    ("token", "POST", "/oauth2/token"),
    ("authorize", "GET", "/oauth2/authorize"),
    ("authorize", "GET", "/oauth2/end_session"),
    ("verify", "POST", "/oauth2/introspect"),
    ("verify", "POST", "/oauth2/revoke"),
    ("verify", "GET", "/oauth2/userinfo"),
    ("registration", "POST", "/oauth2/register"),
    ("registration", "GET", "/oauth2/register/somebody"),
    ("registration", "POST", "/api/auth/register"),
    ("api", "GET", "/api/users"),
    ("api", "POST", "/api/auth/login"),
    ("pages", "GET", "/sign-in"),
]
of_each = pytest.mark.parametrize(
    ("name", "method", "path"), GROUPS, ids=[f"{method} {path}" for _, method, path in GROUPS]
)


@of_each
def test_a_group_of_routes_has_a_limit_by_address(ask, name, method, path):
    """Attack DO-10 by address; draft-ietf-httpapi-ratelimit-headers-11."""
    *before, last = ask(name, method, path)

    assert 429 not in {answer.status_code for answer in before}
    assert last.status_code == 429
    assert last.headers["RateLimit-Policy"] == f'"requests_{name}";q=2;w=60'
    assert last.headers["RateLimit"] == f'"requests_{name}";r=0;t={last.headers["Retry-After"]}'
    assert 1 <= int(last.headers["Retry-After"]) <= 30


@of_each
def test_what_is_left_is_told_beforehand(ask, name, method, path):
    first, second, _ = ask(name, method, path)

    assert [answer.headers["RateLimit"] for answer in (first, second)] == [
        f'"requests_{name}";r=1;t=30',
        f'"requests_{name}";r=0;t=30',
    ]


@of_each
def test_another_address_is_not_limited_with_it(make_app, name, method, path):
    app, _ = make_app(**{f"request_limit_{name}": LIMIT})
    client = app.test_client()
    for _ in range(3):
        client.open(path, method=method, environ_base=WHO)

    assert client.open(path, method=method, environ_base=OTHER).status_code != 429


@of_each
def test_without_a_limit_nothing_is_told(client, name, method, path):
    answer = client.open(path, method=method)

    assert "RateLimit" not in answer.headers


def test_the_oauth_endpoints_say_so_in_json(ask):
    """RFC 6749, section 5.2."""
    answer = ask("token", "POST", "/oauth2/token")[-1]

    assert answer.json["error"] == "temporarily_unavailable"
    assert answer.json["error_description"] == "Too many requests. Wait and try again."
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_rest_api_says_so_in_its_own_way(ask):
    answer = ask("api", "GET", "/api/users")[-1]

    assert answer.json == {
        "code": "rate_limited",
        "message": "Too many requests. Wait and try again.",
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pages", "/sign-in"),
        ("authorize", "/oauth2/authorize"),
        ("authorize", "/oauth2/end_session"),
    ],
)
def test_a_page_says_when_to_come_again(ask, name, path):
    """A person has no use for seconds."""
    answer = ask(name, "GET", path, headers={"Accept": "text/html"})[-1]

    assert answer.content_type == "text/html; charset=utf-8"
    assert TIME_OF_DAY.search(answer.text)


def test_a_page_that_cannot_be_shown_for_want_of_postgresql_says_when_to_come_again(make_settings):
    """503 at the authorization endpoint."""
    nowhere = "postgresql://nobody@127.0.0.1:9/nothing"
    settings = make_settings(database_url=nowhere, redis_url="")
    client = assemble(settings, build(settings)).test_client()

    answer = client.get("/oauth2/authorize?client_id=web")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert TIME_OF_DAY.search(answer.text)


def test_attempts_that_are_throttled_tell_their_limit_as_well(make_app):
    """What was there before: failed sign-ins."""
    client = make_app(login_limit="1/minute")[0].test_client()
    body = {"email": "nobody@example.com", "password": "correct horse battery staple"}
    for _ in range(2):
        answer = client.post("/api/auth/login", json=body)

    assert answer.status_code == 429
    assert answer.headers["RateLimit-Policy"] == '"sign_in";q=1;w=60'
    assert answer.headers["RateLimit"].startswith('"sign_in";r=0;t=')


@pytest.fixture
def parties(make_app, make_client) -> list[RelyingParty]:
    """Two clients of a server that limits each."""
    client = make_app(request_limit_client=LIMIT)[0].test_client()
    return [RelyingParty(client, make_client()) for _ in range(2)]


def statuses(party: RelyingParty, count: int) -> list[int]:
    return [party.token(grant_type="client_credentials").status_code for _ in range(count)]


def test_a_client_that_asks_too_much_does_not_use_up_what_others_have(parties):
    """Attack DO-10."""
    first, second = parties

    assert statuses(first, 4) == [200, 200, 429, 429]
    assert statuses(second, 2) == [200, 200]


def test_a_client_is_told_what_it_has_left(parties):
    answer = parties[0].token(grant_type="client_credentials")

    assert answer.headers["RateLimit"] == '"requests_client";r=1;t=30'


def test_a_client_is_told_so_whatever_comes_of_its_request(parties):
    answer = parties[0].refresh("not.a.token")

    assert answer.json["error"] == "invalid_grant"
    assert answer.headers["RateLimit"] == '"requests_client";r=1;t=30'


def test_nobody_uses_up_what_others_have_of_a_public_client(make_app, make_client):
    """CWE-645: everybody knows its id. So it is counted by address."""
    http = make_app(request_limit_client=LIMIT)[0].test_client()
    public = make_client(
        token_endpoint_auth_method="none", grant_types=["refresh_token", "password"]
    )
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": public.client_id}

    def ask(address):
        return http.post("/oauth2/token", data=form, environ_base=address).status_code

    assert [ask(WHO) for _ in range(4)] == [400, 400, 429, 429]
    assert ask(OTHER) == 400


def test_nobody_uses_up_what_a_client_has_without_its_secret(make_app, make_client):
    """Counted is who has proved who it is: else anybody could stop a client (CWE-645)."""
    http = make_app(request_limit_client=LIMIT)[0].test_client()
    registered = make_client()
    party = RelyingParty(http, registered)
    for _ in range(5):
        http.post(
            "/oauth2/token",
            data="grant_type=client_credentials",
            headers={"Content-Type": FORM, **basic(registered.client_id, "wrong")},
        )

    assert statuses(party, 2) == [200, 200]


def test_a_script_may_read_what_is_left(make_app, make_client):
    """The Fetch standard: what is not exposed is not seen."""
    http = make_app(request_limit_token=LIMIT, cors_origins=["https://app.example"])[
        0
    ].test_client()

    answer = http.post("/oauth2/token", headers={"Origin": "https://app.example"})

    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ratelimit", "ratelimit-policy", "retry-after"} <= set(exposed)
