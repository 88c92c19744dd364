"""deploy/aws: what there is in an account after the commands of the README (pretended by moto)."""

from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest

from authserver.signing.keystores import load_key_store
from authserver.storage.connections import normalise_url
from tests.deploy.templates import NAMES, template


@pytest.fixture(scope="module")
def found(account):
    return account()


@pytest.fixture(scope="module")
def other(account):
    """The same with the other choices: no CloudFront, no replica, no discovery."""
    return account(Exposure="internet", ReadReplica="false", Discovery="false")


def service(found, ending):
    (one,) = [each for each in found["services"] if each["serviceName"] == f"authserver-{ending}"]
    return one


def deployment(found):
    """How the app is deployed, as the API was asked to: moto does not tell."""
    (app,) = [e for e in found["asked_services"] if e["serviceName"] == "authserver-app"]
    return app["deploymentConfiguration"]


def subnets(found, kind):
    """The subnets whose name says so, by id."""
    return {
        each["SubnetId"]: each
        for each in found["subnets"]
        for tag in each["Tags"]
        if tag["Key"] == "Name" and tag["Value"].startswith(f"authserver-{kind}-")
    }


def ways_out(found, kind):
    """Where the routes of these subnets lead to that lead out."""
    ids = set(subnets(found, kind))
    return {
        key
        for table in found["route_tables"]
        for association in table["Associations"]
        if association.get("SubnetId") in ids
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
        for key in ("GatewayId", "NatGatewayId")
        if key in route
    }


def test_the_readme_deploys_every_template(found):
    assert found["deployed"] == [f"authserver-{name}" for name in NAMES]


def test_each_type_of_resource_is_known_to_the_test(found):
    """A type that nobody makes would be tested by the linter alone, and nobody would notice."""
    assert found["strange"] == []


def test_each_kind_of_subnet_is_in_two_zones(found):
    for kind in ("public", "private", "data"):
        assert len({each["AvailabilityZone"] for each in subnets(found, kind).values()}) == 2


def test_subnets_do_not_overlap(found):
    networks = [ip_network(each["CidrBlock"]) for each in found["subnets"]]

    assert len(networks) == 6
    assert not [a for a in networks for b in networks if a is not b and a.overlaps(b)]


def test_only_public_subnets_are_in_the_internet(found):
    assert ways_out(found, "public") == {"GatewayId"}
    assert ways_out(found, "private") == {"NatGatewayId"}
    assert ways_out(found, "data") == set()


def test_the_database_is_in_two_zones_encrypted_and_private(found):
    (database,) = [
        each for each in found["databases"] if each["DBInstanceIdentifier"] == "authserver"
    ]

    assert database["MultiAZ"] is True
    assert database["StorageEncrypted"] is True
    assert database["PubliclyAccessible"] is False
    assert database["DeletionProtection"] is True
    assert {each["SubnetIdentifier"] for each in database["DBSubnetGroup"]["Subnets"]} == set(
        subnets(found, "data")
    )


def test_the_database_can_go_back_to_any_second_of_two_weeks(found):
    (database,) = [
        each for each in found["databases"] if each["DBInstanceIdentifier"] == "authserver"
    ]

    assert database["BackupRetentionPeriod"] == 14
    assert database["PreferredBackupWindow"] == "02:00-03:00"


def test_there_is_a_read_replica(found, other):
    sources = [each.get("ReadReplicaSourceDBInstanceIdentifier") for each in found["databases"]]

    assert sorted(map(str, sources)) == ["None", "authserver"]
    assert len(other["databases"]) == 1


def test_the_cache_is_encrypted_with_a_token_and_a_second_node(found):
    (cache,) = found["caches"]

    assert cache["TransitEncryptionEnabled"] is True
    assert cache["AtRestEncryptionEnabled"] is True
    assert cache["AuthTokenEnabled"] is True
    assert cache["AutomaticFailover"] == "enabled"
    assert cache["MultiAZ"] == "enabled"


def test_all_secrets_rest_under_our_key_which_rotates(found):
    assert len(found["secret_keys"]) == 5
    assert all(":key/" in key for key in found["secret_keys"].values())
    assert found["key_rotates"] == [True]


def test_the_generated_key_encryption_key_is_one(found, tmp_path):
    key = found["secrets"]["authserver/key-encryption-key"]

    assert load_key_store(tmp_path, key).derive(b"purpose")


def test_the_addresses_hold_the_generated_secrets(found):
    database = urlsplit(found["secrets"]["authserver/database-url"])
    cache = urlsplit(found["secrets"]["authserver/redis-url"])

    assert f'"password": "{database.password}"' in found["secrets"]["authserver/database"]
    assert f'"token": "{cache.password}"' in found["secrets"]["authserver/cache"]
    assert normalise_url(database.geturl())
    assert database.query == "sslmode=require"
    assert cache.scheme == "rediss"


def test_the_load_balancer_answers_by_tls_and_redirects_what_is_plain(found):
    listeners = {each["Port"]: each for each in found["listeners"]}

    assert set(listeners) == {80, 443}
    assert listeners[443]["Protocol"] == "HTTPS"
    assert listeners[443]["Certificates"]
    (action,) = listeners[80]["DefaultActions"]
    assert action["RedirectConfig"]["Protocol"] == "HTTPS"


