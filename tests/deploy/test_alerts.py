"""deploy/prometheus: the rules hold, each alert fires when it should, and one in earnest."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from authserver.wiring import Services
from tests.deploy.conftest import DEPLOY
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import LiveServer, free_port
from tests.support.load import wait_until

PROMETHEUS = DEPLOY / "prometheus"
RULES = PROMETHEUS / "alerts.yml"
TESTS = PROMETHEUS / "tests" / "alerts_test.yml"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]
of_each = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
# As alerts.yml has it, for a server and a Prometheus that look every second.
QUICK = {"evaluation_interval": "1s", "scrape_interval": "1s"}
# The places that expressions of ours have in this file, and what a test can wait for.
WINDOWS = {"[15m]": "[20s]", "[10m]": "[20s]", "[5m]": "[20s]", "[1h]": "[20s]"}


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = ["promtool", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_prometheus_understands_the_rules():
    done = promtool("check", "rules", RULES)

    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_understands_its_configuration(tmp_path):
    text = (PROMETHEUS / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/alerts.yml", str(RULES)))

    done = promtool("check", "config", tmp_path / "prometheus.yml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_fire_when_they_should_and_not_before():
    done = promtool("test", "rules", TESTS)

    assert done.returncode == 0, done.stdout + done.stderr


@of_each
def test_each_alert_is_tested(alert):
    name = alert["alert"]
    (test,) = [each for each in yaml.safe_load(TESTS.read_text())["tests"] if each["name"] == name]
    expected = {bool(each["exp_samples"]) for each in test["promql_expr_test"]}

    assert expected == {True, False}
    assert all(f'alertname="{name}"' in each["expr"] for each in test["promql_expr_test"])


@of_each
def test_each_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on(alert):
    annotations = alert["annotations"]

    assert set(alert["labels"]) == {"severity"}
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert set(annotations) == {"summary", "description", "runbook"}
    assert annotations["summary"].endswith(".")
    assert annotations["description"].endswith(".")
    anchor = alert["alert"].lower()
    assert annotations["runbook"] == f"docs/operations/runbooks.md#{anchor}"


@contextmanager
def prometheus(folder: Path, targets: dict[str, str]) -> Iterator[str]:
    """A Prometheus that watches the targets (addresses by job); its address."""
    port = free_port()
    rules = RULES.read_text()
    for window, short in WINDOWS.items():
        rules = rules.replace(window, short)
    document = yaml.safe_load(rules)
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["for"] = "2s"
    (folder / "alerts.yml").write_text(yaml.safe_dump(document))
    configuration = {
        "global": QUICK,
        "rule_files": ["alerts.yml"],
        "scrape_configs": [
            {"job_name": job, "scrape_timeout": "1s", "static_configs": [{"targets": [address]}]}
            for job, address in targets.items()
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def ask(address: str, path: str, **parameters: str) -> dict[str, Any]:
    """What Prometheus says; nothing while it starts."""
    try:
        answer = requests.get(f"{address}/api/v1/{path}", parameters, timeout=5)
    except requests.RequestException:
        return {}
    data: dict[str, Any] = answer.json()["data"] if answer.status_code == 200 else {}
    return data


def firing(address: str) -> dict[str, dict[str, Any]]:
    """Alerts that somebody would be told of, by their names."""
    found = ask(address, "alerts").get("alerts", [])
    return {each["labels"]["alertname"]: each for each in found if each["state"] == "firing"}


def is_watched(address: str, job: str) -> bool:
    found = ask(address, "query", query=f'up{{job="{job}"}}').get("result", [])
    return [each["value"][1] for each in found] == ["1"]


def reuse_refresh_tokens(server: LiveServer, services: Services, times: int) -> None:
    """As a thief does: each session is gone on with twice from one place."""
    client, user = ClientFactory(services)(), UserFactory(services)()
    credentials = (client.client_id, client.secret or "")
    sign_in = {
        "grant_type": "password",
        "username": user.email,
        "password": user.password,
        "scope": "offline_access",
    }
    for _ in range(times):
        issued = requests.post(f"{server.base}/oauth2/token", sign_in, auth=credentials, timeout=10)
        refresh = {
            "grant_type": "refresh_token",
            "refresh_token": issued.json()["refresh_token"],
        }
        for _ in range(2):
            requests.post(f"{server.base}/oauth2/token", refresh, auth=credentials, timeout=10)


def test_a_real_prometheus_tells_of_a_real_server(
    make_live_server: Callable[..., tuple[LiveServer, Services]], tmp_path: Path
) -> None:
    """Stolen tokens are told of while it serves, and then that it has gone."""
    metrics = f"127.0.0.1:{free_port()}"
    server, services = make_live_server(metrics_bind=metrics, refresh_leeway=0)
    with prometheus(tmp_path, {"authserver": metrics}) as address:
        wait_until(lambda: is_watched(address, "authserver"), 60)
        time.sleep(5)
        calm = firing(address)

        reuse_refresh_tokens(server, services, 8)
        wait_until(lambda: "AuthserverRefreshReuse" in firing(address), 60)
        told = firing(address)["AuthserverRefreshReuse"]

        server.stop()
        wait_until(lambda: "AuthserverDown" in firing(address), 60)

    # There is no worker in this test.
    assert set(calm) <= {"AuthserverNoWorker"}
    assert told["labels"]["severity"] == "warning"
    assert told["annotations"]["summary"].endswith("a second time within 15 minutes.")
