"""The mark of a view that is a page: anybody may see it, and its forms are protected."""

from collections.abc import Callable
from typing import Any, TypeVar

from authserver.http.principal import Guard

View = TypeVar("View", bound=Callable[..., Any])


def page(view: View) -> View:
    """Whoever asks may see this view. What it changes it changes for the browser that asks, whose
    cookie is proven together with a token in the form (``web.csrf``)."""
    view.__guard__ = Guard("page")  # type: ignore[attr-defined]
    return view
