"""Malformed requests to all that speaks HTTP: whole ones, with damage in some places."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from tests.promises import malformed_words as given
from tests.promises.malformed_knowledge import MARK, Knowledge
from tests.promises.malformed_recipes import JSON, MULTIPART, RECIPES, Pairs, Recipe
from tests.promises.malformed_wire import Message, Wire
from tests.promises.target import Target, run
from tests.support.relying_party import FORM

Draw = Callable[[st.SearchStrategy[Any]], Any]

_KINDS = (FORM, JSON, MULTIPART, FORM + "; charset=utf-16", "text/xml", "", "a/b/c")
_PARTS = ("query", "body", "headers")
# How percent-encoding is done: properly, of half letters too; not at all; in another charset.
_ENCODINGS = (*["proper"] * 8, "raw", "latin-1", "utf-16")
# Mostly one thing is wrong: of two, the second one is rarely come to.
_HOW_MANY = (0, 1, 1, 1, 1, 2, 2, 3)


def fuzz_protocol(target: Target, knowledge: Knowledge, count: int, number: int) -> None:
    """``count`` requests, on one connection."""
    wire = Wire(target.server.base)

    def send(made: tuple[Recipe, str, Any]) -> None:
        message = write(*made, knowledge)
        started = time.monotonic()
        status, content = wire.send(message)
        target.findings.note(str(message), status, time.monotonic() - started, content)

    run(_requests(), send, count, number)
    wire.close()


@st.composite
def _requests(draw: Draw) -> tuple[Recipe, str, Any]:
    """A recipe, how it is encoded, and what is done to the bytes of its body."""
    recipe = draw(st.sampled_from(RECIPES))
    for _ in range(draw(st.sampled_from(_HOW_MANY))):
        recipe = draw(st.sampled_from(_DAMAGES))(draw, recipe)
    spoilt = st.tuples(st.integers(0, 2000), st.binary(max_size=3), st.booleans())
    hurt = draw(st.one_of(*[st.none()] * 9, spoilt))
    return recipe, draw(st.sampled_from(_ENCODINGS)), hurt


# Damage ------------------------------------------------------------------------------------------


def _change_value(draw: Draw, recipe: Recipe) -> Recipe:
    part, pairs = _some_part(draw, recipe)
    if not pairs:
        return recipe
    at = draw(st.integers(0, len(pairs) - 1))
    name, value = pairs[at]
    structured = part == "body" and recipe.kind == JSON
    changed = name, _spoilt(draw, value, structured=structured)
    return _with(recipe, part, (*pairs[:at], changed, *pairs[at + 1 :]))


def _drop(draw: Draw, recipe: Recipe) -> Recipe:
    part, pairs = _some_part(draw, recipe)
    at = draw(st.integers(0, len(pairs)))
    return _with(recipe, part, (*pairs[:at], *pairs[at + 1 :]))


def _double(draw: Draw, recipe: Recipe) -> Recipe:
    part, pairs = _some_part(draw, recipe)
    again = tuple(draw(st.sampled_from(pairs)) for _ in pairs[:1])
    return _with(recipe, part, (*pairs, *again))


def _add(draw: Draw, recipe: Recipe) -> Recipe:
    part = draw(st.sampled_from(_PARTS[:2]))
    name = draw(st.one_of(st.sampled_from(given.NAMES), st.text(max_size=8)))
    return _with(recipe, part, (*getattr(recipe, part), (name, draw(given.words()))))


def _add_header(draw: Draw, recipe: Recipe) -> Recipe:
    values = st.one_of(st.sampled_from(given.HEADER_VALUES), given.words())
    header = draw(st.sampled_from(given.HEADERS)), draw(values)
    return _with(recipe, "headers", (*recipe.headers, header))


def _change_path(draw: Draw, recipe: Recipe) -> Recipe:
    segments = recipe.path.split("/")
    at = draw(st.integers(1, len(segments)))
    segment = draw(st.one_of(st.sampled_from(given.SEGMENTS), st.text(max_size=8)))
    return replace(recipe, path="/".join((*segments[:at], segment, *segments[at + 1 :])))


def _change_method(draw: Draw, recipe: Recipe) -> Recipe:
    return replace(recipe, method=draw(st.sampled_from(given.METHODS)))


def _change_kind(draw: Draw, recipe: Recipe) -> Recipe:
    return replace(recipe, kind=draw(st.sampled_from(_KINDS)))


def _swap(_: Draw, recipe: Recipe) -> Recipe:
    return replace(recipe, query=recipe.body, body=recipe.query)


# Values are where most of the code is.
_DAMAGES = (
    *[_change_value] * 10,
    *(_drop, _drop, _double, _add, _add, _add_header, _add_header, _add_header),
    *(_change_path, _change_method, _change_kind, _swap),
)


def _some_part(draw: Draw, recipe: Recipe) -> tuple[str, Pairs]:
    # Without its headers a request rarely gets far.
    often = ("query", "query", "query", "body", "body", "body", "headers")
    filled = [part for part in often if getattr(recipe, part)] or ["query"]
    part = draw(st.sampled_from(filled))
    return part, getattr(recipe, part)


def _with(recipe: Recipe, part: str, pairs: Pairs) -> Recipe:
    changed: Any = {part: pairs}
    return replace(recipe, **changed)


def _spoilt(draw: Draw, value: Any, *, structured: bool) -> Any:
    """Another value, or this one with a wrong place somewhere in it."""
    if draw(st.booleans()) and isinstance(value, list | dict) and value:
        places = list(value) if isinstance(value, dict) else list(range(len(value)))
        at = draw(st.sampled_from(places))
        copy = value.copy()
        copy[at] = _spoilt(draw, value[at], structured=True)
        return copy
    if isinstance(value, str) and draw(st.booleans()):
        return _damaged(draw, value)
    odd = st.sampled_from(given.VALUES)
    return draw(st.one_of(given.words(), odd) if structured else given.words())


def _damaged(draw: Draw, text: str) -> str:
    """With one character changed, cut off somewhere, or with more behind it."""
    place = draw(st.integers(0, 500))
    letter = draw(st.sampled_from(("a", "Z", ".", "-", " ", "é", "")))
    mark = MARK.search(text)
    if mark:
        return text.replace(mark[0], f"<{mark[1]}:{place}:{letter}>", 1)
    at = place % (len(text) + 1)
    ways = (text[:at], text[:at] + letter + text[at + 1 :], text + letter)
    return str(draw(st.sampled_from(ways)))


# Writing -----------------------------------------------------------------------------------------


def write(recipe: Recipe, encoding: str, hurt: Any, knowledge: Knowledge) -> Message:
    """The request as bytes, with everything filled in."""
    recipe = replace(
        recipe,
        path=knowledge.fill(recipe.path),
        **{part: _filled(getattr(recipe, part), knowledge) for part in _PARTS},
    )
    body = _body(recipe, encoding)
    chunked = False
    if hurt is not None:
        place, other, chunked = hurt
        at = place % (len(body) + 1)
        body = body[:at] + other + (body[at + 1 :] if other else b"")
    target = quote(recipe.path, safe="/%;=", errors="surrogatepass").encode()
    if recipe.query:
        target += b"?" + _one_word(_form(recipe.query, encoding))
    headers = [(name, _text(value)) for name, value in recipe.headers]
    if recipe.kind and (body or recipe.method == "POST"):
        headers.append(("Content-Type", recipe.kind))
    return Message(recipe.method, target, tuple(headers), body, chunked)


def _filled(value: Any, knowledge: Knowledge) -> Any:
    if isinstance(value, str):
        return knowledge.fill(value)
    if isinstance(value, list | tuple):
        return type(value)(_filled(each, knowledge) for each in value)
    if isinstance(value, dict):
        return {name: _filled(each, knowledge) for name, each in value.items()}
    return value


def _body(recipe: Recipe, encoding: str) -> bytes:
    if not recipe.body:
        return b""
    if recipe.kind == JSON:
        return _json(recipe.body)
    if recipe.kind == MULTIPART:
        return _multipart(recipe.body)
    return _form(recipe.body, encoding)


def _json(pairs: Pairs) -> bytes:
    members = [_as_json(name) + b":" + _as_json(value) for name, value in pairs]
    return b"{" + b",".join(members) + b"}"


def _as_json(value: Any) -> bytes:
    """Bytes are JSON already, wherever they are."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        return b"[" + b",".join(map(_as_json, value)) + b"]"
    if isinstance(value, dict):
        return _json(tuple(value.items()))
    return json.dumps(value).encode()


def _form(pairs: Pairs, encoding: str) -> bytes:
    return b"&".join(_word(name, encoding) + b"=" + _word(value, encoding) for name, value in pairs)


def _word(value: Any, encoding: str) -> bytes:
    text = _text(value)
    if encoding == "raw":
        return text.encode("utf-8", "surrogatepass")
    if encoding == "proper":
        return quote_plus(text, errors="surrogatepass").encode()
    return quote_plus(text.encode(encoding, "replace")).encode()


def _multipart(pairs: Pairs) -> bytes:
    parts = [
        f'--here\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_text(value)}\r\n'
        for name, value in pairs
    ]
    return "".join([*parts, "--here--\r\n"]).encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    """A value of any kind where there is only text."""
    return value if isinstance(value, str) else _as_json(value).decode("utf-8", "replace")


def _one_word(target: bytes) -> bytes:
    """Without what would end it."""
    return b"".join(b"+" if byte <= 32 else bytes([byte]) for byte in target)
