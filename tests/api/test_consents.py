"""``/api/users/:id/consents``: what one has allowed clients."""

import pytest

from authserver.actor import SYSTEM
from authserver.consents.service import ConsentService
from tests.support.first_party import FirstParty
from tests.support.relying_party import RelyingParty, bearer


@pytest.fixture
def mine(client, user):
    return bearer(FirstParty(client).log_in(user).json["accessToken"])


@pytest.fixture
def path(user) -> str:
    return f"/api/users/{user.id}/consents"


@pytest.fixture
def grant(services, make_client, user):
    """``grant("web", "openid email")``: a client, and what the user has allowed it."""

    def grant(client_id, scope="openid"):
        made = make_client(client_id, client_name=client_id.upper())
        services.get(ConsentService).grant(user.id, client_id, set(scope.split()), SYSTEM)
        return made

    return grant


def test_one_sees_what_one_has_granted(client, grant, path, mine):
    grant("web", "openid email")

    answer = client.get(path, headers=mine)

    assert answer.status_code == 200
    (item,) = answer.json["items"]
    assert item.pop("granted_at").endswith("Z")
    assert item == {"client_id": "web", "client_name": "WEB", "scope": "email openid"}


def test_the_list_comes_in_pages(client, grant, path, mine):
    for name in ("a", "b", "c"):
        grant(name)

    first = client.get(path, query_string={"limit": 2}, headers=mine).json
    second = client.get(
        path, query_string={"limit": 2, "cursor": first["next_cursor"]}, headers=mine
    ).json

    names = [[item["client_id"] for item in page["items"]] for page in (first, second)]
    assert names == [["a", "b"], ["c"]]
    assert second["next_cursor"] is None


def test_what_one_takes_back_ends_what_the_client_has(client, grant, user, path, mine):
    party = RelyingParty(client, grant("web"))
    tokens = party.password(user).json

    answer = client.delete(f"{path}/web", headers=mine)

    assert answer.status_code == 204
    assert client.get(path, headers=mine).json["items"] == []
    assert party.refresh(tokens["refresh_token"]).status_code == 400


@pytest.mark.parametrize("client_id", ["nobody", "%00", "%F0%9F%98%80", "a" * 2000])
def test_what_was_never_granted_cannot_be_taken_back(client, path, mine, client_id):
    answer = client.delete(f"{path}/{client_id}", headers=mine)

    assert (answer.status_code, answer.json["code"]) == (404, "consent_not_found")


def test_a_cursor_that_no_client_can_have_is_refused(client, path, mine):
    answer = client.get(path, query_string={"cursor": "a\x00b"}, headers=mine)

    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_others_have_granted_is_not_ones_business(client, grant, path, make_user, method):
    grant("web")
    other = bearer(FirstParty(client).log_in(make_user()).json["accessToken"])

    answer = client.open(
        path + ("/web" if method == "DELETE" else ""), method=method, headers=other
    )

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


def test_whoever_may_see_sessions_sees_consents(client, grant, path, token_of):
    grant("web")
    support = bearer(token_of("sessions:read"))

    assert len(client.get(path, headers=support).json["items"]) == 1
    assert client.delete(f"{path}/web", headers=support).status_code == 403


def test_whoever_may_end_sessions_takes_consents_back(client, grant, path, token_of):
    grant("web")

    answer = client.delete(f"{path}/web", headers=bearer(token_of("sessions:write")))

    assert answer.status_code == 204
