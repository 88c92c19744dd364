"""deploy/aws: what the templates promise, whatever is made of them.

The seed's section on security, as policies: nobody may everything, nothing rests or travels in the
clear, no data can be reached from outside.
"""

import pytest

from tests.deploy.templates import (
    FOLDER,
    NAMES,
    as_list,
    containers,
    functions,
    properties,
    resources,
    statements,
    template,
)
from tests.deploy.test_compose import KNOWN, SECRETS

# What knows no narrower resource, by the reference of AWS.
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
}


def test_there_is_no_template_that_nobody_tests():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(NAMES)


def test_the_linter_of_cloudformation_finds_nothing(check):
    done = check("cfn-lint", "--", *sorted(FOLDER.glob("*.yaml")))

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_template_can_be_read_in_one_go(name):
    assert len((FOLDER / f"{name}.yaml").read_text().splitlines()) < 500


def test_what_is_imported_was_exported_before():
    exported: set[str] = set()
    for name in NAMES:
        imported = {each["Fn::Sub"] for each in functions(template(name), "Fn::ImportValue")}
        assert imported <= exported, name
        outputs = template(name)["Outputs"].values()
        exported |= {each["Export"]["Name"]["Fn::Sub"] for each in outputs if "Export" in each}


# Who may do what ---------------------------------------------------------------------------------


def test_nobody_may_do_whatever_begins_with_a_word():
    for name, statement in statements():
        assert not [each for each in as_list(statement["Action"]) if "*" in each], name


def test_resources_are_named_where_they_can_be():
    for name, statement in statements():
        is_role = "Principal" not in statement
        if is_role and "*" in as_list(statement["Resource"]):
            assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCE, name


def test_nobody_unknown_is_allowed_anything():
    for name, statement in statements():
        assert statement.get("Principal") not in ("*", {"AWS": "*"}), name


def test_a_role_of_ecs_is_for_this_account():
    """Another account may not let ECS take it: the confused deputy."""
    roles = properties("AWS::IAM::Role").items()
    for name, role in roles:
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"]["Service"].startswith("ecs"):
            condition = statement["Condition"]["StringEquals"]
            assert condition == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}, name


def test_the_processes_may_do_nothing_in_the_account():
    assert "Policies" not in properties("AWS::IAM::Role")["cluster.TaskRole"]


def test_whoever_starts_a_task_may_read_the_secrets_that_tasks_have_and_no_other():
    given = {
        imported["Fn::Sub"]
        for container in containers()
        for imported in functions(container["Secrets"], "Fn::ImportValue")
    }
    (allowed,) = (
        statement["Resource"]
        for name, statement in statements()
        if name == "cluster.ExecutionRole"
        and statement["Action"] == "secretsmanager:GetSecretValue"
    )

    assert {each["Fn::ImportValue"]["Fn::Sub"] for each in allowed} == given


# At rest and on the way --------------------------------------------------------------------------


def test_databases_are_encrypted():
    for name, database in properties("AWS::RDS::DBInstance").items():
        # A replica is as its source is; CloudFormation takes no word about it.
        assert database.get("StorageEncrypted") is True or "SourceDBInstanceIdentifier" in database
        assert database["PubliclyAccessible"] is False, name
        assert database["DeletionProtection"] is True, name


def test_the_database_speaks_tls_only():
    (group,) = properties("AWS::RDS::DBParameterGroup").values()

    assert group["Parameters"]["rds.force_ssl"] == "1"
    assert template("data")["Parameters"]["DatabaseOptions"]["Default"] == "sslmode=require"


def test_the_cache_is_encrypted_and_asks_for_a_token():
    (cache,) = properties("AWS::ElastiCache::ReplicationGroup").values()

    assert cache["AtRestEncryptionEnabled"] is True
    assert cache["TransitEncryptionEnabled"] is True
    assert cache["TransitEncryptionMode"] == "required"
    assert "resolve:secretsmanager" in cache["AuthToken"]["Fn::Sub"]


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::RDS::DBInstance", "KmsKeyId"),
    ],
)
def test_it_rests_under_our_key(kind, member):
    for name, found in properties(kind).items():
        if "SourceDBInstanceIdentifier" not in found:
            assert "Key" in str(found[member]), name


def test_logs_are_forgotten_some_day():
    assert all("RetentionInDays" in each for each in properties("AWS::Logs::LogGroup").values())


def test_buckets_are_encrypted_and_never_public():
    for name, bucket in properties("AWS::S3::Bucket").items():
        assert bucket["BucketEncryption"], name
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name


