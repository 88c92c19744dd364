import stat
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from authserver.devservices.errors import EmbeddedServerError
from authserver.devservices.folders import socket_folder
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey

LISTENING = "0A"


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("servers")
    with EmbeddedPostgres(folder, durable=False) as postgres, EmbeddedValkey(folder) as valkey:
        yield postgres, valkey


def listening_inodes(protocol):
    rows = [line.split() for line in Path("/proc/net", protocol).read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == LISTENING}


def socket_inodes(pid):
    targets = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return {one[len("socket:[") : -1] for one in targets if one.startswith("socket:[")}


def test_the_servers_listen_on_no_port(servers):
    open_sockets = set().union(*(socket_inodes(server.pid) for server in servers))

    assert open_sockets
    assert not open_sockets & (listening_inodes("tcp") | listening_inodes("tcp6"))


def test_nobody_else_may_enter_the_folder_of_the_sockets(servers):
    hosts = parse_qs(urlsplit(servers[0].url).query)["host"]

    assert [stat.S_IMODE(Path(host).stat().st_mode) for host in hosts] == [0o700]


def test_nobody_else_may_use_the_sockets(servers):
    folder = socket_folder(servers[0]._folder)
    sockets = [entry.stat() for entry in folder.iterdir() if entry.is_socket()]

    assert [stat.S_IMODE(status.st_mode) for status in sockets] == [0o700, 0o700]


def test_nobody_else_may_read_the_logs(servers):
    logs = list(servers[0]._folder.glob("*.log"))

    assert [stat.S_IMODE(log.stat().st_mode) for log in logs] == [0o600, 0o600]


@pytest.fixture
def short_path():
    """pytest's own temporary folders may be too deep for a socket."""
    with tempfile.TemporaryDirectory(prefix="authserver-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("name", ["x" * 100, "with,comma"])
def test_where_no_socket_can_lie_it_lies_in_a_private_temporary_folder(
    name, short_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(short_path))

    chosen = socket_folder(short_path / name)

    assert chosen.parent == short_path
    assert stat.S_IMODE(chosen.stat().st_mode) == 0o700


def test_a_second_process_finds_the_same_folder_of_sockets(short_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(short_path))

    assert socket_folder(short_path / ("x" * 100)) == socket_folder(short_path / ("x" * 100))


def test_a_folder_of_sockets_that_others_may_enter_is_refused(tmp_path):
    (tmp_path / "sockets").mkdir()
    (tmp_path / "sockets").chmod(0o755)

    with pytest.raises(EmbeddedServerError, match="mode 0700"):
        socket_folder(tmp_path)


def test_a_link_in_the_place_of_the_folder_of_sockets_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "sockets").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EmbeddedServerError, match="mode 0700"):
        socket_folder(tmp_path)
