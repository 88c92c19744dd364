"""deploy/helm: what the chart makes is valid, hardened, and keeps no secret."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import DEPLOY
from tests.deploy.test_compose import KNOWN

CHART = DEPLOY / "helm" / "authserver"
EVERYTHING = (
    "metrics.enabled=true",
    "metrics.serviceMonitor.enabled=true",
    "migrate.adminEmail=una@example.com",
    "trustedProxies={10.0.0.0/8}",
    "ingress.tlsSecret=certificate",
    "ingress.className=nginx",
)
VARIANTS = [(), EVERYTHING, ("app.autoscaling.enabled=false", "secrets.redis=false")]
of_each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=["least", "everything", "fixed"])
SERVED = ("Deployment", "Job")


def of_kind(objects: list[dict[str, Any]], kind: str, ending: str = "") -> dict[str, Any]:
    (found,) = [
        each
        for each in objects
        if each["kind"] == kind and each["metadata"]["name"] == f"release-authserver{ending}"
    ]
    return found


def pods(objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in objects:
        if each["kind"] in SERVED:
            yield each["spec"]["template"]["spec"]


def containers(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [
        container
        for pod in pods(objects)
        for container in [*pod.get("initContainers", []), *pod["containers"]]
    ]
    assert len(found) == 4
    return found


@of_each_variant
def test_the_objects_are_what_kubernetes_allows(check, render, tmp_path, variant):
    file = tmp_path / "objects.yaml"
    file.write_text(yaml.safe_dump_all(render(*variant)))

    for version in ("1.27", "1.37"):
        done = check(
            "kubernetes-validate", "--strict", "--no-warn", "--kubernetes-version", version, file
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_helm_finds_no_fault(helm):
    values = ["--set", "issuer=https://id.example.com", "--set", "secrets.existingSecret=a"]
    command = [helm, "lint", "--strict", str(CHART), *values]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"issuer": "http://id.example.com", "secrets": {"existingSecret": "a"}},
        {"issuer": "https://id.example.com", "secrets": {"existingSecret": ""}},
        {"issuer": "https://id.example.com", "secrets": {"existingSecret": "a"}, "replicas": 3},
    ],
    ids=["nothing", "plain http", "no secret", "misspelt"],
)
def test_what_cannot_work_is_refused(helm, tmp_path, values):
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    command = [helm, "template", "x", str(CHART), "--values", str(tmp_path / "values.yaml")]

    done = subprocess.run(
        [*command, "--kube-version", "1.33.0"], capture_output=True, text=True, timeout=60
    )

    assert "don't meet the specifications of the schema" in done.stderr


@of_each_variant
def test_the_chart_makes_no_secret_and_no_setting_holds_one(render, variant):
    objects = render(*variant)

    assert not [each for each in objects if each["kind"] == "Secret"]
    for container in containers(objects):
        for variable in container["env"]:
            assert "URL" not in variable["name"] or variable["name"].endswith("_FILE")


@of_each_variant
def test_each_setting_exists(render, variant):
    names = {each["name"] for one in containers(render(*variant)) for each in one["env"]}

    assert {name.removesuffix("_FILE") for name in names} <= KNOWN


@of_each_variant
def test_containers_write_to_no_file_and_gain_no_right(render, variant):
    for container in containers(render(*variant)):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@of_each_variant
def test_pods_run_as_the_user_of_the_image_without_a_way_to_the_cluster(render, variant):
    for pod in pods(render(*variant)):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


@of_each_variant
def test_a_service_of_our_name_does_not_stop_the_start(render, variant):
    """Its links would be variables such as AUTHSERVER_PORT, which no setting is."""
    assert all(pod["enableServiceLinks"] is False for pod in pods(render(*variant)))


@of_each_variant
def test_containers_have_limits(render, variant):
    for container in containers(render(*variant)):
        assert set(container["resources"]) == {"requests", "limits"}
        assert "memory" in container["resources"]["limits"]


def test_probes_ask_what_they_are_for(render):
    (app,) = of_kind(render(), "Deployment")["spec"]["template"]["spec"]["containers"]

    assert app["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert app["startupProbe"]["httpGet"]["path"] == "/livez"
    assert app["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_requests_that_are_being_answered_are_given_their_time(render):
    """The pause, 30 s for requests, and some to end."""
    pod = of_kind(render(), "Deployment")["spec"]["template"]["spec"]

    assert pod["terminationGracePeriodSeconds"] > 30 + 5


def test_the_database_is_prepared_before_each_release(render):
    job = of_kind(render(), "Job", "-migrate")
    pod = job["spec"]["template"]["spec"]

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert [each["args"] for each in pod["initContainers"]] == [["migrate"]]
    assert [each["args"] for each in pod["containers"]] == [["bootstrap"]]


def test_services_choose_the_app_and_not_the_worker(render):
    objects = render(*EVERYTHING)
    labels = {
        ending: of_kind(objects, "Deployment", ending)["spec"]["template"]["metadata"]["labels"]
        for ending in ("", "-worker")
    }

    for ending in ("", "-metrics"):
        selector = of_kind(objects, "Service", ending)["spec"]["selector"].items()
        assert selector <= labels[""].items()
        assert not selector <= labels["-worker"].items()


def test_prometheus_finds_the_workers_beside_the_app(render):
    objects = render(*EVERYTHING)
    service = of_kind(objects, "Service", "-metrics-worker")
    worker = of_kind(objects, "Deployment", "-worker")["spec"]["template"]
    policy = of_kind(objects, "NetworkPolicy", "-worker")["spec"]
    monitor = of_kind(objects, "ServiceMonitor")["spec"]

    assert service["spec"]["selector"].items() <= worker["metadata"]["labels"].items()
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (port,) = worker["spec"]["containers"][0]["ports"]
    assert port == {"name": "metrics", "containerPort": 9464}
    assert [each["port"] for rule in policy["ingress"] for each in rule["ports"]] == [9464]


def test_the_host_of_the_ingress_is_that_of_the_issuer(render):
    spec = of_kind(render(*EVERYTHING), "Ingress")["spec"]

    assert [rule["host"] for rule in spec["rules"]] == ["id.example.com"]
    assert spec["tls"] == [{"hosts": ["id.example.com"], "secretName": "certificate"}]


def test_the_metrics_are_not_behind_the_ingress(render):
    objects = render(*EVERYTHING)
    ports = of_kind(objects, "Service")["spec"]["ports"]

    assert [port["name"] for port in ports] == ["http"]
    assert of_kind(objects, "Service", "-metrics")["spec"]["clusterIP"] == "None"


def test_the_number_of_pods_is_decided_by_one(render):
    """A Deployment that said it too would undo the scaling at each release."""
    assert "replicas" not in of_kind(render(), "Deployment")["spec"]
    assert of_kind(render(), "HorizontalPodAutoscaler")["spec"]["minReplicas"] >= 2
    assert of_kind(render("app.autoscaling.enabled=false"), "Deployment")["spec"]["replicas"] == 2


def test_a_drained_node_leaves_one_of_us(render):
    assert of_kind(render(), "PodDisruptionBudget")["spec"]["minAvailable"] == 1


def test_pods_reach_no_private_address_but_the_database(render):
    """What clients name as their servers is public; the rest of the cluster is not for them."""
    objects = render("networkPolicy.databaseTo[0].ipBlock.cidr=10.1.0.0/16")
    rules = of_kind(objects, "NetworkPolicy")["spec"]["egress"]
    by_port = {port["port"]: rule.get("to") for rule in rules for port in rule["ports"]}

    assert by_port[5432] == by_port[6379] == [{"ipBlock": {"cidr": "10.1.0.0/16"}}]
    assert "10.0.0.0/8" in by_port[443][0]["ipBlock"]["except"]
    assert "169.254.0.0/16" in by_port[443][0]["ipBlock"]["except"]


def test_nobody_reaches_the_worker(render):
    objects = render()
    everybody = of_kind(objects, "NetworkPolicy")["spec"]
    app = of_kind(objects, "NetworkPolicy", "-app")["spec"]

    assert everybody["ingress"] == []
    assert [port["port"] for rule in app["ingress"] for port in rule["ports"]] == [8000]
    assert app["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "app"
