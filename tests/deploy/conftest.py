"""The programs that look at deploy/, in an environment of their own (requirements.in)."""

import contextlib
import fcntl
import functools
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_LOCK = Path(__file__).parent / "requirements.txt"
# moto pretends to know whoever says so.
_AWS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "none")
_AWS |= {"AWS_DEFAULT_REGION": "eu-central-1"}
_PATH = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of the programs; they are installed when the lock has changed."""
    folder = Path(sys.prefix) / "deploy"
    with _locked(folder.with_suffix(".lock")):
        mark = folder / sha256(_LOCK.read_bytes()).hexdigest()
        if not mark.exists():
            venv.create(folder, clear=True, with_pip=False)
            options = ["--quiet", "--no-compile", "--disable-pip-version-check", "--require-hashes"]
            pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
            subprocess.run(
                [*pip, "install", *options, "--requirement", str(_LOCK)], check=True, timeout=600
            )
            mark.touch()
    return folder / "bin"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Several processes may test at once; one of them installs."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def check(tools: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one of the programs; what it says is for the message of a failed test."""

    def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(tools / program), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    return run


@pytest.fixture(scope="session")
def account(tools: Path) -> Callable[..., dict[str, Any]]:
    """What is in an account of AWS after the commands of the README; parameters by name."""

    @functools.cache
    def make(root: Path = ROOT, **parameters: str) -> dict[str, Any]:
        given = [f"{name}={value}" for name, value in parameters.items()]
        command = [str(tools / "python"), "-m", "pretended_aws.account", str(root), *given]
        done = subprocess.run(
            command,
            cwd=Path(__file__).parent,
            env=os.environ | _AWS,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return make


@pytest.fixture(scope="session")
def helm() -> str:
    """Helm itself; where everything must hold, nothing is skipped."""
    program = shutil.which("helm", path=_PATH)
    if program is None:
        missing = "helm is missing: GOBIN=.venv/bin go install helm.sh/helm/v3/cmd/helm@v3.22.0"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return program


@pytest.fixture(scope="session")
def render(helm: str) -> Callable[..., list[dict[str, Any]]]:
    """The objects that the chart makes; ``overrides`` as for ``--set``."""

    @functools.cache
    def make(*overrides: str) -> list[dict[str, Any]]:
        values = ("issuer=https://id.example.com", "secrets.existingSecret=authserver", *overrides)
        options = [word for value in values for word in ("--set", value)]
        command = [helm, "template", "release", str(DEPLOY / "helm" / "authserver"), *options]
        done = subprocess.run(
            [*command, "--kube-version", "1.33.0"], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return [each for each in yaml.safe_load_all(done.stdout) if each]

    return make
