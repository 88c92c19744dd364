"""ETag and If-Match (RFC 9110, sections 8.8.3 and 13.1.1): no lost update."""

from flask import request

from authserver.errors import PreconditionFailed


def etag(version: int) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}


def expected_version() -> int | None:
    """The version that the caller means to change; None when any will do.

    Raises :class:`PreconditionFailed` for a tag that we never gave.
    """
    tags = request.if_match
    if tags.star_tag or not request.headers.get("If-Match"):
        return None
    versions = [tag for tag in tags.as_set() if tag.isascii() and tag.isdigit()]
    if len(versions) != 1 or len(versions[0]) > 9:
        raise PreconditionFailed
    return int(versions[0])
