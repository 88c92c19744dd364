"""The Flask application: blueprints, error handlers, and the front door around it."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from authserver import __title__, __version__
from authserver.actor import SYSTEM
from authserver.audit.routes import blueprint as audit
from authserver.authn.routes import blueprint as auth
from authserver.browser_sessions.routes import blueprint as browser_sessions
from authserver.clients.routes import blueprint as clients
from authserver.clients.service import ClientService
from authserver.consents.routes import blueprint as consents
from authserver.errors import AppError, Unavailable
from authserver.http.cors import Cors
from authserver.http.front_door import FrontDoor
from authserver.http.health import health_endpoints
from authserver.http.messages import MAX_BODY
from authserver.http.problems import crash, problem
from authserver.http.request_counts import count_request
from authserver.http.request_limits import RequestLimits, limit_views
from authserver.http.rest import BEARER, RestApi
from authserver.http.routing import note_route
from authserver.http.security_headers import security_headers
from authserver.http.services import provide
from authserver.job_queue.routes import blueprint as jobs
from authserver.oauth.endpoints.table import endpoint_table
from authserver.registrations.routes import blueprint as registrations
from authserver.resources.routes import blueprint as resources
from authserver.roles.routes import assignments
from authserver.roles.routes import blueprint as roles
from authserver.sessions.routes import blueprint as sessions
from authserver.settings import Settings, load_settings
from authserver.signing.installation_secret import InstallationSecret
from authserver.signing.service import SigningService
from authserver.storage.migrations import check_schema
from authserver.storage.notices import RedisNotices
from authserver.users.routes import blueprint as users
from authserver.web.blueprint import add_pages
from authserver.web.csrf import FormSecret
from authserver.web.renderer import PageRenderer
from authserver.wiring import Services, Stores, build

BLUEPRINTS = (
    *(auth, users, roles, assignments, sessions, browser_sessions, consents),
    *(clients, registrations, resources, audit, jobs),
)


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """The application, ready to serve.

    Settings come from the environment unless given. Raises SettingsError, KeyStoreError,
    SchemaError, SigningKeysError: a server that cannot do its work does not start.
    """
    settings = settings or load_settings()
    services = services or build(settings)
    stores = services.get(Stores)
    check_schema(stores.database)
    services.get(InstallationSecret).read()
    signing = services.get(SigningService)
    signing.ring()
    # Only an algorithm that was configured since has none; without any key we do not come here.
    signing.ensure_keys(SYSTEM)
    if isinstance(stores.notices, RedisNotices):
        stores.notices.start()
    return assemble(settings, services)


def assemble(settings: Settings, services: Services) -> Flask:
    """The application put together, without a look at what it will work on."""
    app = Flask("authserver", static_folder=None)
    _configure(app)
    provide(app, services.by_type)
    api = RestApi(app, spec_kwargs=_openapi(settings))
    api.spec.components.security_scheme("bearer", BEARER)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.before_request(note_route)
    app.register_error_handler(AppError, problem)
    app.register_error_handler(Exception, crash)
    add_pages(app, settings.issuer, FormSecret(services.get(Stores).key_store.derive(b"forms")))
    limit_views(app, services.get(RequestLimits))
    app.wsgi_app = _front_door(app, settings, services)  # type: ignore[method-assign]
    return app


def _configure(app: Flask) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        API_TITLE=__title__,
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    # //api//users is another address than /api/users, and not a redirect to it.
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]


def _openapi(settings: Settings) -> dict[str, Any]:
    return {"servers": [{"url": settings.issuer}]}


def _front_door(app: Flask, settings: Settings, services: Services) -> FrontDoor:
    signing = services.get(SigningService)
    database = services.get(Stores).database
    endpoints = endpoint_table(services, settings, PageRenderer(app))
    endpoints |= health_endpoints(
        {"postgresql": database.ping, "signing_keys": signing.best_signing_key}
    )
    return FrontDoor(
        application=app.wsgi_app,
        endpoints=endpoints,
        cors=Cors(_origins(settings, services)),
        security_headers=security_headers(settings.issuer),
        trusted_networks=settings.trusted_networks,
        count=count_request if settings.metrics_bind else None,
    )


def _origins(settings: Settings, services: Services) -> Callable[[str], bool]:
    configured = frozenset(settings.cors_origins)
    clients = services.get(ClientService)

    def is_registered(origin: str) -> bool:
        try:
            return origin in configured or clients.is_web_origin(origin)
        except Unavailable:
            return False

    return is_registered
