"""Calls of a service as spans: which use case a request has led to, and how long it took."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from authserver.observability import spans


def follow_calls(service: object) -> None:
    """From now on each call of a public method of this one object is a span.

    For use when somebody keeps a record: without, a service is called as it was written.
    """
    kind = type(service)
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        # A generator has only begun when it returns, and a context manager is made of one.
        if not name.startswith("_") and not inspect.isgeneratorfunction(inspect.unwrap(method)):
            bound = _followed(getattr(service, name), f"{kind.__name__}.{name}", kind.__module__)
            # A service is frozen against whoever uses it.
            object.__setattr__(service, name, bound)


def _followed(method: Callable[..., Any], name: str, module: str) -> Callable[..., Any]:
    attributes = {"code.function.name": f"{module}.{name}"}

    @wraps(method)
    def call(*arguments: Any, **options: Any) -> Any:
        with spans.span(name, "internal", attributes):
            return method(*arguments, **options)

    return call
