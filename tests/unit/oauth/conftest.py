"""Requests without a server around them."""

from collections.abc import Callable
from io import BytesIO

import pytest

from authserver.http.messages import HttpRequest


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
