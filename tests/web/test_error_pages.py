"""Errors as people see them, and where programs get something else."""

import pytest
from structlog.testing import capture_logs

from authserver.app import assemble
from authserver.storage.db import Database
from authserver.wiring import build
from tests.support.authorization_answers import AuthorizationAnswer

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def without_database(make_settings):
    """A server whose PostgreSQL has gone away."""
    settings = make_settings(database_url="postgresql://nobody@127.0.0.1:9/nothing", redis_url="")
    services = build(settings)
    yield assemble(settings, services).test_client()
    services.get(Database).close()


def test_without_a_database_there_is_still_a_page(without_database):
    form = {"username": "una@example.com", "password": "a password"}
    shown = AuthorizationAnswer(without_database.get("/sign-in"), "")

    answer = without_database.post("/sign-in", data=shown.hidden | form)

    assert answer.status_code == 503
    assert "We are not available just now" in answer.text
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_wrong_address_is_a_page_for_people(client):
    answer = client.get("/nothing", headers=HTML)

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


@pytest.mark.parametrize(
    ("path", "headers"), [("/nothing", {}), ("/nothing", {"Accept": "*/*"}), ("/api/nothing", HTML)]
)
def test_a_wrong_address_is_json_for_programs(client, path, headers):
    answer = client.get(path, headers=headers)

    assert answer.status_code == 404
    assert answer.json["code"] == "not_found"


def test_a_wrong_method_names_the_right_ones(client):
    answer = client.delete("/sign-in", headers=HTML)

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "This page cannot be used like that" in answer.text


def test_a_body_that_is_too_large_is_refused_as_a_page(client):
    answer = client.post("/sign-in", data={"username": "x" * 70_000}, headers=HTML)

    assert answer.status_code == 413
    assert 'id="error"' in answer.text


def test_pages_are_in_the_language_of_the_browser(client):
    answer = client.get("/nothing", headers=HTML | {"Accept-Language": "fr, de-AT;q=0.8, en;q=0.5"})

    assert '<html lang="de">' in answer.text
    assert "Hier ist nichts" in answer.text


def test_a_language_that_we_do_not_have_is_english(client):
    answer = client.get("/nothing", headers=HTML | {"Accept-Language": "fr"})

    assert '<html lang="en">' in answer.text


def test_a_mistake_of_ours_is_a_page_with_its_id(application, monkeypatch):
    """Nothing of it is told but the id, under which everything is in the log."""
    view = application.view_functions["pages.show_start"]
    monkeypatch.setitem(application.view_functions, "pages.show_start", lambda: 1 / 0)

    with capture_logs() as logged:
        answer = application.test_client().get("/")

    (crash,) = [line for line in logged if line["event"] == "request.crashed"]
    assert view.__name__ == "show_start"
    assert answer.status_code == 500
    assert crash["error_id"] in answer.text
    assert "ZeroDivision" not in answer.text
