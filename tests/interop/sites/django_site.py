"""A Django project on ``mozilla-django-oidc``, all in one file: ``python django_site.py PORT``.

What the developer knows of the provider comes as JSON in ``SITE``. It says ``ready`` when it is.
"""

import json
import os
import sys
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

settings.configure(
    SECRET_KEY="a secret of a test",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site.sqlite3"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "mozilla_django_oidc"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_RP_SCOPES="openid email",
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/",
    **json.loads(os.environ["SITE"]),
)
django.setup()


def home(request: HttpRequest) -> JsonResponse:
    """Who is signed in."""
    return JsonResponse({"email": getattr(request.user, "email", None)})


urlpatterns = [path("", home), path("oidc/", include("mozilla_django_oidc.urls"))]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Only errors are of interest."""


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    with make_server(
        "127.0.0.1", int(sys.argv[1]), get_wsgi_application(), handler_class=_Quiet
    ) as server:
        print("ready", flush=True)  # noqa: T201
        server.serve_forever()
