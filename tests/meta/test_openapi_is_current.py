"""The committed OpenAPI document is the one that the server would serve."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "docs" / "reference" / "openapi.json"
# How Flask begins a variable of a path: <uuid:
CONVERTER = re.compile("<(?:[a-z]+:)?")


@pytest.fixture(scope="module")
def document():
    return json.loads(COMMITTED.read_text())


def operations(document):
    methods = {"get", "put", "post", "delete", "patch"}
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in methods
    ]


def test_the_committed_document_is_the_generated_one():
    command = [sys.executable, "-m", "authserver", "openapi"]

    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert made.stdout == COMMITTED.read_text(), "Run `make reference`."


def test_the_server_serves_it_but_for_its_own_address(client, document):
    served = client.get("/api/openapi.json").json

    assert served | {"servers": None} == document | {"servers": None}


def test_it_is_of_the_version_that_it_says(document):
    assert document["openapi"] == "3.1.0"


def test_every_route_of_the_rest_api_is_in_it(app, document):
    served = {
        f"{method} {CONVERTER.sub('{', rule.rule).replace('>', '}')}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint != "api-docs.openapi_json" and not rule.endpoint.startswith("pages.")
    }

    assert served == {name for name, _ in operations(document)}


def test_every_operation_is_summed_up_in_a_sentence(document):
    unsaid = [name for name, each in operations(document) if not each.get("summary")]

    assert unsaid == []


def test_every_operation_has_a_name_of_its_own(document):
    """house.md, Names: operationId = verb_noun."""
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere(document):
    missing = []
    for reference in re.findall(r'"\$ref": ?"#/([^"]+)"', COMMITTED.read_text()):
        found = document
        for step in reference.split("/"):
            found = found.get(step, {})
        if not found:
            missing.append(reference)

    assert missing == []
