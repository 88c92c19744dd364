"""Tokens counted as they are issued, by the grant that brought them about."""

from functools import lru_cache
from typing import NamedTuple

from authserver.observability.metrics import TOKENS
from authserver.observability.series import Number
from authserver.tokens.authorization import TokenSet


class _Kinds(NamedTuple):
    access: Number
    refresh: Number
    id: Number


def count_issued(grant: str, tokens: TokenSet) -> TokenSet:
    """The tokens, counted. ``grant`` is one that is registered."""
    kinds = _kinds(grant)
    kinds.access.add()
    if tokens.refresh_token is not None:
        kinds.refresh.add()
    if tokens.id_token is not None:
        kinds.id.add()
    return tokens


@lru_cache(maxsize=32)
def _kinds(grant: str) -> _Kinds:
    return _Kinds(*(TOKENS.of(grant, kind) for kind in ("access", "refresh", "id")))
