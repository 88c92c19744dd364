"""``authserver dev``: the first minute of a developer."""

import stat

import requests

from tests.cli.conftest import run_command
from tests.cli.development import DevelopmentServer, all_gone


def test_the_administrator_and_the_client_of_the_box_get_a_token(
    development_server: DevelopmentServer,
) -> None:
    box = development_server.first

    answer = requests.post(
        f"{box['issuer']}/oauth2/token",
        data={
            "grant_type": "password",
            "username": box["administrator"],
            "password": box["password"],
        },
        auth=(box["client_id"], box["client_secret"]),
        timeout=10,
    )

    assert answer.status_code == 200, answer.text


def test_the_token_of_the_box_opens_the_rest_api(development_server: DevelopmentServer) -> None:
    box = development_server.first
    token = requests.post(
        f"{box['issuer']}/oauth2/token",
        data={
            "grant_type": "password",
            "username": box["administrator"],
            "password": box["password"],
        },
        auth=(box["client_id"], box["client_secret"]),
        timeout=10,
    ).json()["access_token"]

    answer = requests.get(
        f"{box['issuer']}/api/users", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )

    assert answer.status_code == 200, answer.text


def test_the_issuer_is_the_address_and_the_port_that_was_asked_for(
    development_server: DevelopmentServer,
) -> None:
    base = f"http://127.0.0.1:{development_server.port}"

    document = requests.get(f"{base}/.well-known/openid-configuration", timeout=10).json()

    assert document["issuer"] == base


def test_commands_beside_it_need_no_preparation(development_server: DevelopmentServer) -> None:
    done = run_command(
        ("token", "mint", "--client-id", "demo", "--output", "json"),
        "",
        development_server.folder,
        {"VAR": "data"},
    )

    assert done.json["token_type"] == "Bearer"


def test_a_second_start_says_where_it_is_running(development_server: DevelopmentServer) -> None:
    done = development_server.again()

    assert done.returncode == 1
    assert f"already running at {development_server.first['issuer']}" in done.stderr


def test_nobody_else_may_read_the_settings_that_it_leaves(
    development_server: DevelopmentServer,
) -> None:
    mode = (development_server.folder / "data" / "dev.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_sigterm_ends_it_in_good_order_and_a_later_start_tells_no_secret() -> None:
    with DevelopmentServer() as server:
        processes = server.processes
        code = server.stop()
        later = server.start()

        assert code == 0
        assert all_gone(processes, within=5)
        assert (later["password"], later["client_secret"]) == (None, None)


def test_kill_9_leaves_no_process_behind() -> None:
    """PR_SET_PDEATHSIG in PostgreSQL, Valkey, gunicorn and each of its workers."""
    with DevelopmentServer() as server:
        processes = server.processes

        server.kill()

        assert len(processes) > 5
        assert all_gone(processes, within=5)
