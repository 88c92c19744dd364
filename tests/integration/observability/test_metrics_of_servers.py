"""Metrics of servers as they run: several processes, one answer."""

import random
import string
import time
from collections.abc import Callable

import pytest
import requests
from sqlalchemy import text

from authserver.observability.metrics import families
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import LiveServer, free_port
from tests.support.load import RefreshChain, wait_until
from tests.support.metrics import Figures, scrape

REQUESTS = "authserver_http_requests_total"
JWKS = "/.well-known/jwks.json"
# Of what only a worker does.
OF_WORKERS = {"authserver_job_attempts"}
MakeServer = Callable[..., tuple["Watched", Services]]


class Watched:
    """A server, and what it tells Prometheus."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.address = str(server.settings_env["metrics_bind"])
        self.base = server.base

    def figures(self) -> Figures:
        return scrape(self.address)

    def until(self, name: str, value: float, **labels: str) -> None:
        """Processes tell what they have counted once a second."""
        wait_until(lambda: self.figures().of(name, **labels) >= value, 30)
        assert self.figures().of(name, **labels) == value


@pytest.fixture(params=["gunicorn", "granian"])
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def watch(make_live_server: Callable[..., tuple[LiveServer, Services]]) -> MakeServer:
    def make(**settings: object) -> tuple[Watched, Services]:
        bind = f"127.0.0.1:{free_port()}"
        server, services = make_live_server(metrics_bind=bind, **settings)
        return Watched(server), services

    return make


def ask(server: Watched, path: str, times: int) -> None:
    """Each on a connection of its own, so that all processes get some."""
    for _ in range(times):
        requests.get(server.base + path, timeout=10)


def test_counts_of_all_processes_are_added_up(watch, program):
    server, _ = watch(program=program, workers=2)

    ask(server, JWKS, 200)

    server.until(REQUESTS, 200, route=JWKS, status="200")
    assert server.figures().of("authserver_processes", kind="server") == 2
    assert server.figures().of("authserver_http_request_duration_seconds_count", route=JWKS) == 200


def test_counts_survive_workers_that_give_way_to_new_ones(watch):
    """Ten generations of workers; what the last one of each counted in its last second as well."""
    server, _ = watch(workers=2, worker_requests=40)

    ask(server, JWKS, 400)

    server.until(REQUESTS, 400, route=JWKS, status="200")
    wait_until(lambda: server.figures().of("authserver_processes", kind="server") == 2, 40)


def test_counts_survive_a_worker_that_is_killed(watch, program):
    server, _ = watch(program=program, workers=2)
    ask(server, JWKS, 50)
    server.until(REQUESTS, 50, route=JWKS)

    killed = server.server.kill_worker()
    wait_until(lambda: is_replaced(server, killed), 40)

    assert server.figures().of(REQUESTS, route=JWKS) == 50
    wait_until(lambda: server.figures().of("authserver_processes", kind="server") == 2, 40)


def is_replaced(server: Watched, killed: int) -> bool:
    pids = server.server.worker_pids
    return len(pids) == 2 and killed not in pids


def test_metrics_are_not_on_the_public_port(watch, program):
    """LS-06: what a server is busy with is for operators."""
    server, _ = watch(program=program)

    public = requests.get(f"{server.base}/metrics", timeout=5)
    private = requests.get(f"http://{server.address}/livez", timeout=5)

    assert (public.status_code, private.status_code) == (404, 404)
    assert "authserver_" not in public.text


def test_callers_cannot_make_up_series(watch):
    """A label that took what they send would fill the memory of two servers."""
    server, _ = watch(workers=2)
    ask(server, "/no/such/path", 5)
    chance = random.Random(7)  # noqa: S311 - the same nonsense each time, and no secret
    before = None
    for round_ in range(2):
        for _ in range(80):
            send_nonsense(server, chance)
        time.sleep(1.5)
        found = server.figures()
        if before is None:
            before = found
        assert round_ == 0 or set(found.samples) == set(before.samples)

    routes = found.values(REQUESTS, "route")
    assert "unmatched" in routes
    assert len(routes) < 12
    assert len(found.samples) < 600


def send_nonsense(server: Watched, chance: random.Random) -> None:
    word = "".join(chance.choices(string.ascii_letters + "/%.-", k=20))
    method = chance.choice(["GET", "POST", "PUT", "BREW"])
    path = chance.choice(["/", "/api/users/", "/oauth2/register/", "/oauth2/token/"])
    requests.request(
        method,
        f"{server.base}{path}{word}?{word}={word}",
        headers={"X-Request-ID": word, "Host": f"{word.strip('/%.-')}.example"},
        allow_redirects=False,
        timeout=5,
    )
    form = {"grant_type": word, "client_id": word, "client_secret": word}
    requests.post(f"{server.base}/oauth2/token", data=form, timeout=5)


def test_what_requests_bring_about_is_counted(watch):
    server, services = watch(refresh_leeway=0)
    client, user = ClientFactory(services)(), UserFactory(services)()
    credentials = (client.client_id, client.secret or "")

    def token(**form: str) -> dict[str, str]:
        answer = requests.post(f"{server.base}/oauth2/token", form, auth=credentials, timeout=10)
        return dict(answer.json())

    token(grant_type="client_credentials")
    token(grant_type="password", username=user.email, password="not the password")
    issued = token(
        grant_type="password",
        username=user.email,
        password=user.password,
        scope="openid offline_access",
    )
    for _ in range(2):
        token(grant_type="refresh_token", refresh_token=issued["refresh_token"])

    # The last that is counted of each.
    server.until(REQUESTS, 5, route="/oauth2/token")
    found = server.figures()
    assert found.of("authserver_refresh_token_reuses_total") == 1
    counted = {
        (grant, kind): found.of("authserver_tokens_issued_total", grant=grant, kind=kind)
        for grant in ("client_credentials", "password", "refresh_token")
        for kind in ("access", "refresh", "id")
    }
    assert {grant: count for (grant, kind), count in counted.items() if kind == "access"} == {
        "client_credentials": 1,
        "password": 1,
        "refresh_token": 1,
    }
    assert counted["client_credentials", "refresh"] == 0
    assert counted["password", "refresh"] == counted["password", "id"] == 1
    assert found.of("authserver_sign_in_attempts_total", outcome="succeeded") == 1
    assert found.of("authserver_sign_in_attempts_total", outcome="failed") == 1
    assert found.of(REQUESTS, route="/oauth2/token", status="200") == 3
    assert found.of(REQUESTS, route="/oauth2/token", status="400") == 2


def test_refusals_of_throttles_are_counted_by_name(watch):
    server, _ = watch(token_limit="3/minute", workers=1)

    for _ in range(8):
        requests.post(
            f"{server.base}/oauth2/token", {"grant_type": "x"}, auth=("a", "b"), timeout=5
        )
        form = {"grant_type": "client_credentials"}
        requests.post(f"{server.base}/oauth2/token", form, auth=("nobody", "x"), timeout=5)

    server.until("authserver_throttle_refusals_total", 5, throttle="client_authentication")


def test_everything_that_is_documented_is_told(watch):
    server, services = watch()
    client = ClientFactory(services)()
    credentials = (client.client_id, client.secret or "")
    requests.post(
        f"{server.base}/oauth2/token",
        {"grant_type": "client_credentials"},
        auth=credentials,
        timeout=5,
    )
    server.until("authserver_tokens_issued_total", 1, kind="access")

    documented = {family.name.removesuffix("_total") for family in families()}

    assert documented - OF_WORKERS == server.figures().families


def test_keys_pools_and_stores_are_measured(watch):
    server, _ = watch(workers=2, database_pool_size=3)
    ask(server, JWKS, 10)
    time.sleep(1.5)

    found = server.figures()

    assert found.of("authserver_database_up") == 1
    assert found.of("authserver_redis_up") == found.of("authserver_redis_configured") == 1
    assert found.of("authserver_database_pool_connections", pool="statements") == 6
    assert found.of("authserver_signing_keys_active", purpose="refresh") == 1
    assert found.of("authserver_signing_keys_active", algorithm="ES256") == 1
    assert 0 < found.of("authserver_signing_key_age_seconds", algorithm="ES256") < 600
    assert found.of("authserver_signing_key_rotation_seconds") == 90 * 86_400
    assert found.of("authserver_processor_seconds_total") > 0
    assert found.of("authserver_resident_memory_bytes") > 50e6


def test_it_is_told_for_how_long_audit_events_have_waited_for_their_seal(watch):
    """Nobody seals within the first half minute of a server's life."""
    server, services = watch()
    with services.get(Database).transaction() as tx:
        tx.execute(
            text(
                """INSERT INTO audit_events (id, occurred_at, event, actor_kind)
                   VALUES ('00000000-0000-7000-8000-000000000000', now() - interval '1 hour',
                           'x.y', 'system')"""
            )
        )

    wait_until(lambda: server.figures().of("authserver_audit_unsealed_seconds") >= 3600, 28)

    assert server.figures().of("authserver_audit_unsealed_seconds") < 3700


def test_requests_are_counted_while_sessions_go_on(watch):
    """Nothing is counted twice or lost while several processes and threads work at once."""
    server, services = watch(workers=2)
    client, user = ClientFactory(services)(), UserFactory(services)()
    form = {
        "grant_type": "password",
        "username": user.email,
        "password": user.password,
        "scope": "offline_access",
    }
    credentials = (client.client_id, client.secret or "")
    answer = requests.post(f"{server.base}/oauth2/token", form, auth=credentials, timeout=10)
    chain = RefreshChain(server.server, client, answer.json()["refresh_token"])

    for _ in range(30):
        assert chain.step().status == 200

    server.until("authserver_tokens_issued_total", 30, grant="refresh_token", kind="refresh")
