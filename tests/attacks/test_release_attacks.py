"""What is released and how it is set up: nothing unsafe starts, nothing foreign is loaded."""

import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from authserver.settings import SettingsError, load_settings
from tests.attacks.rows import attack

ROOT = Path(__file__).parents[2]
WEB = ROOT / "authserver" / "web"
SOUND = {
    "AUTHSERVER_ISSUER": "https://id.example.com",
    "AUTHSERVER_DATABASE_URL": "postgresql://localhost/authserver",
}
# A page loads what stands in these; a link only leads somewhere.
_LOADED = re.compile(
    r"""(?:src|data|poster|srcset)\s*=\s*["'](?P<src>[^"']*)|<link[^>]+href\s*=\s*["'](?P<href>[^"']*)"""
    r"""|url\(\s*["']?(?P<url>[^"')]*)|@import\s+["']?(?P<imported>[^"';]*)""",
    re.IGNORECASE,
)


@attack("OP-04")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTHSERVER_ISSUER", "http://id.example.com"),
        ("AUTHSERVER_CORS_ORIGINS", "*"),
        ("AUTHSERVER_SIGNING_ALGORITHMS", "none"),
        ("AUTHSERVER_SIGNING_ALGORITHMS", "ES256,HS256"),
        ("AUTHSERVER_ACCESS_TOKEN_TTL", "86400"),
        ("AUTHSERVER_REFRESH_LEEWAY", "3600"),
        ("AUTHSERVER_AUTHORIZATION_CODE_TTL", "86400"),
        ("AUTHSERVER_PASSWORD_HASH_MEMORY", "8"),
        ("AUTHSERVER_TRUSTED_PROXIES", "*"),
        ("AUTHSERVER_SECRET_KEY", "dev"),
    ],
)
def test_a_setting_that_is_unsafe_is_refused_by_its_name(monkeypatch, name, value):
    """Boulder, docs/config-validation.md: it does not start, and says which one."""
    for sound, text in SOUND.items():
        monkeypatch.setenv(sound, text)
    load_settings()
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert refusal.value.problems.keys() == {name}


@attack("OP-06")
def test_two_builds_of_the_wheel_are_the_same(tmp_path):
    """Reproducible: whoever builds it from the same source gets the same bytes."""
    digests = {sha256(build(tmp_path / name).read_bytes()).hexdigest() for name in ("one", "two")}

    assert len(digests) == 1


def build(folder: Path) -> Path:
    folder.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "authserver", folder / "authserver", ignore=ignored)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), "."]
    epoch = {"SOURCE_DATE_EPOCH": "1700000000", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    subprocess.run([*command, *options], cwd=folder, env=epoch, check=True, timeout=120)
    return next(folder.glob("*.whl"))


@attack("OP-07")
def test_pages_load_nothing_from_elsewhere():
    """A server of others that delivers a script or a style could read what people type."""
    files = [
        path
        for folder in ("templates", "static")
        for path in (WEB / folder).rglob("*")
        if path.suffix in (".html", ".css", ".js", ".svg")
    ]
    found = {
        (path.name, value)
        for path in files
        for match in _LOADED.finditer(path.read_text())
        for value in match.groups()
        if value and value.lstrip().startswith(("http:", "https:", "//"))
    }

    assert files
    assert found == set()


@attack("OP-07")
@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_the_policy_of_pages_lets_browsers_load_nothing_from_elsewhere(client, path):
    policy = client.get(path).headers["Content-Security-Policy"]

    sources = [source for part in policy.split(";") for source in part.split()[1:]]
    assert "default-src 'none'" in policy
    assert [source for source in sources if "://" in source or source == "*"] == []
