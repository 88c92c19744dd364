"""Styles, scripts and pictures, under addresses that change whenever their content does."""

import hashlib
from importlib.resources import files
from pathlib import Path

from flask import Response, send_from_directory

from authserver.web.guard import page

FOLDER = Path(str(files("authserver.web"))) / "static"
_YEAR = 365 * 86_400


def _digest(folder: Path) -> str:
    content = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content.update(path.relative_to(folder).as_posix().encode())
        content.update(path.read_bytes())
    return content.hexdigest()[:12]


VERSION = _digest(FOLDER)


def asset(name: str) -> str:
    """The address of a file of ours."""
    return f"/static/{VERSION}/{name}"


@page
def show_asset(version: str, name: str) -> Response:
    """The file, for a year; while servers of two versions run side by side, not to be kept."""
    response = send_from_directory(FOLDER, name, etag=False, last_modified=None)
    response.cache_control.no_cache = None
    if version == VERSION:
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
    return response
