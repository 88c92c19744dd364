""".github: who is told of new versions and of vulnerabilities, and that nothing is left out."""

from pathlib import Path

import pytest
import yaml

from tests.deploy.conftest import ROOT

DEPENDABOT = ROOT / ".github" / "dependabot.yml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
UPDATES = yaml.safe_load(DEPENDABOT.read_text())["updates"]


def folders(ecosystem: str) -> set[Path]:
    return {
        ROOT / folder.lstrip("/")
        for update in UPDATES
        if update["package-ecosystem"] == ecosystem
        for folder in update.get("directories", [update.get("directory")])
    }


def test_dependabot_can_read_what_it_is_told(check):
    done = check("check-jsonschema", "--builtin-schema", "vendor.dependabot", DEPENDABOT)

    assert done.returncode == 0, done.stdout


def test_workflows_are_what_github_allows(check):
    done = check("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("ecosystem", "file"),
    [
        ("pip", "requirements*.txt"),
        ("npm", "package-lock.json"),
        ("docker", "Dockerfile"),
        ("docker-compose", "compose.yaml"),
    ],
)
def test_each_list_of_dependencies_is_looked_at(ecosystem, file):
    """And each folder that is looked at has one."""
    hidden = {".venv", "node_modules", "var", ".git"}
    found = {
        path.parent for path in ROOT.rglob(file) if not hidden & set(path.relative_to(ROOT).parts)
    }

    assert found == folders(ecosystem)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_the_source_and_nothing_else(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}
