"""Where a command finds the settings of the server that it is about.

First the environment; then ``.env`` in the present folder, unless the environment says production;
then what ``authserver dev`` left in its folder (``VAR``, by default ``var``), so that commands work
beside it without any preparation.
"""

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from authserver.cli.output import RefusedError

if TYPE_CHECKING:
    from authserver.settings import Settings

FILE_NAME = "dev.json"
_PREFIX = "AUTHSERVER_"
_DATABASE = _PREFIX + "DATABASE_URL"


@dataclass(frozen=True)
class FoundSettings:
    """Settings, and in words where they were found."""

    settings: "Settings"
    origin: str
    folder: Path | None = None


def var_folder() -> Path:
    """Where the development server keeps its data, told as ``make run`` is told."""
    return Path(os.environ.get("VAR") or "var")


def find_settings() -> FoundSettings:
    """The settings for a command.

    Raises :class:`SettingsError`, and :class:`RefusedError` when there are none at all.
    """
    from authserver.settings import load_settings

    read_dotenv()
    saved = _read(var_folder() / FILE_NAME)
    if _names_a_database():
        # Whoever gives the development server a database of theirs may still have it in the shell.
        if saved is None or saved["database_url"] != os.environ.get(_DATABASE):
            return FoundSettings(load_settings(), "the environment")
    elif saved is None:
        raise RefusedError(
            "no_settings",
            "No server's settings were found: there is no AUTHSERVER_DATABASE_URL in the "
            f"environment or in .env, and no development server keeps its data in {var_folder()}. "
            "Set the AUTHSERVER_* variables, or run `make run` and come here again.",
        )
    folder = var_folder().absolute()
    return FoundSettings(load_settings(**saved), f"the development server in {folder}", folder)


def read_dotenv() -> None:
    """Take from ``.env`` what the environment does not say, but never in production."""
    environment = _PREFIX + "ENVIRONMENT"
    path = Path(".env")
    if os.environ.get(environment) == "production" or not path.is_file():
        return
    from dotenv import dotenv_values

    values = dotenv_values(path)
    if values.get(environment) == "production":
        return
    for name, value in values.items():
        if name.startswith(_PREFIX) and value is not None:
            os.environ.setdefault(name, value)


def save_settings(folder: Path, settings: "Settings") -> None:
    """Leave the settings of the development server for commands beside it, for us alone to read."""
    draft = folder / f".{FILE_NAME}.{os.getpid()}"
    text = json.dumps(dataclasses.asdict(settings), default=str, indent=2)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    draft.replace(folder / FILE_NAME)


def _names_a_database() -> bool:
    return _DATABASE in os.environ or f"{_DATABASE}_FILE" in os.environ


def _read(path: Path) -> Mapping[str, Any] | None:
    """What :func:`save_settings` has left, by field; members of another release are left out."""
    if not path.is_file():
        return None
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise RefusedError(
            "foreign_settings",
            f"{path} belongs to user {owner}, and you are user {os.geteuid()}: it could lead you "
            "to a database of theirs. Run the command as that user.",
        )
    from authserver.settings import variables

    kinds = {field.name: field.metadata["kind"] for field in variables()}
    try:
        saved = json.loads(path.read_text()).items()
    except ValueError as error:
        raise RefusedError(
            "damaged_settings", f"{path} is damaged. Remove it and run `make run` again."
        ) from error
    return {
        name: Path(value) if kinds[name] == "path" else value
        for name, value in saved
        if name in kinds
    }
