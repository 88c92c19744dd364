"""/api/clients over HTTP."""

from datetime import datetime, timedelta

import pytest

from authserver.authn.first_party import CLIENT_ID
from authserver.clients.service import ClientService
from authserver.clock import SystemClock
from tests.support.relying_party import RelyingParty

WEB = {
    "client_id": "web",
    "client_name": "Web",
    "redirect_uris": ["https://app.example/cb"],
    "scope": "openid profile",
}
DAY = 86_400


@pytest.fixture
def headers(bearer, admin_token):
    return bearer(admin_token)


@pytest.fixture
def web(client, headers):
    """A registered confidential client, as it was answered."""
    return client.post("/api/clients", json=WEB, headers=headers).json


def is_accepted(services, client_id: str, secret: str) -> bool:
    found = services.get(ClientService).find(client_id)
    return found is not None and found.check_client_secret(secret, SystemClock().now())


# Registering --------------------------------------------------------------------------------------


def test_a_client_is_registered(client, headers):
    answer = client.post("/api/clients", json=WEB, headers=headers)

    assert answer.status_code == 201
    assert answer.json["redirect_uris"] == ["https://app.example/cb"]
    assert answer.headers["Location"] == "/api/clients/web"


def test_the_secret_that_is_shown_is_the_clients(services, web):
    assert is_accepted(services, "web", web["client_secret"])


def test_the_answer_with_the_secret_is_not_stored(client, headers):
    """RFC 7591, section 3.2.1."""
    answer = client.post("/api/clients", json=WEB, headers=headers)

    assert answer.headers["Cache-Control"] == "no-store"


def test_the_secret_is_never_shown_again(client, headers, web):
    answer = client.get("/api/clients/web", headers=headers)

    assert "secret" not in answer.text.replace("client_secret_basic", "")


def test_a_public_client_gets_no_secret(client, headers):
    """DC-06; CVE-2026-44476."""
    spa = WEB | {"token_endpoint_auth_method": "none"}

    answer = client.post("/api/clients", json=spa, headers=headers)

    assert answer.status_code == 201
    assert not {"client_secret", "client_secret_expires_at"} & set(answer.json)


def test_a_client_without_an_id_gets_one(client, headers):
    web = {name: value for name, value in WEB.items() if name != "client_id"}

    answer = client.post("/api/clients", json=web, headers=headers)

    assert client.get(answer.headers["Location"], headers=headers).json["client_name"] == "Web"


def test_an_id_is_given_once(client, headers, web):
    answer = client.post("/api/clients", json=WEB, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (409, "client_id_taken")


def test_a_client_cannot_have_the_id_of_a_person(client, headers):
    """GR-13; RFC 9068, section 5."""
    web = WEB | {"client_id": "01a20370-2fcd-7189-8955-f75a9f25b083"}

    answer = client.post("/api/clients", json=web, headers=headers)

    assert (answer.status_code, list(answer.json["errors"])) == (400, ["client_id"])


@pytest.mark.parametrize("uris", [["https://*.example/cb"], ["*"]])
def test_a_wildcard_cannot_be_registered(client, headers, uris):
    """RU-26; RFC 9700, section 4.1.1."""
    answer = client.post("/api/clients", json=WEB | {"redirect_uris": uris}, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "member", [{"built_in": True}, {"enabled": False}, {"version": 7}, {"self_registered": True}]
)
def test_members_that_nobody_may_set_are_refused(client, headers, member):
    """CWE-915."""
    answer = client.post("/api/clients", json=WEB | member, headers=headers)

    assert (answer.status_code, list(answer.json["errors"])) == (400, list(member))


def test_a_refused_client_is_not_registered(client, headers):
    client.post("/api/clients", json=WEB | {"scope": '"'}, headers=headers)

    assert client.get("/api/clients/web", headers=headers).status_code == 404


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/clients"),
        ("POST", "/api/clients"),
        ("GET", "/api/clients/web"),
        ("PATCH", "/api/clients/web"),
        ("DELETE", "/api/clients/web"),
        ("POST", "/api/clients/web/secret"),
        ("POST", "/api/clients/web/enable"),
        ("POST", "/api/clients/web/disable"),
    ],
)
def test_nobody_gets_in_without_a_token(client, web, method, path):
    assert client.open(path, method=method, json={}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/clients"),
        ("PATCH", "/api/clients/web"),
        ("DELETE", "/api/clients/web"),
        ("POST", "/api/clients/web/secret"),
        ("POST", "/api/clients/web/enable"),
        ("POST", "/api/clients/web/disable"),
    ],
)
def test_who_may_read_may_not_write(client, bearer, token_of, web, method, path):
    reader = bearer(token_of("clients:read"))

    answer = client.open(path, method=method, json={}, headers=reader)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


def test_who_may_write_only_may_not_read(client, bearer, token_of, web):
    writer = bearer(token_of("clients:write"))

    assert client.get("/api/clients/web", headers=writer).status_code == 403


def test_who_may_write_registers_a_client_without_permissions(client, bearer, token_of):
    writer = bearer(token_of("clients:write"))

    assert client.post("/api/clients", json=WEB, headers=writer).status_code == 201


