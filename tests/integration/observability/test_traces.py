"""Traces of a live server, as a collector receives them."""

import json

import pytest

from authserver import __version__
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import running_server
from tests.support.relying_party import RelyingParty, bearer
from tests.support.trace_collector import TraceCollector

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"
SAMPLED = f"00-{TRACE_ID}-{PARENT_ID}-01"


@pytest.fixture(scope="module")
def collector():
    with TraceCollector() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(collector, folder, postgres, valkey):
    """A server that tells the collector of everything, once it ends or some seconds have passed."""
    settings = {"traces_endpoint": collector.endpoint, "telemetry_environment": "staging"}
    with running_server(folder, postgres, valkey, **settings) as (server, services):
        yield server, services


@pytest.fixture(scope="module")
def refreshed(traced, collector):
    """A refresh as a part of somebody's trace; the spans of that trace, and the secrets of it."""
    server, services = traced
    user = UserFactory(services)()
    party = RelyingParty(server.client(), ClientFactory(services)())
    tokens = party.password(user).json

    headers = {"traceparent": SAMPLED}
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = party.post("/oauth2/token", form, **headers)

    assert answer.status_code == 200
    collector.wait_for_span(lambda span: span.trace_id == TRACE_ID and span.kind == "SERVER")
    spans = [span for span in collector.spans() if span.trace_id == TRACE_ID]
    secrets = {user.password, party.credentials.secret, *tokens.values(), *answer.json.values()}
    return spans, {str(secret) for secret in secrets}


def one(spans, **wanted):
    (found,) = [
        span
        for span in spans
        if all(getattr(span, name) == value for name, value in wanted.items())
    ]
    return found


def test_a_request_is_a_part_of_the_trace_of_its_caller(refreshed):
    """W3C Trace Context, section 3.2; semantic conventions for HTTP servers."""
    spans, _ = refreshed

    request = one(spans, kind="SERVER")

    assert (request.name, request.parent_id) == ("POST /oauth2/token", PARENT_ID)
    assert (
        request.attributes.items()
        >= {
            "http.request.method": "POST",
            "http.route": "/oauth2/token",
            "http.response.status_code": 200,
            "url.path": "/oauth2/token",
            "url.scheme": "http",
        }.items()
    )


def test_the_use_case_is_a_part_of_the_request(refreshed):
    spans, _ = refreshed

    use_case = one(spans, name="TokenService.redeem")

    assert (use_case.kind, use_case.parent_id) == ("INTERNAL", one(spans, kind="SERVER").span_id)
    name = "authserver.tokens.service.TokenService.redeem"
    assert use_case.attributes == {"code.function.name": name}


def test_a_statement_is_a_part_of_the_use_case(refreshed):
    """Semantic conventions for PostgreSQL: what it is called, never what it says."""
    spans, _ = refreshed
    by_id = {span.span_id: span for span in spans}

    statement = one(spans, name="rotate_session")

    assert statement.kind == "CLIENT"
    assert statement.attributes == {
        "db.system.name": "postgresql",
        "db.operation.name": "UPDATE",
        "db.query.summary": "rotate_session",
    }
    ancestors = []
    while statement.parent_id in by_id:
        statement = by_id[statement.parent_id]
        ancestors.append(statement.name)
    assert ancestors[-2:] == ["TokenService.redeem", "POST /oauth2/token"]


def test_no_secret_is_in_a_trace(refreshed, collector):
    _, secrets = refreshed

    assert [secret for secret in secrets if secret.encode() in collector.raw] == []
    assert b"eyJ" not in collector.raw


def test_a_trace_tells_of_whom_it_is(refreshed):
    """Semantic conventions for resources."""
    spans, _ = refreshed

    about = spans[0].resource

    assert (
        about.items()
        >= {
            "service.name": "authserver",
            "service.version": __version__,
            "deployment.environment.name": "staging",
        }.items()
    )


@pytest.fixture(scope="module")
def ask(traced, collector):
    """``ask(number, method, path, ...)``: a request as a part of a trace of its own, its spans."""
    server, services = traced
    admin = UserFactory(services)(roles=["admin"])
    client = server.client()
    login = {"email": admin.email, "password": admin.password}
    token = client.post("/api/auth/login", json=login).json["accessToken"]

    def ask(number: int, method: str, path: str, **options):
        trace_id = f"{number:032x}"
        headers = bearer(token) | {"traceparent": f"00-{trace_id}-{PARENT_ID}-01"}
        answer = client.open(path, method=method, headers=headers, **options)
        collector.wait_for_span(lambda span: (span.trace_id, span.kind) == (trace_id, "SERVER"))
        return answer, [span for span in collector.spans() if span.trace_id == trace_id]

    return ask


def test_what_the_orm_sends_is_told_by_its_verb_and_its_table(ask):
    """Semantic conventions: db.query.summary, never values."""
    client = {"client_name": "x", "grant_types": ["client_credentials"]}

    answer, spans = ask(1, "POST", "/api/clients", json=client)

    assert answer.status_code == 201, answer.text
    statement = one(spans, name="INSERT clients")
    assert statement.attributes == {
        "db.system.name": "postgresql",
        "db.operation.name": "INSERT",
        "db.query.summary": "INSERT clients",
    }


def test_what_redis_is_asked_is_told_by_its_command(traced, ask):
    """Semantic conventions for Redis: no key is told."""
    person = UserFactory(traced[1])()

    _, spans = ask(2, "GET", f"/api/users/{person.id}")

    asked = [span.attributes for span in spans if (span.kind, span.name) == ("CLIENT", "GET")]
    assert {"db.system.name": "redis", "db.operation.name": "GET"} in asked
    assert all(len(attributes) == 2 for attributes in asked)


def test_the_route_of_the_rest_api_is_its_rule(ask):
    """Of paths there are too many."""
    missing = "0190d4a3-0000-7000-8000-000000000000"

    _, spans = ask(3, "GET", f"/api/users/{missing}")

    request = one(spans, kind="SERVER")
    assert request.name == "GET /api/users/<uuid:user_id>"
    assert not request.failed, "a refusal is the caller's mistake"


def test_an_unknown_address_and_method_make_no_names(ask):
    _, spans = ask(4, "BREW", "/coffee")

    request = one(spans, kind="SERVER")
    assert request.name == "HTTP"
    assert request.attributes["http.request.method"] == "_OTHER"


def test_what_its_caller_does_not_record_is_not_recorded(traced, collector, ask):
    """W3C Trace Context, section 3.2.2.5: the flag ``sampled``."""
    server, _ = traced
    unsampled = "f" * 32
    headers = {"traceparent": f"00-{unsampled}-{PARENT_ID}-00"}

    server.client().get("/.well-known/jwks.json", headers=headers)
    ask(5, "GET", "/api/roles")

    assert [span for span in collector.spans() if span.trace_id == unsampled] == []


def test_probes_are_no_traces(traced, collector, ask):
    server, _ = traced

    server.client().get("/readyz")
    ask(6, "GET", "/api/roles")

    assert not [span for span in collector.spans() if "readyz" in span.name]


def test_the_log_has_the_ids_of_the_trace(traced, ask):
    server, _ = traced

    _, spans = ask(7, "GET", "/api/roles")

    (line,) = [line for line in map(json.loads, server.log().splitlines()) if is_of(7, line)]
    assert line["event"] == "request"
    assert line["span_id"] == one(spans, kind="SERVER").span_id


def is_of(number: int, line: dict) -> bool:
    return line.get("trace_id") == f"{number:032x}"
