"""deploy/compose: each container may do as little as it can do with."""

import dataclasses
from typing import Any

import pytest
import yaml

from authserver.settings import Settings
from tests.deploy.conftest import DEPLOY

FILES = [DEPLOY / "compose" / name for name in ("compose.yaml", "monitoring.yaml")]
OURS = ("migrate", "bootstrap", "app", "worker")
KNOWN = {f"AUTHSERVER_{field.name.upper()}" for field in dataclasses.fields(Settings)}
SECRETS = {field.name.upper() for field in dataclasses.fields(Settings) if field.metadata["secret"]}


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / name).read_text())
    return found


BASE, MONITORING = (document(path.name) for path in FILES)
SERVICES = BASE["services"] | {
    name: service for name, service in MONITORING["services"].items() if "image" in service
}
of_each = pytest.mark.parametrize("name", sorted(SERVICES))


def test_the_files_are_what_the_specification_of_compose_allows(check):
    done = check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", *FILES)

    assert done.returncode == 0, done.stdout + done.stderr


@of_each
def test_the_root_of_a_container_is_read_only(name):
    assert SERVICES[name]["read_only"] is True


@of_each
def test_a_container_has_no_capabilities_and_gains_none(name):
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert "cap_add" not in SERVICES[name]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert not SERVICES[name].get("privileged")


@of_each
def test_a_container_has_limits(name):
    limits = SERVICES[name]["deploy"]["resources"]["limits"]

    assert set(limits) == {"cpus", "memory", "pids"}


@of_each
def test_a_container_does_not_run_as_root(name):
    """Ours have a user by their image."""
    assert name in OURS or SERVICES[name]["user"] not in ("root", "0", 0)


@of_each
def test_what_a_container_may_write_to_cannot_be_executed(name):
    for mount in SERVICES[name].get("tmpfs", []):
        assert {"noexec", "nosuid", "nodev"} <= set(mount.partition(":")[2].split(","))


@of_each
def test_no_secret_is_the_value_of_a_variable(name):
    for variable, value in SERVICES[name].get("environment", {}).items():
        is_secret = any(word in variable for word in ("PASSWORD", "SECRET", "TOKEN", *SECRETS))
        assert not is_secret or str(value).startswith("/run/secrets/"), variable


@of_each
def test_what_listens_is_asked_whether_it_is_well(name):
    silent = {"migrate", "bootstrap", "worker"}

    assert set(SERVICES[name]["healthcheck"]) >= ({"disable"} if name in silent else {"test"})


def test_each_setting_exists():
    services = [*BASE["services"].values(), *MONITORING["services"].values()]
    given = {name for service in services for name in service.get("environment", {})}
    ours = {name.removesuffix("_FILE") for name in given if name.startswith("AUTHSERVER_")}

    assert ours
    assert ours <= KNOWN


def test_the_database_is_in_a_network_without_a_way_out():
    assert SERVICES["postgres"]["networks"] == SERVICES["valkey"]["networks"] == ["data"]
    assert BASE["networks"]["data"]["internal"] is True


def test_only_the_proxy_listens_on_the_machine():
    publishing = {name for name, service in BASE["services"].items() if "ports" in service}

    assert publishing == {"proxy"}
    assert "data" not in SERVICES["proxy"]["networks"]


def test_prometheus_and_grafana_listen_for_this_machine_only():
    for name in ("prometheus", "grafana"):
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])


def test_the_metrics_are_not_in_the_network_of_the_proxy():
    assert MONITORING["services"]["app"]["networks"] == ["metrics"]
    assert MONITORING["services"]["worker"]["networks"] == ["metrics"]
    assert MONITORING["networks"]["metrics"]["internal"] is True
    assert "metrics" not in SERVICES["proxy"]["networks"]


def test_the_network_of_the_proxy_is_the_one_that_is_believed():
    (pool,) = BASE["networks"]["front"]["ipam"]["config"]

    assert SERVICES["app"]["environment"]["AUTHSERVER_TRUSTED_PROXIES"] == pool["subnet"]


def test_nothing_serves_before_the_database_is_ready_for_it():
    completed = {"condition": "service_completed_successfully"}

    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["bootstrap"]["depends_on"] == {"migrate": completed}
    assert all(SERVICES[name]["depends_on"]["bootstrap"] == completed for name in ("app", "worker"))


def test_each_secret_that_is_used_is_a_file():
    for document_ in (BASE, MONITORING):
        used = {
            each if isinstance(each, str) else each["source"]
            for service in document_["services"].values()
            for each in service.get("secrets", [])
        }
        assert used == set(document_["secrets"])
        assert all(set(secret) == {"file"} for secret in document_["secrets"].values())