@pytest.mark.parametrize("scope", ["users:write", "openid users:read", "manage"])
def test_nobody_registers_a_client_that_may_do_more_than_they(client, bearer, token_of, scope):
    """Else clients:write would be all permissions."""
    writer = bearer(token_of("clients:write"))

    answer = client.post("/api/clients", json=WEB | {"scope": scope}, headers=writer)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


def test_who_holds_a_permission_may_give_it_to_a_client(client, bearer, token_of):
    writer = bearer(token_of("clients:write", "users:read"))

    answer = client.post("/api/clients", json=WEB | {"scope": "users:read"}, headers=writer)

    assert answer.status_code == 201


def test_nobody_widens_a_client_beyond_themselves(client, bearer, token_of, web):
    writer = bearer(token_of("clients:write"))

    answer = client.patch("/api/clients/web", json={"scope": "users:write"}, headers=writer)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/clients/web/secret", {}),
        ("PATCH", "/api/clients/web", {"redirect_uris": ["https://evil.example/cb"]}),
        ("PATCH", "/api/clients/web", {"scope": ""}),
        ("POST", "/api/clients/web/enable", None),
    ],
)
def test_nobody_takes_over_a_client_that_may_do_more_than_they(
    client, headers, bearer, token_of, method, path, body
):
    """A new secret of a mightier client would be its might."""
    client.post("/api/clients", json=WEB | {"scope": "users:write"}, headers=headers)
    writer = bearer(token_of("clients:write"))

    answer = client.open(path, method=method, json=body, headers=writer)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


# Reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client_id", ["nobody", "a%00b", "..%2f..", "%F0%9F%90%8E", "a" * 300])
def test_an_unknown_client_is_not_found(client, headers, client_id):
    answer = client.get(f"/api/clients/{client_id}", headers=headers)

    assert answer.status_code == 404


def test_clients_are_listed_page_by_page(client, headers):
    for client_id in ("c", "a", "b"):
        client.post("/api/clients", json=WEB | {"client_id": client_id}, headers=headers)

    seen, query = [], {"limit": "1"}
    while True:
        page = client.get("/api/clients", query_string=query, headers=headers).json
        seen += [item["client_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert [client_id for client_id in seen if len(client_id) == 1] == ["a", "b", "c"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=a%00b", "offset=1"])
def test_a_list_refuses_what_it_does_not_know(client, headers, query):
    assert client.get(f"/api/clients?{query}", headers=headers).status_code == 400


# Changing -----------------------------------------------------------------------------------------


def test_a_change_is_obeyed_at_once_in_this_process(client, headers, services, web):
    """protocol.md: a changed client is obeyed by every process within 1 s."""
    clients = services.get(ClientService)
    clients.find("web")

    client.patch("/api/clients/web", json={"scope": "openid"}, headers=headers)

    assert clients.find("web").scope == {"openid"}


def test_what_is_not_named_stays_as_it_is(client, headers, web):
    answer = client.patch("/api/clients/web", json={"client_name": "New"}, headers=headers)

    assert answer.json["redirect_uris"] == web["redirect_uris"]


def test_null_removes_an_optional_member(client, headers, web):
    client.patch("/api/clients/web", json={"tos_uri": "https://a.example/"}, headers=headers)

    answer = client.patch("/api/clients/web", json={"tos_uri": None}, headers=headers)

    assert "tos_uri" not in answer.json