def test_requests_for_our_host_go_to_blue_or_green_and_probes_to_nobody(found):
    by_field = {
        rule["Conditions"][0]["Field"]: rule for rule in found["rules"] if rule["Conditions"]
    }
    groups = by_field["host-header"]["Actions"][0]["ForwardConfig"]["TargetGroups"]

    assert by_field["host-header"]["Conditions"][0]["HostHeaderConfig"]["Values"] == [
        "id.example.com"
    ]
    assert [group["Weight"] for group in groups] == [1, 0]
    assert {group["TargetGroupArn"] for group in groups} == {
        each["TargetGroupArn"] for each in found["target_groups"]
    }
    probes = by_field["path-pattern"]
    assert set(probes["Conditions"][0]["PathPatternConfig"]["Values"]) == {"/livez", "/readyz"}
    assert int(probes["Priority"]) < int(by_field["host-header"]["Priority"])


def test_behind_cloudfront_the_load_balancer_is_internal_and_believes_it(found):
    assert found["balancer"]["Scheme"] == "internal"
    used = {each["SubnetId"] for each in found["balancer"]["AvailabilityZones"]}
    assert used == set(subnets(found, "private"))
    mode = "routing.http.xff_header_processing.mode"
    assert found["balancer_attributes"][mode] == "preserve"


def test_facing_the_internet_the_load_balancer_is_public_and_believes_nobody(other):
    assert other["balancer"]["Scheme"] == "internet-facing"
    used = {each["SubnetId"] for each in other["balancer"]["AvailabilityZones"]}
    assert used == set(subnets(other, "public"))
    mode = "routing.http.xff_header_processing.mode"
    assert other["balancer_attributes"][mode] == "append"


def test_there_is_a_web_acl_in_front_either_way(found, other):
    def limits(where):
        return [
            rule["Statement"]["RateBasedStatement"]["Limit"]
            for acl in where["web_acls"]
            for rule in acl["Rules"]
            if "RateBasedStatement" in rule["Statement"]
        ]

    assert limits(found) == [10000]
    assert limits(other) == [10000, 10000]


def test_a_release_starts_as_green_and_gives_way_at_an_alarm(found):
    assert deployment(found)["strategy"] == "BLUE_GREEN"
    assert deployment(found)["alarms"]["rollback"] is True
    assert deployment(found)["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    (target,) = service(found, "app")["loadBalancers"]
    pair = {target["targetGroupArn"], target["advancedConfiguration"]["alternateTargetGroupArn"]}
    assert pair == {each["TargetGroupArn"] for each in found["target_groups"]}


def test_the_alarms_that_end_a_deployment_exist(found):
    named = deployment(found)["alarms"]["alarmNames"]

    assert len(named) == 2
    assert set(named) <= {each["AlarmName"] for each in found["alarms"]}


def test_the_app_scales_by_processor_time_and_by_requests(found):
    (target,) = found["scalable_targets"]
    policies = {each["PolicyName"]: each for each in found["scaling_policies"]}
    by_requests = policies["requests"]["TargetTrackingScalingPolicyConfiguration"]

    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 10)
    assert target["ResourceId"] == "service/authserver/authserver-app"
    assert set(policies) == {"processor", "requests"}
    metrics = {each["Id"]: each for each in by_requests["CustomizedMetricSpecification"]["Metrics"]}
    assert metrics["share"]["Expression"] == "requests / tasks"


def test_a_worker_and_the_job_run_beside_the_app(found):
    commands = {
        each["family"]: each["containerDefinitions"][0]["command"]
        for each in found["task_definitions"]
    }

    assert service(found, "worker")["desiredCount"] == 1
    assert commands == {
        "authserver-app": ["serve"],
        "authserver-worker": ["worker"],
        "authserver-job": ["migrate"],
    }


def test_tasks_are_found_by_name(found, other):
    (registry,) = service(found, "app")["serviceRegistries"]

    assert [each["Name"] for each in found["namespaces"]] == ["authserver.internal"]
    assert [each["Arn"] for each in found["discovered"]] == [registry["registryArn"]]
    assert service(other, "app")["serviceRegistries"] == []


def test_each_alarm_is_told_to_somebody(found):
    (topic,) = found["topics"]
    ours = [each for each in found["alarms"] if each["AlarmName"].startswith("authserver-")]

    assert len(ours) == len(
        [
            each
            for each in template("monitoring")["Resources"].values()
            if each["Type"] == "AWS::CloudWatch::Alarm"
        ]
    )
    assert all(each["AlarmActions"] == [topic["TopicArn"]] for each in ours)
    assert [each["Endpoint"] for each in found["subscriptions"]] == ["operators@example.com"]


def test_every_process_has_a_log(found):
    names = {each["logGroupName"] for each in found["log_groups"]}

    assert {f"/authserver/{each}" for each in ("app", "worker", "jobs", "network")} <= names
