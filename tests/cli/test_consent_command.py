"""``authserver consent``."""

from authserver.actor import SYSTEM
from authserver.consents.service import ConsentService
from authserver.wiring import Services
from tests.cli.conftest import Cli
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory


def test_a_consent_is_listed_and_taken_back_by_command(
    cli: Cli, services: Services, make_user: UserFactory, make_client: ClientFactory
) -> None:
    user = make_user()
    make_client("web", client_name="A web application")
    services.get(ConsentService).grant(user.id, "web", {"openid", "email"}, SYSTEM)

    (listed,) = cli("consent", "list", "--user", user.email, "--output", "json").json
    done = cli("consent", "withdraw", "web", "--user", user.email, "--yes", "--output", "json").json

    assert (listed["client_id"], listed["scope"]) == ("web", "email openid")
    assert done == {"user_id": str(user.id), "client_id": "web", "withdrawn": True}
    assert services.get(ConsentService).find(user.id, "web") is None


def test_to_take_back_what_was_never_granted_is_refused(cli: Cli, make_user: UserFactory) -> None:
    user = make_user()

    answer = cli("consent", "withdraw", "web", "--user", user.email, "--yes", "--output", "json")

    assert answer.code == 1
    assert answer.refusal["code"] == "consent_not_found"
