"""A type of resource that moto's CloudFormation does not make, or only in part.

It is made by the call of the API that CloudFormation makes, so that botocore and moto judge the
properties.
"""

import json
import re
from typing import Any

import boto3
from moto.core.common_models import CloudFormationModel

# What the APIs were asked for, by type of resource: moto forgets some of it.
ASKED: dict[str, list[dict[str, Any]]] = {}
_REFERENCE = re.compile(r"{{resolve:secretsmanager:(.+?):SecretString:(\w+)}}")


class ApiResource(CloudFormationModel):
    """A resource that one call of an API makes."""

    kind = service = operation = ""
    # Where the answer has what ``Ref`` gives; or which property it is.
    reference = ""
    # The names that ``Fn::GetAtt`` takes, each with its place there.
    attributes: tuple[tuple[str, str], ...] = ()

    def __init__(self, identity: str, found: dict[str, str]) -> None:
        self.physical_resource_id = identity
        self._found = found

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.kind

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in dict(cls.attributes)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        # In Fn::Sub moto cuts Endpoint.Address at its dot.
        return next(
            value
            for name, value in self._found.items()
            if name == attribute_name or name.startswith(f"{attribute_name}.")
        )

    @classmethod
    def arguments(cls, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        """What the API is told; by default what the template says."""
        return properties

    @classmethod
    def operation_for(cls, arguments: dict[str, Any]) -> str:
        return cls.operation

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, _: str, region: str, **__: Any
    ) -> "ApiResource":
        client = boto3.client(cls.service, region_name=region)
        arguments = cls.arguments(resource_name, resolved(cloudformation_json["Properties"]))
        operation = cls.operation_for(arguments)
        ASKED.setdefault(cls.kind, []).append(arguments)
        answer = getattr(client, operation)(**arguments)
        everything = arguments | answer
        found = {name: str(at(everything, path)) for name, path in cls.attributes}
        identity = str(at(everything, cls.reference))
        cls.finish(client, identity, cloudformation_json["Properties"], found)
        return cls(identity, found)

    @classmethod
    def finish(
        cls, client: Any, identity: str, properties: dict[str, Any], found: dict[str, str]
    ) -> None:
        """What else CloudFormation asks of the API."""


def at(members: Any, path: str) -> Any:
    for step in path.split("."):
        members = members[int(step) if step.isdigit() else step]
    return members


def resolved(value: Any) -> Any:
    """The value, with the secrets and the names of the resources that it refers to."""
    if isinstance(value, dict):
        return {name: resolved(member) for name, member in value.items()}
    if isinstance(value, list):
        return [resolved(member) for member in value]
    if isinstance(value, str):
        return _REFERENCE.sub(_secret, value)
    # For some types moto gives the resource in place of its name.
    return value.name if isinstance(value, CloudFormationModel) else value


def _secret(match: re.Match[str]) -> str:
    client = boto3.client("secretsmanager")
    text = client.get_secret_value(SecretId=match[1])["SecretString"]
    return str(json.loads(text)[match[2]])


def numbers(properties: dict[str, Any], *names: str) -> dict[str, Any]:
    """Parameters of a stack are texts."""
    return properties | {name: float(properties[name]) for name in names if name in properties}


def lower(value: Any) -> Any:
    """Some APIs begin their names with a small letter."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: lower(member) for name, member in value.items()}
    return [lower(member) for member in value] if isinstance(value, list) else value
