"""The image, without an engine that builds it: what its recipe says, tried out step by step.

The package is installed from the files that the recipe copies, and the server runs from there in a
file system whose root is read-only, with the folders that the image declares.
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from authserver.cli import healthcheck
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.storage.migrations import head_revision
from tests.deploy.conftest import ROOT
from tests.support.live_server import free_port

RECIPE = (ROOT / "Dockerfile").read_text()
INSTRUCTIONS = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", RECIPE, flags=re.MULTILINE)).splitlines()
ENTER = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs {temporary}
mount -o remount,bind,ro /
exec "$@"
"""


def instructions(name: str) -> list[str]:
    found = [line.split(None, 1)[1].strip() for line in INSTRUCTIONS if line.startswith(f"{name} ")]
    assert found, name
    return found


def copied() -> list[str]:
    """What the first stage copies out of the source."""
    first = RECIPE.split("\nFROM ")[1]
    return [word for line in re.findall(r"^COPY (.+) \S+$", first, re.M) for word in line.split()]


def test_the_last_user_is_not_root():
    assert instructions("USER")[-1] == "10001:10001"


def test_the_package_is_not_editable():
    assert not re.search(r"pip .*(-e|--editable)\b", RECIPE)


def test_dependencies_are_those_of_the_lock():
    (line,) = [line for line in instructions("RUN") if "requirements.txt" in line]

    assert "--require-hashes" in line


def test_whoever_looks_at_the_image_learns_what_it_is():
    labels = shlex.split(instructions("LABEL")[0])

    assert {label.partition("=")[0].rpartition(".")[2] for label in labels} >= {
        *("title", "description", "version", "revision"),
    }


def test_nothing_but_what_is_copied_gets_near_the_image():
    """No key, no .env, no history: .dockerignore names what may come."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()

    assert "*" in lines
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert allowed == {*copied(), "wsgi.py"}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as the image has it; the dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("image")
    for name in copied():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "venv" / "lib" / version / "site-packages"
    # A folder that is named so brings its packages, and not what makes a package editable.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--no-compile"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", *options, "."], cwd=folder, check=True, timeout=120)
    shutil.copytree(folder / "migrations", site / "migrations")
    return folder / "venv" / "bin"


@pytest.fixture(scope="module")
def environment(postgres: EmbeddedPostgres, programs: Path) -> dict[str, str]:
    """Settings as containers have them, a database of this test's own, and a folder for /tmp."""
    temporary = programs.parents[1] / "tmp"
    temporary.mkdir()
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(temporary),
        "AUTHSERVER_ISSUER": "https://id.example.com",
        "AUTHSERVER_DATABASE_URL": postgres.create_database("image"),
        "AUTHSERVER_KEY_ENCRYPTION_KEY": "A" * 43,
        "AUTHSERVER_KEYS_DIR": "/nowhere",
        "AUTHSERVER_BIND": f"127.0.0.1:{free_port()}",
        "AUTHSERVER_WORKERS": "1",
    }


def inside(environment: dict[str, str], *command: str) -> list[str]:
    """The command where nothing can be written to but memory at /dev/shm and in TMPDIR."""
    enter = ENTER.format(temporary=environment["TMPDIR"])
    space = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]
    return [*space, "sh", "-c", enter, "sh", "authserver", *command]


def answer(environment: dict[str, str], *command: str) -> str:
    """What a command says that ends well."""
    done = subprocess.run(
        inside(environment, *command),
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prepared(environment: dict[str, str]) -> str:
    return answer(environment, "migrate") + answer(environment, "bootstrap")


@pytest.fixture(scope="module")
def served(environment: dict[str, str], prepared: str) -> Iterator[str]:
    """The address of a server that is ready."""
    server = subprocess.Popen(
        inside(environment, "serve"),
        env=environment,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while ask(environment["AUTHSERVER_BIND"]) != 200:
            assert server.poll() is None, "it has ended"
            assert time.monotonic() < deadline, "it is not ready"
            time.sleep(0.1)
        yield environment["AUTHSERVER_BIND"]
    finally:
        # unshare passes no other signal on; all that is inside ends with it.
        server.kill()
        server.wait(20)


def ask(bind: str) -> int:
    with contextlib.suppress(OSError):
        return healthcheck.ask(bind, "/readyz")
    return 0


def test_the_migrations_are_found_beside_the_package(prepared):
    assert head_revision() in prepared


def test_the_package_is_the_installed_one(environment, programs):
    code = "import authserver; print(authserver.__file__)"
    done = subprocess.run(
        [str(programs / "python"), "-c", code], cwd="/", capture_output=True, text=True, timeout=20
    )

    assert Path(done.stdout.strip()).is_relative_to(programs.parent)


def test_the_server_needs_no_file_system_that_it_may_write_to(served):
    keys = requests.get(f"http://{served}/.well-known/jwks.json", timeout=5).json()

    assert {key["alg"] for key in keys["keys"]} == {"ES256", "RS256"}


def test_the_health_check_of_the_image_finds_the_server(served, environment):
    (declared,) = re.findall(r"CMD (\[.+\])", instructions("HEALTHCHECK")[0])
    program, *arguments = json.loads(declared)

    assert program == "authserver"
    assert answer(environment, *arguments)


def test_a_worker_does_its_jobs_with_a_read_only_root(environment, prepared):
    assert answer(environment, "worker", "--once") is not None


def test_a_root_that_can_be_written_to_would_be_noticed(environment):
    """The test's own test: the room in which the server ran is as read-only as it says."""
    target = Path(environment["TMPDIR"]).parent / "written"
    command = inside(environment)[:-1]

    done = subprocess.run([*command, "touch", str(target)], capture_output=True, timeout=20)

    assert done.returncode != 0
    assert not target.exists()
