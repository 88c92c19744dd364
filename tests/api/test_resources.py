"""/api/resource-servers over HTTP."""

import pytest

from authserver.resources.service import ResourceServerService

ORDERS = {"audience": "https://orders.example", "name": "Orders"}


@pytest.fixture
def headers(bearer, admin_token):
    return bearer(admin_token)


@pytest.fixture
def orders(client, headers):
    """A registered resource server, as it was answered."""
    return client.post("/api/resource-servers", json=ORDERS, headers=headers).json


@pytest.fixture
def address(orders) -> str:
    return f"/api/resource-servers/{orders['id']}"


def test_a_resource_server_is_registered(client, headers):
    answer = client.post(
        "/api/resource-servers",
        json=ORDERS | {"signing_alg": "RS256", "access_token_ttl": 60},
        headers=headers,
    )

    assert (answer.status_code, answer.json["access_token_ttl"]) == (201, 60)
    assert client.get(answer.headers["Location"], headers=headers).json == answer.json


def test_what_is_not_said_is_left_to_the_defaults(orders):
    assert (orders["signing_alg"], orders["access_token_ttl"]) == (None, None)


def test_an_audience_is_registered_once(client, headers, orders):
    answer = client.post("/api/resource-servers", json=ORDERS, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (409, "resource_server_taken")


@pytest.mark.parametrize(
    "member",
    [
        {"audience": "two words"},
        {"name": ""},
        {"name": "a\x00"},
        {"signing_alg": "none"},
        {"access_token_ttl": 29},
        {"access_token_ttl": "60"},
        {"id": "01a20370-2fcd-7189-8955-f75a9f25b083"},
    ],
)
def test_wrong_members_are_refused_by_name(client, headers, member):
    answer = client.post("/api/resource-servers", json=ORDERS | member, headers=headers)

    assert (answer.status_code, list(answer.json["errors"])) == (400, list(member))


def test_a_change_is_obeyed_at_once_in_this_process(client, headers, services, address):
    resource_servers = services.get(ResourceServerService)
    resource_servers.find(ORDERS["audience"])

    client.patch(address, json={"access_token_ttl": 120}, headers=headers)

    assert resource_servers.find(ORDERS["audience"]).access_token_ttl == 120


def test_null_gives_a_member_back_to_the_default(client, headers, address):
    client.patch(address, json={"signing_alg": "RS256"}, headers=headers)

    answer = client.patch(address, json={"signing_alg": None}, headers=headers)

    assert answer.json["signing_alg"] is None


def test_an_audience_never_changes(client, headers, address):
    answer = client.patch(address, json={"audience": "https://evil.example"}, headers=headers)

    assert (answer.status_code, list(answer.json["errors"])) == (400, ["audience"])


def test_a_change_of_a_version_that_is_past_is_refused(client, headers, address):
    """RFC 9110, section 13.1.1."""
    tag = client.get(address, headers=headers).headers["ETag"]
    client.patch(address, json={"name": "First"}, headers=headers)

    answer = client.patch(address, json={"name": "Second"}, headers=headers | {"If-Match": tag})

    assert answer.status_code == 412
    assert client.get(address, headers=headers).json["name"] == "First"


def test_a_deleted_resource_server_is_unknown_at_once(client, headers, services, address):
    resource_servers = services.get(ResourceServerService)
    resource_servers.find(ORDERS["audience"])

    answer = client.delete(address, headers=headers)

    assert answer.status_code == 204
    assert resource_servers.find(ORDERS["audience"]) is None


def test_an_unknown_resource_server_is_not_found(client, headers):
    answer = client.get(
        "/api/resource-servers/01a20370-2fcd-7189-8955-f75a9f25b083", headers=headers
    )

    assert (answer.status_code, answer.json["code"]) == (404, "resource_server_not_found")


def test_resource_servers_are_listed_page_by_page(client, headers):
    for name in ("a", "b", "c"):
        client.post("/api/resource-servers", json={"audience": name, "name": name}, headers=headers)

    first = client.get("/api/resource-servers?limit=2", headers=headers).json
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = client.get("/api/resource-servers", query_string=query, headers=headers).json

    names = [item["name"] for item in first["items"] + second["items"]]
    assert (names, second["next_cursor"]) == (["a", "b", "c"], None)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_who_may_read_may_not_write(client, bearer, token_of, address, method):
    reader = bearer(token_of("resources:read"))

    answer = client.open(address, method=method, json={}, headers=reader)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


def test_who_may_write_only_may_not_read(client, bearer, token_of, address):
    writer = bearer(token_of("resources:write"))

    assert client.get(address, headers=writer).status_code == 403


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_nobody_gets_in_without_a_token(client, address, method):
    assert client.open(address, method=method, json={}).status_code == 401


def test_each_deed_is_recorded(client, headers, address):
    client.patch(address, json={"name": "New"}, headers=headers)
    client.delete(address, headers=headers)

    items = client.get("/api/audit", headers=headers).json["items"]

    deeds = [item for item in items if item["event"].startswith("resource_server.")]
    assert [(item["event"], item["detail"]["audience"]) for item in deeds] == [
        ("resource_server.deleted", "https://orders.example"),
        ("resource_server.updated", "https://orders.example"),
        ("resource_server.created", "https://orders.example"),
    ]