def test_plain_http_is_answered_with_a_redirect_and_nothing_else():
    for name, listener in properties("AWS::ElasticLoadBalancingV2::Listener").items():
        if listener["Protocol"] != "HTTPS":
            (action,) = listener["DefaultActions"]
            assert action["RedirectConfig"]["Protocol"] == "HTTPS", name
        else:
            assert "TLS13-1-2" in listener["SslPolicy"], name


# The network -------------------------------------------------------------------------------------


def test_only_the_load_balancer_that_faces_the_internet_can_be_reached_from_it():
    rules = list(resources("AWS::EC2::SecurityGroupIngress").items())
    inline = properties("AWS::EC2::SecurityGroup").items()

    assert not [
        name
        for name, group in inline
        for rule in group.get("SecurityGroupIngress", [])
        if "SourceSecurityGroupId" not in rule
    ]
    for name, rule in rules:
        if rule["Properties"].get("CidrIp") == "0.0.0.0/0":
            assert rule["Condition"] == "FacesInternet", name
            assert rule["Properties"]["ToPort"] in (80, 443), name


def test_data_is_asked_by_the_tasks_only_and_asks_nobody():
    groups = properties("AWS::EC2::SecurityGroup")
    for name in ("network.DatabaseGroup", "network.CacheGroup"):
        (rule,) = groups[name]["SecurityGroupIngress"]
        (out,) = groups[name]["SecurityGroupEgress"]
        assert rule["SourceSecurityGroupId"] == {"Ref": "TaskGroup"}
        assert out["CidrIp"] == "127.0.0.1/32"


def test_no_task_has_a_public_address():
    for name, service in properties("AWS::ECS::Service").items():
        network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "DISABLED", name
        assert all("Private" in str(subnet) for subnet in network["Subnets"]), name


# Containers and secrets --------------------------------------------------------------------------


def test_containers_write_to_no_file_and_have_no_rights():
    for container in containers():
        assert container["ReadonlyRootFilesystem"] is True
        assert container["User"] == "10001:10001"
        assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
        assert not container.get("Privileged")


def test_settings_exist_and_secrets_are_no_values():
    for container in containers():
        values = {each["Name"] for each in container["Environment"]}
        secrets = {each["Name"] for each in container["Secrets"]}
        assert values | secrets <= KNOWN
        assert secrets == {
            f"AUTHSERVER_{name}"
            for name in SECRETS & {"DATABASE_URL", "REDIS_URL", "KEY_ENCRYPTION_KEY"}
        }


def test_no_secret_is_a_parameter_or_stands_in_a_template():
    for name in NAMES:
        for parameter in template(name)["Parameters"]:
            assert not {"Password", "Secret", "Token"} & {parameter}, parameter
    for name, secret in properties("AWS::SecretsManager::Secret").items():
        text = str(secret.get("SecretString", "{{resolve:secretsmanager:"))
        assert "GenerateSecretString" in secret or "{{resolve:secretsmanager:" in text, name


def test_the_key_encryption_key_outlives_the_stack():
    """Without it no signing key opens, in no backup either."""
    secret = resources("AWS::SecretsManager::Secret")["data.KeyEncryptionKeySecret"]

    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"


# The edge ----------------------------------------------------------------------------------------


def distribution() -> dict:
    (found,) = properties("AWS::CloudFront::Distribution").values()
    config: dict = found["DistributionConfig"]
    return config


def test_cloudfront_keeps_public_documents_and_nothing_else():
    behaviours = distribution()["CacheBehaviors"]
    (policy,) = properties("AWS::CloudFront::CachePolicy").values()

    assert {each["PathPattern"] for each in behaviours} == {"/.well-known/*", "/static/*"}
    assert policy["CachePolicyConfig"]["DefaultTTL"] == policy["CachePolicyConfig"]["MinTTL"] == 0
    # The managed policy CachingDisabled.
    default = distribution()["DefaultCacheBehavior"]["CachePolicyId"]
    assert default == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def test_cloudfront_gives_nobody_the_error_of_another():
    lasting = [
        e["ErrorCode"] for e in distribution()["CustomErrorResponses"] if e["ErrorCachingMinTTL"]
    ]

    assert lasting == []
    assert {400, 404, 503} <= {each["ErrorCode"] for each in distribution()["CustomErrorResponses"]}


def test_cloudfront_speaks_https_on_both_sides():
    behaviours = [distribution()["DefaultCacheBehavior"], *distribution()["CacheBehaviors"]]
    (origin,) = properties("AWS::CloudFront::VpcOrigin").values()

    assert {each["ViewerProtocolPolicy"] for each in behaviours} == {"redirect-to-https"}
    assert origin["VpcOriginEndpointConfig"]["OriginProtocolPolicy"] == "https-only"
    assert distribution()["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution()["WebACLId"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
