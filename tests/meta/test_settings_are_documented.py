"""Every setting says what it means, and its own default is allowed."""

import dataclasses
from pathlib import Path

import pytest

from authserver.cli.reference import settings_reference
from authserver.settings import Settings, variable_name, variables

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
of_each = pytest.mark.parametrize("field", variables(), ids=lambda field: field.name)
WITH_DEFAULT = [field for field in variables() if field.default is not dataclasses.MISSING]


@of_each
def test_each_setting_has_a_sentence(field):
    doc = field.metadata["doc"]

    assert doc.endswith(".")
    assert len(doc) > 10


@of_each
def test_each_setting_is_in_the_reference(field):
    assert f"`{variable_name(field)}`" in REFERENCE.read_text()


def test_the_reference_is_the_one_that_is_generated():
    assert REFERENCE.read_text() == settings_reference(), "Run `make reference`."


@pytest.mark.parametrize("field", WITH_DEFAULT, ids=lambda field: field.name)
def test_a_default_is_a_value_that_is_allowed(field):
    check = field.metadata["check"]

    if check:
        check(field.default)
    assert check or field.metadata["kind"] in ("str", "path", "bool", "list", "int")


def test_only_what_nobody_can_guess_is_required():
    """experience.md, First run: as few as can be."""
    required = {field.name for field in variables()} - {field.name for field in WITH_DEFAULT}

    assert required == {"issuer", "database_url"}


def test_what_holds_a_secret_may_come_from_a_file():
    """experience.md, Configuration."""
    secret = {field.name for field in variables() if field.metadata["secret"]}

    assert secret >= {"database_url", "redis_url", "key_encryption_key"}


def test_a_setting_cannot_be_changed_once_it_is_read():
    settings = Settings(issuer="https://id.example", database_url="postgresql://x/y")

    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.issuer = "https://evil.example"
