"""Authorization requests on their way: what comes back is what was sealed."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from authserver.clock import FrozenClock
from authserver.errors import FlowExpired, FlowInvalid, Invalid
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.flows.sealing import Sealer
from authserver.flows.service import FlowService

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ISSUER = "https://id.example"
BROWSER = "b" * 43
SMALL = AuthorizationRequest(
    client_id="web",
    redirect_uri="https://app.example/cb",
    response_type="code",
    response_mode="query",
    scope=frozenset(),
    audience=(),
    started_at=NOW.timestamp(),
)
WHOLE = AuthorizationRequest(
    client_id="web",
    redirect_uri="https://app.example/cb?a=1",
    response_type="code id_token",
    response_mode="form_post",
    scope=frozenset({"openid", "email"}),
    audience=("https://a.example", "https://b.example"),
    started_at=NOW.timestamp(),
    state="ä & \U0001f600",
    nonce="n",
    prompt=frozenset({"login", "consent"}),
    max_age=0,
    login_hint="una@example.com",
    ui_locales=("de", "en"),
    claims_locales=("de",),
    acr_values=("1", "2"),
    display="popup",
    claims={"id_token": {"email": None, "acr": {"values": ["1"], "essential": True}}},
    code_challenge="c" * 43,
    hint_subject="somebody",
    account=UUID(int=1),
    consented=UUID(int=2),
    denied=True,
)


@pytest.fixture
def clock():
    return FrozenClock(NOW)


@pytest.fixture
def flows(clock):
    return FlowService(Sealer(bytes(32)), clock, ISSUER, request_ttl=1800, code_ttl=60)


@pytest.mark.parametrize("request_", [SMALL, WHOLE], ids=["small", "whole"])
def test_nothing_is_lost_on_the_way(flows, request_):
    assert flows.open_request(flows.seal_request(request_, BROWSER), BROWSER) == request_


@pytest.mark.parametrize("browser", [None, "", "c" * 43])
def test_only_the_browser_that_began_it_goes_on(flows, browser):
    """RFC 9700, section 4.7."""
    sealed = flows.seal_request(SMALL, BROWSER)

    with pytest.raises(FlowInvalid):
        flows.open_request(sealed, browser)


def test_after_its_time_a_link_leads_back_to_the_client(flows, clock):
    sealed = flows.seal_request(WHOLE, BROWSER)
    clock.advance(1800)

    with pytest.raises(FlowExpired) as expired:
        flows.open_request(sealed, BROWSER)

    assert expired.value.client_id == "web"
    assert expired.value.back_url.startswith("https://app.example/cb?a=1&error=access_denied&")


@pytest.mark.parametrize(
    ("mode", "separator"), [("query", "?"), ("form_post", "?"), ("fragment", "#")]
)
def test_the_link_has_the_error_where_the_client_looks_for_it(mode, separator):
    """A link posts nothing; a client that takes a form has a server that reads the query."""
    back_url = replace(SMALL, response_mode=mode).back_url(ISSUER, "access_denied")

    assert back_url.startswith(f"https://app.example/cb{separator}error=access_denied&iss=")


def test_sealing_it_again_does_not_make_it_young(flows, clock):
    """However often a page sends it on: it ends when it ends."""
    sealed = flows.seal_request(SMALL, BROWSER)
    clock.advance(1799)
    again = flows.seal_request(flows.open_request(sealed, BROWSER), BROWSER)
    clock.advance(1)

    with pytest.raises(FlowExpired):
        flows.open_request(again, BROWSER)


def test_what_no_address_holds_is_refused(flows):
    """Random letters, which cannot be written any shorter."""
    state = "".join(Sealer(bytes(32)).seal("p", str(number)) for number in range(200))

    with pytest.raises(Invalid):
        flows.seal_request(replace(SMALL, state=state), BROWSER)
