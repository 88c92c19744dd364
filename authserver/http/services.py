"""How a view finds its service: by type, in the application that it runs in."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from flask import Flask, current_app

_EXTENSION = "authserver.services"

T = TypeVar("T")


def provide(app: Flask, services: Mapping[type, Any]) -> None:
    """Make the services known to the views of ``app``."""
    app.extensions[_EXTENSION] = services


def service(kind: type[T]) -> T:
    """The one service of a type. Raises KeyError for one that was not wired."""
    return cast(T, current_app.extensions[_EXTENSION][kind])
