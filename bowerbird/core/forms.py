"""Forms with things inside things: `a[b]`, `a[]`, `a[][b]` and `a[0][b]`, as browsers and Rails write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

_NAME = re.compile(r"([^\[\]]{1,60})((?:\[[^\[\]]{0,60}\]){0,3})")


def tree(pairs: Iterable[tuple[str, str]]) -> object:
    """The fields of a form as nested mappings and lists."""
    said: dict[str, Any] = {}
    for name, value in pairs:
        _put(said, name, value)
    return _listed(said)


def _put(said: dict[str, Any], name: str, value: str) -> None:
    """One pair of a form into its place. A name that is no name is passed by."""
    found = _NAME.fullmatch(name)
    if found is None:
        return
    keys = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
    at = said
    for place, name_ in enumerate(keys):
        key, last = name_, place == len(keys) - 1
        if key == "":  # the next of a list; of things, a new one begins where its field was there already
            after = keys[place + 1] if not last else None
            latest = at.get(str(len(at) - 1))
            new = last or not isinstance(latest, dict) or after in latest
            key = str(len(at)) if new else str(len(at) - 1)
        if last:
            at[key] = value
            return
        inner = at.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        at = cast(dict[str, Any], inner)


def _listed(said: object) -> object:
    """The same with every mapping of numbers as a list."""
    if not isinstance(said, dict):
        return said
    inner = {key: _listed(value) for key, value in cast(dict[str, object], said).items()}
    if inner and all(key.isascii() and key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
