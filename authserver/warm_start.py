"""What a process does before its first request, so that this one is not slower than the others.

Nothing here changes anything, for anybody. What fails because PostgreSQL is away is tried again by
whoever starts the process.
"""

from contextlib import suppress
from typing import Any

from flask import Flask
from sqlalchemy.orm import configure_mappers
from werkzeug.test import create_environ

from authserver.credentials.service import CredentialService
from authserver.errors import Unavailable
from authserver.flows.addresses import SIGN_IN
from authserver.signing.service import SigningService
from authserver.storage.statements import defined_statements
from authserver.tokens.service import TokenService
from authserver.wiring import Services, Stores

_WORD = "rehearsal"


def warm_up(application: Flask, services: Services) -> None:
    """Connect, prepare, load and compile. Raises :class:`Unavailable` without PostgreSQL."""
    _open_connections(services.get(Stores))
    services.get(SigningService).jwks()
    services.get(CredentialService).hasher.warm()
    with suppress(Unavailable):
        # No key may sign yet: /readyz says so.
        services.get(TokenService).rehearse(services.settings.signing_algorithms)
    _rehearse_pages(application)


def _open_connections(stores: Stores) -> None:
    configure_mappers()
    stores.database.statements.warm(defined_statements())
    with stores.database.transaction() as tx:
        tx.connection()
    if stores.redis is not None:
        stores.redis.attempt("PING", lambda client: client.ping())


def _rehearse_pages(application: Flask) -> None:
    """All templates are compiled, and one is shown, past the front door and so past the log."""
    for name in application.jinja_env.list_templates():
        application.jinja_env.get_template(name)
    for path in ("/", SIGN_IN):
        environ = create_environ(path)
        environ |= {"authserver.request_id": _WORD, "authserver.address": _WORD}
        answer: Any = Flask.wsgi_app(application, environ, lambda *_: lambda _: None)
        answer.close()
