"""What administrators may do to learning: put a version into use, go back, have a night walked now, pause the nights. Each with who and why.

After the first two, once they are committed, `releases.settle` puts into service what is in use then."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, NotAllowed, NotFound
from bowerbird.core.settings import Settings, settings
from bowerbird.inference import adapters
from bowerbird.learning import nights, orders, releases
from bowerbird.learning.orders import Order
from bowerbird.learning.releases import Release

MODELS = ("assistant", releases.ADAPTER, "pictures", "ranker")


def allow(keeper: Person) -> None:
    """Raises NotAllowed for anyone but an administrator."""
    if keeper.role != "admin":
        raise NotAllowed("What is learned is steered by the administrators of this house.")


async def promote(
    db: Database, keeper: Person | None, model: str, number: int, why: str, where: Settings | None = None
) -> Release:
    """Put a version that passed the gate into use. `keeper` None: whoever sits at the house's command line. Raises NotFound, Conflict, Invalid
    without a reason."""
    _known(keeper, model)
    orders.checked(why)
    one = await releases.promote(db, model, number, where)
    if model == releases.ADAPTER and not adapters.file_of(where or settings(), one.sha256).exists():
        raise Conflict(f"The file of {one.name} is no longer kept.")
    await orders.give(db, keeper and keeper.id, "promote", why, model=model, number=number)
    return one


async def rollback(db: Database, keeper: Person | None, model: str, why: str, where: Settings | None = None) -> Release | None:
    """Take back the version on trial, else go back to the one that was in use before; what is in use then. Raises as `promote`."""
    _known(keeper, model)
    orders.checked(why)
    one = await releases.rollback(db, model, where)
    await orders.give(db, keeper and keeper.id, "rollback", why, model=model, number=one.number if one else None)
    return one


async def pause(db: Database, keeper: Person, why: str) -> Order:
    """No night begins until it is resumed; what is in use stays, and what is tried goes on being looked at."""
    allow(keeper)
    if await orders.paused(db):
        raise Conflict("Learning is paused already.")
    return await orders.give(db, keeper.id, "pause", why)


async def resume(db: Database, keeper: Person, why: str) -> Order:
    """Nights begin again."""
    allow(keeper)
    if await orders.paused(db) is None:
        raise Conflict("Learning is not paused.")
    return await orders.give(db, keeper.id, "resume", why)


async def run(db: Database, keeper: Person, why: str) -> Order:
    """Have everything walked through at once, by the worker, within its minutes. One at a time."""
    allow(keeper)
    if await orders.paused(db):
        raise Conflict("Learning is paused. Resume it first.")
    if await nights.under_way(db) or await orders.wanted(db):
        raise Conflict("It is being walked through already.")
    return await orders.give(db, keeper.id, "run", why)


def _known(keeper: Person | None, model: str) -> None:
    if keeper is not None:
        allow(keeper)
    if model not in MODELS:
        raise NotFound("There is no such model.")
