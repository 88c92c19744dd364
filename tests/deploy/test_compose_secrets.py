"""deploy/compose: what make-secrets makes is what the settings, Valkey and nginx take."""

import re
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from redis import Redis

from authserver.devservices.redis import EmbeddedValkey
from authserver.settings import load_settings
from authserver.signing.keystores import load_key_store
from tests.deploy.conftest import DEPLOY

SCRIPT = DEPLOY / "compose" / "make-secrets"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())


def make(folder: Path) -> None:
    subprocess.run([str(SCRIPT), str(folder)], check=True, capture_output=True, timeout=20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "secrets"
    make(path)
    return path


def test_the_settings_are_valid_with_the_secrets(folder, monkeypatch):
    monkeypatch.setenv("AUTHSERVER_ISSUER", "https://id.example.com")
    for name in ("database_url", "redis_url", "key_encryption_key"):
        monkeypatch.setenv(f"AUTHSERVER_{name.upper()}_FILE", str(folder / name))

    settings = load_settings()

    assert urlsplit(settings.database_url).hostname in COMPOSE["services"]
    assert urlsplit(settings.redis_url).hostname in COMPOSE["services"]
    assert load_key_store(folder, settings.key_encryption_key).derive(b"purpose")


def test_the_password_in_the_address_is_that_of_the_database(folder):
    address = urlsplit((folder / "database_url").read_text().strip())

    assert address.password == (folder / "postgres_password").read_text().strip()
    assert len(address.password) >= 32


def test_a_second_run_changes_nothing(folder):
    before = {path.name: path.read_text() for path in folder.iterdir()}

    make(folder)

    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_two_installations_have_nothing_in_common(folder, tmp_path):
    make(tmp_path / "other")

    for path in folder.iterdir():
        assert path.read_text() != (tmp_path / "other" / path.name).read_text()


def test_nobody_else_gets_into_the_folder(folder):
    """Its files are readable, because each container has a user of its own."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_each_secret_of_compose_is_made_but_the_certificate(folder):
    named = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}

    assert named - {path.name for path in folder.iterdir()} == {"tls.crt", "tls.key"}


def test_valkey_takes_its_configuration_and_asks_for_the_password(folder):
    """The lines are given to a running server, as far as it lets itself be told."""
    address = urlsplit((folder / "redis_url").read_text().strip())
    lines = [line.split(" ", 1) for line in (folder / "valkey.conf").read_text().splitlines()]

    with EmbeddedValkey(folder) as server, Redis.from_url(server.url) as redis:
        for name, value in lines:
            redis.config_set(name, value.strip('"'))
        redis.config_set("protected-mode", "no")

        redis.execute_command("AUTH", address.password)
        assert redis.ping()
        assert redis.config_get("requirepass") == {"requirepass": address.password}


def test_the_proxy_gets_the_configuration_with_the_address_of_the_app(tmp_path):
    """The command of the container, with files of the test's own."""
    (command,) = COMPOSE["services"]["proxy"]["command"]
    source = DEPLOY / "nginx" / "authserver.conf"
    rewrite = command.partition(";exec")[0].partition("; exec")[0]
    for old, new in {
        "/etc/authserver/authserver.conf": source,
        "/etc/nginx/conf.d/default.conf": tmp_path / "default.conf",
    }.items():
        assert old in rewrite
        rewrite = rewrite.replace(old, str(new))

    subprocess.run(["/bin/sh", "-ec", rewrite], check=True, timeout=20)

    before, after = source.read_text(), (tmp_path / "default.conf").read_text()
    assert re.findall(r"^ +server .*?;", after, re.MULTILINE) == ["    server app:8000;"]
    assert after.replace("server app:8000;", "server 127.0.0.1:8000;") == before


def test_the_certificate_is_where_the_configuration_looks_for_it():
    text = (DEPLOY / "nginx" / "authserver.conf").read_text()
    targets = {each["target"] for each in COMPOSE["services"]["proxy"]["secrets"]}

    assert set(re.findall(r"ssl_certificate(?:_key)? (\S+?);", text)) == targets