def test_a_change_validates_the_whole_again(client, headers, web):
    """DC-04; CVE-2026-15572: public, but still with a grant type that only others may have."""
    change = {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]}

    answer = client.patch("/api/clients/web", json=change, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_client_metadata")


def test_the_response_types_follow_changed_grant_types(client, headers, web):
    change = {"grant_types": ["client_credentials"]}

    answer = client.patch("/api/clients/web", json=change, headers=headers)

    assert answer.json["response_types"] == []


def test_a_client_that_becomes_public_loses_its_secret(client, headers, services, web):
    """DC-06: once made confidential again, the secret of the past must not work."""
    for method in ("none", "client_secret_basic"):
        client.patch(
            "/api/clients/web", json={"token_endpoint_auth_method": method}, headers=headers
        )

    assert not is_accepted(services, "web", web["client_secret"])


def test_a_change_of_a_version_that_is_past_is_refused(client, headers, web):
    """RFC 9110, section 13.1.1."""
    tag = client.get("/api/clients/web", headers=headers).headers["ETag"]
    client.patch("/api/clients/web", json={"client_name": "First"}, headers=headers)

    answer = client.patch(
        "/api/clients/web", json={"client_name": "Second"}, headers=headers | {"If-Match": tag}
    )

    assert answer.status_code == 412
    assert client.get("/api/clients/web", headers=headers).json["client_name"] == "First"


def test_a_change_of_the_present_version_is_made(client, headers, web):
    tag = client.get("/api/clients/web", headers=headers).headers["ETag"]

    answer = client.patch(
        "/api/clients/web", json={"client_name": "New"}, headers=headers | {"If-Match": tag}
    )

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')


def test_the_id_of_a_client_cannot_be_changed(client, headers, web):
    answer = client.patch("/api/clients/web", json={"client_id": "other"}, headers=headers)

    assert answer.status_code == 400


# Disabling and deleting ---------------------------------------------------------------------------


def test_a_disabled_client_is_known_as_disabled_at_once(client, headers, services, web):
    clients = services.get(ClientService)
    clients.find("web")

    answer = client.post("/api/clients/web/disable", headers=headers)

    assert answer.json["enabled"] is False
    assert clients.find("web").enabled is False


def test_an_enabled_client_works_again(client, headers, services, web):
    client.post("/api/clients/web/disable", headers=headers)

    client.post("/api/clients/web/enable", headers=headers)

    assert services.get(ClientService).find("web").enabled is True


def test_a_deleted_client_is_unknown_at_once(client, headers, services, web):
    """DC-12; RFC 7592, section 2.3."""
    clients = services.get(ClientService)
    clients.find("web")

    answer = client.delete("/api/clients/web", headers=headers)

    assert answer.status_code == 204
    assert clients.find("web") is None


def test_the_sessions_of_a_client_end_with_it(
    client, headers, make_client, make_user, relying_party
):
    """DC-12: whoever gets the id next does not get the sessions."""
    client_id = relying_party.credentials.client_id
    refresh_token = relying_party.password(make_user()).json["refresh_token"]
    client.delete(f"/api/clients/{client_id}", headers=headers)
    successor = RelyingParty(client, make_client(client_id))

    answer = successor.refresh(refresh_token)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/secret"),
        ("POST", "/enable"),
        ("POST", "/disable"),
    ],
)
def test_the_built_in_client_cannot_be_touched(client, headers, method, path):
    address = f"/api/clients/{CLIENT_ID}{path}"

    answer = client.open(address, method=method, json={}, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (409, "client_is_built_in")


# Secrets ------------------------------------------------------------------------------------------


def rotate(client, headers, **body: int):
    return client.post("/api/clients/web/secret", json=body, headers=headers)


def test_the_old_secret_is_valid_for_a_day_after_a_rotation(client, headers, services, web):
    """CA-29."""
    before = SystemClock().now()

    answer = rotate(client, headers)

    assert is_accepted(services, "web", web["client_secret"])
    left = datetime.fromisoformat(answer.json["previous_expires_at"]) - before
    assert timedelta(seconds=DAY) <= left < timedelta(seconds=DAY + 10)


def test_the_new_secret_is_valid_at_once(client, headers, services, web):
    """CA-29."""
    answer = rotate(client, headers)

    assert is_accepted(services, "web", answer.json["client_secret"])


def test_the_answer_to_a_rotation_is_not_stored(client, headers, web):
    assert rotate(client, headers).headers["Cache-Control"] == "no-store"


def test_without_overlap_the_old_secret_ends_at_once(client, headers, services, web):
    """CA-29."""
    answer = rotate(client, headers, overlap=0)

    assert not is_accepted(services, "web", web["client_secret"])
    assert answer.json["previous_expires_at"] is None


def test_the_secret_before_the_last_is_removed(client, headers, services, web):
    """CA-29: at most two are valid."""
    second = rotate(client, headers).json["client_secret"]
    third = rotate(client, headers).json["client_secret"]

    accepted = [
        is_accepted(services, "web", secret) for secret in (web["client_secret"], second, third)
    ]

    assert accepted == [False, True, True]


@pytest.mark.parametrize("overlap", [-1, 2_592_001, "60", 1.5, None, True])
def test_an_overlap_of_another_kind_is_refused(client, headers, web, overlap):
    answer = rotate(client, headers, overlap=overlap)

    assert (answer.status_code, list(answer.json["errors"])) == (400, ["overlap"])


def test_a_public_client_has_no_secret_to_rotate(client, headers):
    client.post("/api/clients", json=WEB | {"token_endpoint_auth_method": "none"}, headers=headers)

    answer = rotate(client, headers)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_client_metadata")


# The record ---------------------------------------------------------------------------------------


def test_each_deed_is_recorded(client, headers, web):
    client.patch("/api/clients/web", json={"client_name": "New"}, headers=headers)
    rotate(client, headers)
    client.delete("/api/clients/web", headers=headers)

    items = client.get("/api/audit", headers=headers).json["items"]

    assert [item["event"] for item in items if item["client_id"] == "web"] == [
        "client.deleted",
        "client_secret.rotated",
        "client.updated",
        "client.created",
    ]


def test_a_refused_deed_is_not_recorded(client, headers, web):
    client.patch("/api/clients/web", json={"scope": '"'}, headers=headers)

    items = client.get("/api/audit?event=client.updated", headers=headers).json["items"]

    assert items == []


def test_no_secret_is_recorded(client, headers, web):
    second = rotate(client, headers).json["client_secret"]

    text = client.get("/api/audit", headers=headers).text

    assert web["client_secret"] not in text
    assert second not in text
