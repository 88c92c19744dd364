"""``authserver user update``."""

import json

from tests.cli.conftest import Cli
from tests.factories.users import UserFactory


def test_a_profile_is_read_from_a_file(cli: Cli, make_user: UserFactory, tmp_path) -> None:
    user = make_user()
    file = tmp_path / "profile.json"
    file.write_text(json.dumps({"given_name": "Una", "phone_number_verified": None}))

    changed = cli("user", "update", user.email, "--profile", str(file), "--output", "json").json

    assert changed["profile"] == {"given_name": "Una"}


def test_a_profile_is_read_from_stdin(cli: Cli, make_user: UserFactory) -> None:
    profile = {"phone_number": "+15555550123", "phone_number_verified": True}

    changed = cli(
        *("user", "update", make_user().email, "--profile", "-", "--output", "json"),
        stdin=json.dumps(profile),
    ).json

    assert changed["profile"] == profile


def test_name_and_address_are_changed(cli: Cli, make_user: UserFactory) -> None:
    user = make_user()

    changed = cli(
        *("user", "update", user.email, "--email", "New@Example.com", "--full-name", "Una"),
        *("--output", "json"),
    ).json

    assert (changed["email"], changed["full_name"]) == ("new@example.com", "Una")
    assert changed["id"] == str(user.id)


def test_what_is_no_profile_is_refused(cli: Cli, make_user: UserFactory) -> None:
    user = make_user()

    for profile, member in (("{", "json"), ("[]", "profile"), ('{"locale": 1}', "profile")):
        answer = cli(
            *("user", "update", user.email, "--profile", "-", "--output", "json"), stdin=profile
        )

        assert answer.code == 1
        assert member in answer.refusal["errors"]
