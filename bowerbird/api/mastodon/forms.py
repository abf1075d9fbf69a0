"""Bodies with things inside things: JSON, or a form that writes them as `source[privacy]`, `fields_attributes[0][name]`, `id[]`."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from litestar.datastructures import UploadFile

from bowerbird.core import forms
from bowerbird.core.errors import Invalid
from bowerbird.door import FIELDS_MAX, Ask

T = TypeVar("T")


async def nested(request: Ask, kind: type[T]) -> tuple[T, dict[str, UploadFile]]:
    """What was sent as a `kind`, and the files that came with it by name. Raises Invalid."""
    try:
        if "form" not in request.headers.get("content-type", ""):
            return msgspec.convert(msgspec.json.decode(await request.body() or b"{}"), kind, strict=False), {}
        pairs = list((await request.form()).multi_items())[:FIELDS_MAX]
        files = {name: value for name, value in pairs if isinstance(value, UploadFile)}
        said = forms.tree((name, str(value)) for name, value in pairs if not isinstance(value, UploadFile))
        return msgspec.convert(said, kind, strict=False), files
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise Invalid(f"The request cannot be read: {wrong}") from wrong
