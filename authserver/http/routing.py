"""The route of a request that Flask answers, for whoever counts or follows requests by it."""

from flask import request

from authserver.http.traces import ROUTE


def note_route() -> None:
    """Its rule, such as ``/api/users/<uuid:user_id>``: of paths there are too many."""
    if request.url_rule is not None:
        request.environ[ROUTE] = request.url_rule.rule
