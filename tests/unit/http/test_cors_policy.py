"""Who may call which endpoint from a browser (the Fetch standard, section 3.2)."""

import pytest

from authserver.http.cors import Cors
from authserver.http.messages import Endpoint, HttpRequest, HttpResponse

OURS = "https://app.example"
CORS = Cors(lambda origin: origin == OURS)


def endpoint(cors) -> Endpoint:
    return Endpoint(("GET", "POST"), lambda _: HttpResponse(200, b""), cors)


def request(origin: str | None) -> HttpRequest:
    return HttpRequest({} if origin is None else {"HTTP_ORIGIN": origin})


def headers(cors, origin: str | None) -> dict[str, str]:
    return dict(CORS.headers(endpoint(cors), request(origin)))


def test_what_is_for_everybody_says_so():
    assert headers("any", "https://evil.example") == {"Access-Control-Allow-Origin": "*"}


def test_a_registered_origin_is_answered_by_name():
    found = headers("registered", OURS)

    assert found["Access-Control-Allow-Origin"] == OURS
    assert found["Vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", [None, "", "null", "https://evil.example", OURS + ".evil.example", OURS.upper()]
)
def test_any_other_origin_is_not(origin):
    assert headers("registered", origin) == {"Vary": "Origin"}


def test_what_is_for_servers_says_nothing():
    assert headers(None, OURS) == {}


@pytest.mark.parametrize("cors", ["any", "registered", None])
def test_cookies_never_travel(cors):
    """CWE-942."""
    answer = CORS.preflight(endpoint(cors), request(OURS))

    assert "Access-Control-Allow-Credentials" not in dict(answer.headers)


def test_a_preflight_says_what_may_be_sent():
    """protocol.md: authorization, content-type, dpop."""
    answer = CORS.preflight(endpoint("registered"), request(OURS))

    said = dict(answer.headers)
    assert answer.status == 204
    assert said["Access-Control-Allow-Methods"] == "GET, POST"
    assert set(said["Access-Control-Allow-Headers"].split(", ")) == {
        "authorization",
        "content-type",
        "dpop",
    }


def test_a_strangers_preflight_allows_nothing():
    answer = CORS.preflight(endpoint("registered"), request("https://evil.example"))

    assert not any(name.startswith("Access-Control") for name, _ in answer.headers)
