"""Malformed requests to the REST API, made from its own description by schemathesis."""

import json
import time
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

from tests.promises.malformed_knowledge import Knowledge
from tests.promises.malformed_wire import Message, Wire
from tests.promises.target import Target, run
from tests.support.live_server import ROOT

DOCUMENT = ROOT / "docs" / "reference" / "openapi.json"
# What the parameters of paths stand for that there is a row of.
_ROWS = {
    "user_id": "<user_id>",
    "role_id": "<role_id>",
    "client_id": "<row_client_id>",
    "resource_server_id": "<resource_server_id>",
}


def fuzz_api(target: Target, knowledge: Knowledge, each: int, number: int) -> None:
    """``each`` requests for each operation that break its description, and as many that keep it."""
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
    wire = Wire(target.server.base)

    def send(made: tuple[Any, bool]) -> None:
        message = _write(*made, target, knowledge)
        if message is None:
            return
        started = time.monotonic()
        status, content = wire.send(message)
        target.findings.note(str(message), status, time.monotonic() - started, content)

    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        for mode in (GenerationMode.NEGATIVE, GenerationMode.POSITIVE):
            cases = operation.as_strategy(generation_mode=mode)
            run(st.tuples(cases, st.booleans()), send, each, number)
    wire.close()


def _write(case: Any, present: bool, target: Target, knowledge: Knowledge) -> Message | None:
    """As the administrator sends it, of a row that is ``present``; None for what is no request."""
    if present and case.path_parameters:
        rows = {name: knowledge.fill(mark) for name, mark in _ROWS.items()}
        case.path_parameters |= {n: rows[n] for n in case.path_parameters if n in rows}
    kwargs = case.as_transport_kwargs(base_url=target.server.base)
    try:
        request = requests.Request(**kwargs).prepare()
        path = request.path_url.encode("ascii")
    except (requests.RequestException, ValueError):
        return None
    # Who signs out does so for themselves.
    mark = "<own_token>" if "/auth/" in request.path_url else "<bearer>"
    headers = dict(request.headers) | {"Authorization": knowledge.fill(f"Bearer {mark}")}
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    return Message(str(request.method), path, tuple(headers.items()), body)
