"""Notices: what one process changed, another one forgets."""

import subprocess
import sys
import threading

import pytest

from authserver.storage.notices import LocalNotices, RedisNotices
from authserver.storage.redis import RedisDoor

PUBLISHER = """
import sys
from authserver.storage.notices import RedisNotices
from authserver.storage.redis import RedisDoor
RedisNotices(RedisDoor(sys.argv[1])).publish(*sys.argv[2:])
"""


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._news = threading.Event()

    def __call__(self, key: str) -> None:
        self.heard.append(key)
        self._news.set()

    def wait(self) -> list[str]:
        assert self._news.wait(5), "nothing was heard"
        self._news.clear()
        return self.heard


@pytest.fixture
def listen(own_valkey):
    """``listen(topic)``: an ear in this process, once Redis knows of it."""
    door = RedisDoor(own_valkey.url)

    def listen(*topics: str) -> list[Ear]:
        notices, ears = RedisNotices(door), [Ear() for _ in topics]
        for topic, ear in zip(topics, ears, strict=True):
            notices.listen(topic, ear)
        notices.start()
        notices.start()
        wait_for_subscribers(door, len(topics))
        return ears

    # The ear listens until the process ends, as in production: nobody closes its connection.
    return listen


def wait_for_subscribers(door: RedisDoor, channels: int) -> None:
    pause = threading.Event()
    for _ in range(200):
        if len(door.client.pubsub_channels()) == channels:
            return
        pause.wait(0.02)
    raise AssertionError("nobody listens")


def publish_elsewhere(url: str, topic: str, key: str) -> None:
    """From another process."""
    subprocess.run([sys.executable, "-c", PUBLISHER, url, topic, key], check=True)


def test_a_notice_reaches_another_process(own_valkey, listen):
    """performance.md, rule 2: obeyed everywhere within a second."""
    (ear,) = listen("clients")

    publish_elsewhere(own_valkey.url, "clients", "web")

    assert ear.wait() == ["web"]


def test_a_notice_reaches_its_own_topic_only(own_valkey, listen):
    clients, resources = listen("clients", "resources")

    publish_elsewhere(own_valkey.url, "resources", "https://a.example")

    assert resources.wait() == ["https://a.example"]
    assert clients.heard == []


def test_notices_are_heard_again_after_redis_was_away(own_valkey, listen):
    (ear,) = listen("clients")
    own_valkey.kill()
    own_valkey.start()
    wait_for_subscribers(RedisDoor(own_valkey.url), 1)

    publish_elsewhere(own_valkey.url, "clients", "web")

    assert ear.wait() == ["web"]


def test_ones_own_process_hears_without_redis(tmp_path):
    notices, ear = RedisNotices(RedisDoor(f"unix://{tmp_path}/none.sock")), Ear()
    notices.listen("clients", ear)

    notices.publish("clients", "web")

    assert ear.heard == ["web"]


def test_a_server_without_redis_tells_all_its_listeners():
    notices, ears = LocalNotices(), [Ear(), Ear()]
    for ear in ears:
        notices.listen("clients", ear)

    notices.publish("clients", "web")
    notices.publish("unheard-of", "x")

    assert [ear.heard for ear in ears] == [["web"], ["web"]]
