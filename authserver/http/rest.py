"""flask-smorest, taught our manners: strict JSON, 400 for a bad body, ``{code, message}``."""

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import marshmallow as ma
from flask import Request
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, UnsupportedMediaType
from werkzeug.wrappers import Response

from authserver.errors import Invalid
from authserver.http.json_body import load_json
from authserver.http.principal import Guard
from authserver.http.problems import http_problem

View = TypeVar("View", bound=Callable[..., Any])
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token for this server. `x-permission` names the permission that is "
    "needed, unless it concerns one's own account.",
}


class ErrorSchema(ma.Schema):
    """What every refusal looks like."""

    code = ma.fields.String(required=True, metadata={"description": "A word for programs."})
    message = ma.fields.String(required=True, metadata={"description": "A sentence for people."})
    errors = ma.fields.Dict(
        metadata={"description": "By member of the request: what is wrong with it."}
    )


class _Parser(FlaskParser):
    """Reads arguments strictly: surplus is refused in the body and in the query alike."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": ma.RAISE}

    def _raw_load_json(self, req: Request) -> Any:
        body = _body(req)
        if not body and not req.mimetype:
            return {}
        if req.mimetype != "application/json":
            raise UnsupportedMediaType
        value = load_json(body)
        if not isinstance(value, dict):
            raise Invalid(fields={"json": ["Expected a JSON object."]})
        return value

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        repeated = [name for name, values in req.args.lists() if len(values) > 1]
        if repeated:
            raise Invalid(fields={"query": ["Each parameter may appear once."]})
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, *_: Any, **__: Any) -> NoReturn:
        messages = error.messages_dict
        # webargs files the messages under where the arguments came from: json, query.
        fields = next(iter(messages.values())) if len(messages) == 1 else messages
        raise Invalid(fields=fields if isinstance(fields, dict) else messages) from error


def _body(req: Request) -> bytes:
    """The body. Raises :class:`Invalid` when its framing is broken, or its sender has gone."""
    try:
        body = req.get_data()
    except HTTPException:
        raise
    except Exception as error:
        # What a server raises here has no kind of its own; it is never a fault of ours.
        raise Invalid(fields={"json": ["The body could not be read."]}) from error
    if req.content_length not in (None, len(body)):
        # RFC 9112, section 8: who cuts a message off must not choose what it means.
        raise Invalid(fields={"json": ["The body is shorter than its Content-Length."]})
    return body


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A blueprint of the REST API."""

    ARGUMENTS_PARSER = _Parser()

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """As Flask's. The document tells the view's name as operationId, and what it demands."""
        decorate = super().route(rule, **options)
        return lambda view: decorate(self.doc(**_description(view))(view))


def _description(view: Callable[..., Any]) -> dict[str, Any]:
    guard: Guard | None = getattr(view, "__guard__", None)
    description: dict[str, Any] = {"operationId": view.__name__}
    if guard is None or guard.kind == "public":
        return description | {"security": []}
    description["security"] = [{"bearer": []}]
    return description | ({"x-permission": guard.permission} if guard.permission else {})


class RestApi(Api):  # type: ignore[misc]
    """The REST API and its OpenAPI document."""

    ERROR_SCHEMA = ErrorSchema

    def handle_http_exception(self, error: HTTPException) -> Response:
        return http_problem(error)
