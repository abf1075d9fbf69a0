"""The Model Context Protocol at `/mcp`: the network inside any assistant app, with the rights of who let it in and no more."""

from __future__ import annotations

from bowerbird.api.mcp import registration
from bowerbird.api.mcp.entrance import mcp, running

__all__ = ["routes", "running"]

routes = [mcp, registration.routes]
