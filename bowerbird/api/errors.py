"""Errors in each API's own dialect, all from one family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response

from bowerbird.core.errors import Invalid, Refused, Trouble
from bowerbird.door import Ask, told


def dialect(say: Callable[[int, str, str, str], tuple[dict[str, Any], str]]) -> Callable[[Ask, Exception], Response[Any]]:
    """An exception handler that says errors as `say(status, code, said, path)` → (body, media type) does."""

    def handler(request: Ask, trouble: Exception) -> Response[Any]:
        status, code, said, headers = told(request, trouble)
        content, media_type = say(status, code, said, request.url.path)
        if isinstance(trouble, Refused):
            content |= {"rule": trouble.rule, "decision_id": str(trouble.decision_id)}
        return Response(msgspec.json.encode(content), status_code=status, headers=headers, media_type=media_type)

    return handler


mastodon = dialect(lambda _status, _code, said, _path: ({"error": said}, "application/json"))
problem = dialect(
    lambda status, code, said, path: (
        {"type": f"urn:bowerbird:{code}", "title": code.replace("_", " "), "status": status, "detail": said, "instance": path},
        "application/problem+json",
    )
)


def openai(request: Ask, trouble: Exception) -> Response[Any]:
    """OpenAI's shape: {"error": {"message", "type", "param", "code"}}, with the codes that its SDKs know."""
    status, code, said, headers = told(request, trouble)
    status = 400 if isinstance(trouble, Invalid) else status
    codes = {401: "invalid_api_key", 403: "insufficient_permissions", 413: "request_too_large", 429: "rate_limit_exceeded"}
    kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    error: dict[str, Any] = {"message": said, "type": kind, "param": None, "code": codes.get(status, code)}
    if isinstance(trouble, Refused):
        error |= {"code": "content_policy_violation", "rule": trouble.rule, "decision_id": str(trouble.decision_id)}
    elif isinstance(trouble, Trouble) and trouble.details.get("model"):
        error |= {"param": "model", "code": "model_not_found"}
    return Response(msgspec.json.encode({"error": error}), status_code=status, headers=headers, media_type="application/json")
