"""deploy/grafana, and what the alerts look at: all that is shown is something that we tell."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from authserver.observability.metrics import families
from authserver.observability.series import Histogram
from tests.deploy.conftest import DEPLOY

GRAFANA = DEPLOY / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
MONITORING = yaml.safe_load((DEPLOY / "compose" / "monitoring.yaml").read_text())["services"]
of_each = pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
_NAME = re.compile(r"\bauthserver_[a-z_]+")
_LABELS = re.compile(r"\b(authserver_[a-z_]+)\{([^}]*)\}")
_LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")
# Prometheus has them of the address that it asks, and histograms of their buckets.
OF_PROMETHEUS = {"job", "instance", "le"}


def told() -> dict[str, set[str]]:
    """The names of all series, with their labels."""
    found = {}
    for family in families():
        endings = ("_bucket", "_sum", "_count") if isinstance(family, Histogram) else ("",)
        found |= {family.name + ending: set(family.labels) for ending in endings}
    return found


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def expressions(path: Path) -> list[str]:
    return [target["expr"] for panel in read(path)["panels"] for target in panel["targets"]]


def alerts() -> list[str]:
    document = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    return [rule["expr"] for group in document["groups"] for rule in group["rules"]]


ALL = [*alerts(), *(each for path in DASHBOARDS for each in expressions(path))]


def test_there_is_a_dashboard_for_each_question():
    names = {path.stem for path in DASHBOARDS}

    assert names == {"overview", "tokens", "sign-ins", "stores", "jobs"}


@pytest.mark.parametrize("expression", ALL)
def test_each_metric_that_is_looked_at_is_told(expression):
    names = set(_NAME.findall(expression))

    assert names <= set(told())
    assert names or "up{" in expression


@pytest.mark.parametrize("expression", ALL)
def test_each_label_that_is_looked_at_is_one_of_the_metric(expression):
    for name, selector in _LABELS.findall(expression):
        assert set(_LABEL.findall(selector)) <= told()[name] | OF_PROMETHEUS


def test_each_metric_is_looked_at_somewhere():
    looked_at = {name for expression in ALL for name in _NAME.findall(expression)}
    histograms = {each.name for each in families() if isinstance(each, Histogram)}

    names = {each.name for each in families()} - histograms
    assert names - looked_at == set()
    assert {f"{name}_bucket" for name in histograms} <= looked_at


@of_each
def test_grafana_can_read_the_dashboard(path):
    dashboard = read(path)

    assert dashboard["uid"] == f"authserver-{path.stem}"
    assert dashboard["title"].startswith("Authserver: ")
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert {each["name"] for each in dashboard["templating"]["list"]} == {"datasource", "job"}


@of_each
def test_panels_do_not_lie_on_one_another(path):
    taken = set()
    for panel in read(path)["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + right, place["y"] + down)
            for right in range(place["w"])
            for down in range(place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert taken.isdisjoint(cells)
        taken |= cells


@of_each
def test_each_panel_has_a_source_and_a_title(path):
    for panel in read(path)["panels"]:
        assert panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])


def test_grafana_finds_the_dashboards_where_the_containers_have_them():
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/authserver.yml").read_text())
    (folder,) = {each["options"]["path"] for each in provider["providers"]}

    mounted = {each["target"]: each["source"] for each in MONITORING["grafana"]["volumes"]}
    assert mounted[folder] == "../grafana/dashboards"


def test_prometheus_asks_the_containers_that_answer():
    document = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    asked = {
        (name, each["port"])
        for job in document["scrape_configs"]
        for each in job["dns_sd_configs"]
        for name in each["names"]
    }

    answering = {
        (name, int(service["environment"]["AUTHSERVER_METRICS_BIND"].rpartition(":")[2]))
        for name, service in MONITORING.items()
        if "AUTHSERVER_METRICS_BIND" in service.get("environment", {})
    }
    assert asked == answering == {("app", 9464), ("worker", 9464)}
