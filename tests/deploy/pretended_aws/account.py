"""An account of AWS, pretended by moto, in which the stacks are deployed as the README says.

Run by the interpreter of the tools, which has moto and boto3: ``account.py ROOT [NAME=VALUE ...]``
prints as JSON what is there in the end. The values are added to the parameters of every stack that
knows them. A command of the README that this file does not understand is an error.
"""

import json
import re
import shlex
import string
import sys
import warnings
from pathlib import Path
from typing import Any

import boto3
import yaml
from moto import mock_aws
from pretended_aws.api_resource import ASKED
from pretended_aws.resource_types import register

REGION = "eu-central-1"
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_OUTPUT = re.compile(r"\$\(output (\w+) (\w+)\)")
_ASSIGNMENT = re.compile(r"([A-Z_]+)=(\S+)")


class _Loader(yaml.SafeLoader):
    """Templates as data; what their short functions mean does not matter here."""


_Loader.add_multi_constructor("!", lambda *_: None)


class Shell:
    """As much of a shell as the README needs."""

    def __init__(self, root: Path, overrides: dict[str, str]) -> None:
        self._root = root
        self._overrides = overrides
        # What an operator has before the first stack.
        self._given = {"PREFIX_LIST": "pl-11111111", "CERTIFICATE": _certificate()}
        self._variables = dict(self._given)
        self.deployed: list[str] = []

    def follow(self, readme: str) -> None:
        for block in _BLOCK.findall(readme):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("export "):
                    self._assign(line)
                elif line.startswith("aws cloudformation deploy"):
                    self._deploy(shlex.split(self._filled(line)))

    def _assign(self, line: str) -> None:
        text = _OUTPUT.sub(lambda match: self._output(match[1], match[2]), line)
        for name, value in _ASSIGNMENT.findall(text):
            if name not in self._given:
                self._variables[name] = value

    def _filled(self, line: str) -> str:
        return string.Template(line).substitute(self._variables)

    def _output(self, stack: str, key: str) -> str:
        client = boto3.client("cloudformation")
        name = f"{self._variables['NAME']}-{stack}"
        found = client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        return str(next(each["OutputValue"] for each in found if each["OutputKey"] == key))

    def _deploy(self, words: list[str]) -> None:
        options: dict[str, list[str]] = {}
        for word in words[3:]:
            if word.startswith("--"):
                options[word] = values = []
            else:
                values.append(word)
        (name,), (file,) = options["--stack-name"], options["--template-file"]
        template = (self._root / file).read_text()
        known = yaml.load(template, _Loader)["Parameters"]  # noqa: S506 - a SafeLoader
        given = dict(word.split("=", 1) for word in options["--parameter-overrides"])
        given |= {key: value for key, value in self._overrides.items() if key in known}
        client = boto3.client("cloudformation", region_name=options.get("--region", [REGION])[0])
        client.create_stack(
            StackName=name,
            TemplateBody=template,
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
            Capabilities=options.get("--capabilities", []),
        )
        status = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        assert status == "CREATE_COMPLETE", f"{name}: {status}"
        self.deployed.append(name)


def _certificate() -> str:
    answer = boto3.client("acm").request_certificate(DomainName="id.example.com")
    return str(answer["CertificateArn"])


def listed(service: str, operation: str, member: str, **arguments: Any) -> list[Any]:
    answer = getattr(boto3.client(service), operation)(**arguments)
    return list(answer[member])


def web_acls(scope: str, region: str) -> list[Any]:
    client = boto3.client("wafv2", region_name=region)
    return [
        client.get_web_acl(Scope=scope, Name=each["Name"], Id=each["Id"])["WebACL"]
        for each in client.list_web_acls(Scope=scope)["WebACLs"]
    ]


