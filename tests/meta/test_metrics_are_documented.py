"""Every metric says what it means, and every alert has a runbook that leads somewhere."""

import re
from pathlib import Path

import click
import pytest
import yaml

from authserver.cli.main import authserver
from authserver.observability.metrics import families
from authserver.observability.series import Counter

ROOT = Path(__file__).parents[2]
MONITORING = (ROOT / "docs" / "operations" / "monitoring.md").read_text()
RUNBOOKS = (ROOT / "docs" / "operations" / "runbooks.md").read_text()
of_each = pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOKS, re.MULTILINE | re.DOTALL))
COMMANDS = sorted(set(re.findall(r"`authserver ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", RUNBOOKS)))


def alerts() -> set[str]:
    document = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())
    return {rule["alert"] for group in document["groups"] for rule in group["rules"]}


@of_each
def test_each_metric_is_in_the_table(family):
    labels = ", ".join(f"`{label}`" for label in family.labels)
    kind = type(family).__name__.lower()

    assert f"| `{family.name}` | {kind} | {labels} | {family.help} |\n" in MONITORING


def test_the_table_has_no_metric_that_is_not_told():
    rows = re.findall(r"^\| `(authserver_\w+)` \|", MONITORING, re.MULTILINE)

    assert rows == [family.name for family in families()]


@of_each
def test_each_metric_has_a_name_of_our_kind(family):
    """house.md, Names; https://prometheus.io/docs/practices/naming/"""
    assert re.fullmatch(r"authserver(_[a-z]+)+", family.name)
    assert isinstance(family, Counter) == family.name.endswith("_total")
    assert family.help.endswith(".")


def test_each_alert_has_a_runbook_and_each_runbook_an_alert():
    assert set(SECTIONS) == alerts()


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_runbook_says_what_it_means_what_to_look_at_and_what_to_do(name):
    parts = re.findall(r"^\*\*([^*]+):\*\* \S", SECTIONS[name], re.MULTILINE)

    assert parts == ["Means", "Look at", "Do"]


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#(\w+)\)", RUNBOOKS))))
def test_a_runbook_leads_to_runbooks_that_exist(anchor):
    assert anchor in {name.lower() for name in SECTIONS}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_runbook_names_commands_that_exist(command):
    found: click.Command = authserver
    for word in command.split():
        assert isinstance(found, click.Group), f"{found.name} has no commands of its own"
        child = found.get_command(click.Context(found), word)
        assert child is not None, word
        found = child


def test_the_runbooks_name_metrics_that_exist():
    names = {family.name for family in families()}
    endings = ("_bucket", "_sum", "_count")

    for name in re.findall(r"\bauthserver_[a-z_]+", RUNBOOKS + MONITORING):
        bare = next((name.removesuffix(each) for each in endings if name.endswith(each)), name)
        assert bare in names or name in names, name
