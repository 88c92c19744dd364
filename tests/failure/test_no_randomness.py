"""The kernel gives no random bytes: then nothing is made that others could guess."""

import os
import random
from collections.abc import Callable
from typing import NoReturn

import pytest
from flask import Flask

from authserver import ids
from authserver.wiring import Services
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.first_party import FirstParty
from tests.support.relying_party import RelyingParty


@pytest.fixture
def no_randomness(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def refuse(_: int) -> NoReturn:
        raise OSError("the kernel has no random bytes")

    def begin() -> None:
        # ``random`` has a name of its own for it, which ``secrets`` uses.
        monkeypatch.setattr(os, "urandom", refuse)
        monkeypatch.setattr(random, "_urandom", refuse)

    return begin


@attack("FT-29")
def test_without_randomness_no_session_begins(
    app: Flask, services: Services, no_randomness: Callable[[], None]
) -> None:
    """ASVS 11.5.1: no other generator stands in."""
    http = app.test_client()
    party, user = RelyingParty(http, ClientFactory(services)()), UserFactory(services)()
    no_randomness()

    answers = [party.password(user), FirstParty(http).log_in(user)]

    for answer in answers:
        assert answer.status_code >= 500
        assert "token" not in answer.text.lower()


@attack("FT-29")
def test_without_randomness_no_secret_is_made(no_randomness: Callable[[], None]) -> None:
    no_randomness()

    with pytest.raises(OSError, match="no random bytes"):
        ids.new_secret()