def balancer() -> dict[str, Any]:
    found = listed("elbv2", "describe_load_balancers", "LoadBalancers")[0]
    arn = {"LoadBalancerArn": found["LoadBalancerArn"]}
    attributes = listed("elbv2", "describe_load_balancer_attributes", "Attributes", **arn)
    listeners = listed("elbv2", "describe_listeners", "Listeners", **arn)
    rules = [
        rule
        for listener in listeners
        for rule in listed("elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"])
    ]
    return {
        "balancer": found,
        "balancer_attributes": {each["Key"]: each["Value"] for each in attributes},
        "listeners": listeners,
        "rules": rules,
        "target_groups": listed("elbv2", "describe_target_groups", "TargetGroups"),
        "web_acls": web_acls("REGIONAL", REGION) + web_acls("CLOUDFRONT", "us-east-1"),
    }


def containers(cluster: str) -> dict[str, Any]:
    services = listed("ecs", "list_services", "serviceArns", cluster=cluster)
    families = listed("ecs", "list_task_definitions", "taskDefinitionArns")
    definitions = [
        boto3.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
        for arn in families
    ]
    by_namespace = {"ServiceNamespace": "ecs"}
    scaling = "application-autoscaling"
    return {
        # moto forgets how a service is deployed.
        "asked_services": ASKED["AWS::ECS::Service"],
        "services": listed(
            "ecs", "describe_services", "services", cluster=cluster, services=services
        ),
        "task_definitions": definitions,
        "scalable_targets": listed(
            scaling, "describe_scalable_targets", "ScalableTargets", **by_namespace
        ),
        "scaling_policies": listed(
            scaling, "describe_scaling_policies", "ScalingPolicies", **by_namespace
        ),
        "namespaces": listed("servicediscovery", "list_namespaces", "Namespaces"),
        "discovered": listed("servicediscovery", "list_services", "Services"),
    }


def data() -> dict[str, Any]:
    secrets = listed("secretsmanager", "list_secrets", "SecretList")
    client = boto3.client("secretsmanager")
    return {
        "databases": listed("rds", "describe_db_instances", "DBInstances"),
        "caches": listed("elasticache", "describe_replication_groups", "ReplicationGroups"),
        "repositories": listed("ecr", "describe_repositories", "repositories"),
        "secrets": {
            each["Name"]: client.get_secret_value(SecretId=each["ARN"])["SecretString"]
            for each in secrets
        },
        "secret_keys": {each["Name"]: each.get("KmsKeyId") for each in secrets},
        "key_rotates": [
            boto3.client("kms").get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
            for key in listed("kms", "list_keys", "Keys")
        ],
    }


def network() -> dict[str, Any]:
    (vpc,) = listed(
        "ec2", "describe_vpcs", "Vpcs", Filters=[{"Name": "cidr", "Values": ["10.80.0.0/16"]}]
    )
    inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    return {
        "subnets": listed("ec2", "describe_subnets", "Subnets", Filters=inside),
        "route_tables": listed("ec2", "describe_route_tables", "RouteTables", Filters=inside),
        "groups": listed("ec2", "describe_security_groups", "SecurityGroups", Filters=inside),
        "log_groups": listed("logs", "describe_log_groups", "logGroups"),
        "alarms": listed("cloudwatch", "describe_alarms", "MetricAlarms"),
        "topics": listed("sns", "list_topics", "Topics"),
        "subscriptions": listed("sns", "list_subscriptions", "Subscriptions"),
    }


def main(root: Path, overrides: dict[str, str]) -> dict[str, Any]:
    with mock_aws(), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        register()
        shell = Shell(root, overrides)
        shell.follow((root / "deploy" / "aws" / "README.md").read_text())
        texts = [str(each.message) for each in told]
        strange = sorted({text.split()[3] for text in texts if "not supported by moto" in text})
        found = network() | data() | balancer() | containers("authserver")
    return found | {"deployed": shell.deployed, "strange": strange}


if __name__ == "__main__":
    given = dict(word.split("=", 1) for word in sys.argv[2:])
    print(json.dumps(main(Path(sys.argv[1]), given), default=str))  # noqa: T201 - its answer
