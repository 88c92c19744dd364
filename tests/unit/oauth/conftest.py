"""Requests and request objects without a server around them."""

from collections.abc import Callable
from io import BytesIO

import pytest

from authserver.clients.keys import ClientKeys
from authserver.clock import SystemClock
from authserver.http.messages import HttpRequest
from authserver.oauth.client_signatures import ClientSignatures
from authserver.oauth.request_objects import RequestObjects
from tests.support.request_objects import ISSUER, Outside, Registered, Secrets


@pytest.fixture
def post() -> Callable[..., HttpRequest]:
    """``post(b"a=b")``: a form, or another body of another type."""

    def post(
        body: bytes = b"", content_type: str = "application/x-www-form-urlencoded", **environ: str
    ) -> HttpRequest:
        return HttpRequest(
            {
                "REQUEST_METHOD": "POST",
                "CONTENT_TYPE": content_type,
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": BytesIO(body),
            }
            | environ
        )

    return post


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def resolve(outside):
    """``resolve(client, request=...)``: the parameters that count."""
    signatures = ClientSignatures(Secrets(), ClientKeys(outside))
    objects = RequestObjects(signatures, outside, SystemClock(), ISSUER)
    return lambda client=None, **parameters: objects.resolve(
        client or Registered(), {"client_id": "web"} | parameters
    )
