"""The catalogue of errors: each has a code, a sentence, a status, an OAuth code, and a page."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from authserver import errors
from authserver.errors import AppError, RateLimited
from authserver.http.problems import STATUS_BY_KIND, status_of
from authserver.oauth.errors import TABLE, ProtocolError, registered_code
from authserver.web.errors import error_page
from authserver.web.languages import LANGUAGES
from authserver.web.texts import text_of

# RFC 6749, section 5.2: what error_description may hold.
DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5B\x5D-\x7E]+")
CODE = re.compile(r"[a-z]+(_[a-z]+)*")
# RFC 6749, sections 4.1.2.1 and 5.2; RFC 6750, section 3.1; RFC 7591, section 3.2.2; RFC 8707,
# section 2; OpenID Connect Core 1.0, section 3.1.2.6; OpenID Connect Core Error Code
# unmet_authentication_requirements 1.0.
REGISTERED = {
    *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client"),
    *("unsupported_grant_type", "invalid_scope", "access_denied", "temporarily_unavailable"),
    *("invalid_token", "insufficient_scope"),
    *("invalid_client_metadata", "invalid_redirect_uri", "invalid_target"),
    *("invalid_software_statement", "unapproved_software_statement"),
    *("unsupported_response_type", "login_required", "consent_required"),
    *("account_selection_required", "unmet_authentication_requirements"),
    *("invalid_request_object", "invalid_request_uri", "request_not_supported"),
    *("request_uri_not_supported", "registration_not_supported"),
}


def family(kind: type[AppError]) -> Iterator[type[AppError]]:
    for child in kind.__subclasses__():
        yield child
        yield from family(child)


CATALOGUE = sorted(set(family(AppError)), key=lambda kind: kind.__name__)
of_each = pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.__name__)


def made(kind: type[AppError]) -> AppError:
    return kind(7) if issubclass(kind, RateLimited) else kind()


def test_all_errors_are_in_the_catalogue():
    assert {kind.__module__ for kind in CATALOGUE} == {errors.__name__}


def test_no_two_errors_have_one_code():
    codes = [kind.code for kind in CATALOGUE]

    assert sorted(codes) == sorted(set(codes))


@of_each
def test_each_has_a_code_for_programs(kind):
    assert CODE.fullmatch(kind.code)


@of_each
def test_each_has_a_sentence_for_people(kind):
    assert kind.message.endswith(".")
    assert kind.message[0].isupper()


@of_each
def test_its_sentence_may_stand_in_error_description(kind):
    """RFC 6749, section 5.2: no quotes, no backslashes, ASCII only."""
    assert DESCRIPTION.fullmatch(kind.message)
    assert DESCRIPTION.fullmatch(ProtocolError(made(kind)).description)


@of_each
def test_each_has_a_status_at_the_rest_api(kind):
    assert 400 <= status_of(made(kind)) <= 503


def test_every_kind_has_a_status_of_its_own():
    assert set(STATUS_BY_KIND) == set(AppError.__subclasses__())
    assert len(set(STATUS_BY_KIND.values())) == len(STATUS_BY_KIND)


@of_each
def test_each_has_a_row_of_its_kind_at_the_oauth_endpoints(kind):
    """A row that says something: not the last one, which is for what was forgotten."""
    matched = next(row for row in TABLE if issubclass(kind, row[0]))

    assert matched[0] is not AppError


@of_each
def test_its_oauth_code_is_registered(kind):
    code, status = registered_code(made(kind))

    assert code in REGISTERED
    assert 400 <= status <= 503


@of_each
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_a_page(app, kind, language):
    """What it says is for the person, in their language; the code and the id are for others."""
    address = {"REMOTE_ADDR": "192.0.2.1", "authserver.request_id": "the-id-of-the-request"}
    headers = {"Accept-Language": language}
    with app.test_request_context("/sign-in", headers=headers, environ_overrides=address):
        page = error_page(made(kind))
        text = page.get_data(as_text=True)

    assert page.status_code == status_of(made(kind))
    assert f'<html lang="{language}">' in text
    assert 'id="error"' in text
    assert "the-id-of-the-request" in text
    assert ("Retry-After" in page.headers) == (page.status_code in (429, 503))


def test_the_pages_of_all_kinds_say_something_of_their_own():
    """Else one text would be told for two facts."""
    titles = {str(text_of("", status)[0]) for status in STATUS_BY_KIND.values() if status != 412}

    assert len(titles) == len(STATUS_BY_KIND) - 1


def test_no_row_hides_another():
    """The first row that fits speaks: a kind may not stand before its children."""
    hidden = [
        f"{later.__name__} behind {earlier.__name__}"
        for index, (earlier, *_) in enumerate(TABLE)
        for later, *_ in TABLE[index + 1 :]
        if issubclass(later, earlier)
    ]

    assert hidden == []


def hints() -> Iterator[tuple[str, str]]:
    """Every hint that the code writes, and where."""
    for path in sorted(Path(errors.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for keyword in getattr(node, "keywords", ()):
                if keyword.arg == "hint":
                    parts = ast.walk(keyword.value)
                    said = [part.value for part in parts if isinstance(part, ast.Constant)]
                    text = "".join(each for each in said if isinstance(each, str))
                    if text:
                        yield f"{path.name}:{node.lineno}", text


@pytest.mark.parametrize(("place", "hint"), list(hints()))
def test_a_hint_may_stand_in_error_description(place, hint):
    """RFC 6749, section 5.2."""
    assert DESCRIPTION.fullmatch(hint)
    assert hint.endswith(".")
