"""max_id, since_id and min_id, and the Link header that leads on, as clients expect them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.door import PAGE_MAX, Ask, limit_of

BOUNDS = ("max_id", "since_id", "min_id")
QUERY_FIELDS_MAX = 20


def page_of(request: Ask, default: int = 20, most: int = PAGE_MAX) -> Page:
    """Which stretch is asked for."""
    before, after, upward = (parse(request.query_params.get(name)) for name in BOUNDS)
    return Page(before, after, upward, limit_of(request, default, most))


def links(request: Ask, ids: Sequence[int]) -> dict[str, str]:
    """The Link header to the pages before and after one whose rows have these ids, newest first; none for an empty page."""
    if not ids:
        return {}
    kept = [(k, v) for k, v in list(request.query_params.multi_items())[:QUERY_FIELDS_MAX] if k not in BOUNDS]
    base = f"{settings().origin}{request.url.path}?"
    older, newer = urlencode([*kept, ("max_id", ids[-1])]), urlencode([*kept, ("min_id", ids[0])])
    return {"Link": f'<{base}{older}>; rel="next", <{base}{newer}>; rel="prev"'}
