"""Seals of the audit record as they are noted elsewhere: ``NUMBER:DIGEST``."""

import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from authserver.audit.seals import Head

_WRITTEN = re.compile("([1-9][0-9]{0,17}):([0-9a-f]{64})")


class NotedSeal(click.ParamType["Head"]):
    """The number of a seal and its digest, as ``authserver audit verify`` tells them."""

    name = "seal"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Head":
        from authserver.audit.seals import Head

        written = _WRITTEN.fullmatch(str(value).strip().lower())
        if written is None:
            self.fail(
                f"{value!r} is no seal. Expected a number, a colon and 64 hexadecimal digits, "
                "as `authserver audit verify` prints them.",
                param,
                ctx,
            )
        return Head(int(written[1]), bytes.fromhex(written[2]))


SEAL = NotedSeal()
