from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from authserver.signing.keys import LoadedKey
from authserver.signing.keystores import AesGcmKeyStore
from authserver.signing.material import KeyMaker
from authserver.signing.schedule import Slot, Vacancy

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MakeKey = Callable[..., LoadedKey]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def maker() -> KeyMaker:
    return KeyMaker(AesGcmKeyStore(bytes(32)))


@pytest.fixture
def make_key(maker: KeyMaker) -> MakeKey:
    """Makes a key; times are seconds after ``now``."""

    def make(
        algorithm: str = "ES256",
        purpose: str = "token",
        *,
        activated: float | None = None,
        expires: float | None = None,
    ) -> LoadedKey:
        key = maker.open(maker.make(Vacancy(Slot(purpose, algorithm), NOW, None), NOW))
        return replace(key, activated_at=_at(activated), expires_at=_at(expires))

    return make


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOW + timedelta(seconds=seconds)
