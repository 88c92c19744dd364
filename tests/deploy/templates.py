"""The templates of CloudFormation as data: what every policy asks of them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "aws"
# In the order in which they are deployed.
NAMES = ("network", "data", "balancer", "cluster", "monitoring", "service", "edge")


class _Loader(yaml.SafeLoader):
    """With the short forms of functions as their long ones."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


@cache
def template(name: str) -> dict[str, Any]:
    text = (FOLDER / f"{name}.yaml").read_text()
    found: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return found


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The resources of a kind in all templates, by template and name; never none."""
    found = {
        f"{name}.{key}": resource
        for name in NAMES
        for key, resource in template(name)["Resources"].items()
        if resource["Type"] == kind
    }
    assert found, kind
    return found


def properties(kind: str) -> dict[str, dict[str, Any]]:
    return {name: resource["Properties"] for name, resource in resources(kind).items()}


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement that allows somebody something, with the name of its resource."""
    documents = [
        *((name, role["AssumeRolePolicyDocument"]) for name, role in _of("AWS::IAM::Role")),
        *(
            (name, policy["PolicyDocument"])
            for name, role in _of("AWS::IAM::Role")
            for policy in role.get("Policies", [])
        ),
        *((name, key["KeyPolicy"]) for name, key in _of("AWS::KMS::Key")),
        *((name, bucket["PolicyDocument"]) for name, bucket in _of("AWS::S3::BucketPolicy")),
    ]
    for name, document in documents:
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                yield name, statement


def _of(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return list(properties(kind).items())


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def containers() -> list[dict[str, Any]]:
    found = [
        container
        for definition in properties("AWS::ECS::TaskDefinition").values()
        for container in definition["ContainerDefinitions"]
    ]
    assert len(found) == 3
    return found


def functions(value: Any, name: str) -> Iterator[Any]:
    """What the function is called with, wherever it is in the value."""
    if isinstance(value, dict):
        if name in value:
            yield value[name]
        for member in value.values():
            yield from functions(member, name)
    elif isinstance(value, list):
        for member in value:
            yield from functions(member, name)
