"""/openapi.json: what every API of this house takes and gives, read from the routes themselves.

Litestar knows the paths; what a handler takes stands in its code (`await body(request, NewStatus)`), and is read from there, so that the
description cannot drift from what is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

PREFIXES = ("/api/v1/", "/api/v2/", "/api/oembed", "/api/bower/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo")
NOT_JSON = ("/events", "/preview", "/export/file", "/timelapse", "/download", "/downloads/pictures", "/streaming")
ERRORS = {
    "mastodon": {"type": "object", "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}}, "required": ["error"]},
    "problem": {
        "type": "object", "required": ["type", "title", "status", "detail"],
        "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
    },
}  # fmt: skip
PAGING = ("max_id", "since_id", "min_id")


def handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """(method, path as OpenAPI writes it, handler) of every route of an API."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path_format.startswith(PREFIXES):
            for method, (handler, _) in route.route_handler_map.items():
                if method not in ("OPTIONS", "HEAD"):
                    yield method.lower(), route.path_format, handler


def taken(handler: HTTPRouteHandler) -> type[msgspec.Struct] | None:
    """What a handler reads from the body of a request."""
    function = handler.fn
    names = function.__code__.co_names
    if not {"body", "body_and_files"} & set(names):
        return None
    found = [function.__globals__.get(name) for name in names]
    structs = [one for one in found if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    return structs[0] if structs else None


def document(app: Litestar) -> dict[str, Any]:
    """The whole of it as OpenAPI 3.1."""
    known = app.openapi_schema.to_schema()
    found = list(handlers(app))
    bodies = list(dict.fromkeys(struct for _, _, handler in found if (struct := taken(handler))))
    references, schemas = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
    of = dict(zip(bodies, references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for method, path, handler in found:
        struct = taken(handler)
        paths.setdefault(path, {})[method] = _operation(
            known["paths"][path][method], path, handler, of[struct] if struct else None
        )
    security = {"bearer": {"type": "http", "scheme": "bearer"}}
    errors = {f"{name.title()}Error": schema for name, schema in ERRORS.items()}
    return {
        **known,
        "paths": paths,
        "components": {"schemas": {**schemas, **errors}, "securitySchemes": security},
        "security": [{"bearer": []}],
    }


def _operation(said: dict[str, Any], path: str, handler: HTTPRouteHandler, body: dict[str, Any] | None) -> dict[str, Any]:
    parameters = list(said.get("parameters", []))
    if "page_of" in handler.fn.__code__.co_names:
        parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in PAGING]
        parameters.append({"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 80}})
    error = "Problem" if path.startswith("/api/bower/") else "Mastodon"
    kind = "application/problem+json" if error == "Problem" else "application/json"
    default = {"description": "What was wrong", "content": {kind: {"schema": {"$ref": f"#/components/schemas/{error}Error"}}}}
    answer: dict[str, Any] = {"description": (handler.fn.__doc__ or "").strip()}
    if not path.endswith(NOT_JSON) and "/streaming" not in path:
        answer["content"] = {"application/json": {"schema": _given(handler)}}
    operation = {
        "operationId": said["operationId"], "summary": (handler.fn.__doc__ or "").strip(), "parameters": parameters,
        "responses": {"2XX": answer, "default": default},
    }  # fmt: skip
    if body:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return operation


def _given(handler: HTTPRouteHandler) -> dict[str, Any]:
    """The shape of an answer as its annotation tells it; bytes that are JSON already may be anything."""
    told = str(handler.fn.__annotations__.get("return", ""))
    if told.startswith(("list", "Response[list")):
        return {"type": "array"}
    return {"type": "object"} if told.startswith("dict") else {}
