"""Each message of the pages is there in each language, and what is committed is up to date."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from authserver.web.languages import DEFAULT, LANGUAGES, TRANSLATIONS

PAGES = TRANSLATIONS.parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
TRANSLATED = [language for language in LANGUAGES if language != DEFAULT]
in_each_language = pytest.mark.parametrize("language", TRANSLATED)


@pytest.fixture(scope="module")
def messages() -> set[str]:
    """What the pages say, as they say it."""
    found = extract_from_dir(PAGES, METHODS, keywords={"_": None, "gettext": None})
    return {message for _, _, message, _, _ in found}


def folder_of(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES"


def catalogue(language: str) -> Catalog:
    with (folder_of(language) / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def translations(catalogue: Catalog) -> dict[str, str]:
    return {message.id: message.string for message in catalogue if message.id}


def test_there_are_messages(messages):
    assert len(messages) > 50


def test_no_catalogue_is_forgotten():
    assert {path.name for path in TRANSLATIONS.iterdir() if path.is_dir()} == set(TRANSLATED)


@in_each_language
def test_every_message_is_translated(messages, language):
    translated = translations(catalogue(language))

    assert [each for each in sorted(messages) if not translated.get(each)] == []


@in_each_language
def test_nothing_is_translated_that_is_not_said_any_more(messages, language):
    assert [each for each in translations(catalogue(language)) if each not in messages] == []


@in_each_language
def test_no_translation_is_a_guess(language):
    assert [each.id for each in catalogue(language) if each.id and each.fuzzy] == []


@in_each_language
def test_what_is_filled_in_is_the_same(language):
    """A name that the translation does not know would be a crash of the page."""
    wrong = [
        message
        for message, translated in translations(catalogue(language)).items()
        if sorted(PLACEHOLDER.findall(message)) != sorted(PLACEHOLDER.findall(translated))
    ]

    assert wrong == []


@in_each_language
def test_what_is_compiled_is_what_is_written(language):
    """``make translations`` compiles; a clone works without it."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)

    with (folder_of(language) / "messages.mo").open("rb") as file:
        committed = translations(read_mo(file))

    assert committed == translations(read_mo(compiled))


def test_templates_say_nothing_by_themselves():
    """Text between tags is always a message; what is left are names and marks."""
    loose = re.compile(r">\s*([A-Za-z][^<>{}]*)<")

    said = {
        path.name: found
        for path in sorted((PAGES / "templates").glob("*.html"))
        if (found := loose.findall(path.read_text()))
    }

    assert said == {}
