import os
import signal

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from authserver.devservices.redis import EmbeddedValkey


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey with a space")) as running:
        yield running


def test_its_url_leads_to_it(server):
    assert Redis.from_url(server.url).ping()


def test_it_gives_up_what_expires_soonest_when_memory_runs_out(server):
    """An attacker who fills the memory must not wash out the counters of failed attempts."""
    settings = Redis.from_url(server.url, decode_responses=True).config_get("maxmemory*")

    assert settings["maxmemory-policy"] == "volatile-ttl"
    assert settings["maxmemory"] == str(256 * 1024 * 1024)


def test_it_forgets_everything_with_a_stop(server):
    Redis.from_url(server.url).set("key", "value")

    server.stop()
    server.start()

    assert Redis.from_url(server.url).get("key") is None


def test_it_starts_again_after_a_crash(server):
    os.kill(server.pid, signal.SIGKILL)
    os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)

    server.start()

    assert Redis.from_url(server.url).ping()


def test_nobody_answers_once_it_is_killed(server):
    client = Redis.from_url(server.url)

    server.kill()

    with pytest.raises(RedisConnectionError):
        client.ping()
    server.start()
