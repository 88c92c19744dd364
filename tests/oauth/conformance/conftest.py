"""The parties of the plans for response types, each registered once.

The plans Basic, Implicit, Hybrid and their three Form Post forms run the same modules for different
response types and modes; so do these tests. ``docs/reference/conformance.md`` says which test
stands for which module.
"""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.oauth.conformance.registrations import Registrar
from tests.support.client_keys import ClientKey
from tests.support.conformance import ALL_SCOPES, REDIRECT_URI, Party, Visitor
from tests.support.provider import Provider
from tests.support.shelf import Shelf, running_shelf

RESPONSE_TYPES = (
    "code",
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
)
Profile = tuple[str, str | None]
PROFILES: list[Profile] = [(kind, mode) for kind in RESPONSE_TYPES for mode in (None, "form_post")]


def _name(profile: Profile) -> str:
    return f"{profile[0].replace(' ', '+')}{' by form' if profile[1] else ''}"


def _those(condition: Callable[[set[str]], bool]) -> list[Profile]:
    return [profile for profile in PROFILES if condition(set(profile[0].split()))]


WITH_CODE = _those(lambda words: "code" in words)
WITH_USERINFO = _those(lambda words: bool(words & {"code", "token"}))
WITH_ID_TOKEN_IN_FRONT = _those(lambda words: "id_token" in words)
WITHOUT_ID_TOKEN_IN_FRONT = _those(lambda words: "id_token" not in words)


@pytest.fixture(scope="session")
def party_of(provider: Provider) -> Callable[[Profile], Party]:
    @cache
    def party_of(profile: Profile) -> Party:
        kind, mode = profile
        grants = ["authorization_code", "refresh_token"] if "code" in kind else []
        front = ["implicit"] if kind != "code" else []
        client = provider.make_client(
            REDIRECT_URI,
            client_name=_name(profile),
            grant_types=[*grants, *front],
            response_types=[kind],
            pkce="optional",
            scope=ALL_SCOPES,
        )
        return Party(provider, client, kind, mode)

    return party_of


@pytest.fixture(params=PROFILES, ids=_name)
def party(request: pytest.FixtureRequest, party_of: Callable[[Profile], Party]) -> Party:
    return party_of(request.param)


@pytest.fixture(params=WITH_CODE, ids=_name)
def code_party(request: pytest.FixtureRequest, party_of: Callable[[Profile], Party]) -> Party:
    return party_of(request.param)


@pytest.fixture(params=WITH_USERINFO, ids=_name)
def userinfo_party(request: pytest.FixtureRequest, party_of: Callable[[Profile], Party]) -> Party:
    return party_of(request.param)


@pytest.fixture(params=WITH_ID_TOKEN_IN_FRONT, ids=_name)
def nonce_party(request: pytest.FixtureRequest, party_of: Callable[[Profile], Party]) -> Party:
    return party_of(request.param)


@pytest.fixture(params=WITHOUT_ID_TOKEN_IN_FRONT, ids=_name)
def nonceless_party(request: pytest.FixtureRequest, party_of: Callable[[Profile], Party]) -> Party:
    return party_of(request.param)


@pytest.fixture
def basic(party_of: Callable[[Profile], Party]) -> Party:
    return party_of(("code", None))


@pytest.fixture(scope="module")
def visitor(provider: Provider) -> Visitor:
    """Somebody who uses one browser for all tests of a file, and may be signed in there."""
    return Visitor.of(provider)


@pytest.fixture
def newcomer(provider: Provider) -> Visitor:
    """Somebody in a browser that nobody has used before."""
    return Visitor.of(provider)


@pytest.fixture(scope="session")
def shelf() -> Iterator[Shelf]:
    """The server of the client, as far as ours calls it."""
    with running_shelf() as shelf:
        yield shelf


@pytest.fixture(scope="session")
def client_key() -> ClientKey:
    return ClientKey("RS256")


@pytest.fixture(params=RESPONSE_TYPES, ids=lambda kind: kind.replace(" ", "+"))
def registrar(
    request: pytest.FixtureRequest,
    provider: Provider,
    client_key: ClientKey,
) -> Registrar:
    """For each response type that the plan Dynamic may be run with."""
    return Registrar(provider, client_key, request.param)


@pytest.fixture
def code_registrar(provider: Provider, client_key: ClientKey) -> Registrar:
    return Registrar(provider, client_key, "code")
