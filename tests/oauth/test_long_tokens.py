"""The longest token that we make is one that we, and a header, can take."""

from authserver.actor import SYSTEM
from authserver.clients.members import MAX_SCOPE
from authserver.oauth.resource_indicators import MAX_RESOURCES
from authserver.roles.service import MAX_ROLES, RoleService
from authserver.tokens.jwt import MAX_LENGTH
from tests.support.relying_party import bearer


def test_the_longest_token_is_understood(client, services, make_user, party):
    """Gunicorn takes a header of 16,380 bytes."""
    names = [f"role-{number:045}" for number in range(MAX_ROLES - 1)]
    for name in names:
        services.get(RoleService).create(SYSTEM, None, name)
    audience = [f"https://{number:0239}.example" for number in range(MAX_RESOURCES)]
    scope = "openid " + "s" * (MAX_SCOPE - 7)
    greedy = party(audience=audience, scope=scope, access_token_signing_alg="RS256")

    token = greedy.password(make_user(roles=names), resource=audience).json["access_token"]

    answer = client.get("/oauth2/userinfo", headers=bearer(token))
    assert 8192 < len(token) < MAX_LENGTH - len("Authorization: Bearer ")
    assert answer.status_code == 200
