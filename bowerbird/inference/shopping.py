"""`bowerbird models add`, as it speaks on the terminal: what it is, whose terms, how large, then the files and their hash."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from bowerbird.core.errors import Invalid
from bowerbird.core.settings import Settings
from bowerbird.inference import hub, registry
from bowerbird.inference.registry import Model


def add(
    where: Settings, source: str, *, revision: str, file: str, variant: str, base: str, scale: float, name: str, steps: int | None,
    guidance: float | None, accept_licence: bool,
) -> None:  # fmt: skip
    """Fetch and write down. Raises Invalid, TooLarge, Conflict or Unavailable in words."""
    id_ = _id(name or source)
    registry.free(where, id_)
    if base and registry.model(where, base).base:
        raise Invalid(f"“{base}” is a LoRA itself. Name the model that both are laid over.")
    found = hub.look(where, source, revision=revision, file=file, lora=bool(base), variant=variant)
    kind = {
        "diffusers": f"a {found.pipeline or 'diffusers'} folder",
        "sdcpp": "a file for stable-diffusion.cpp",
        "lora": f"a LoRA for {base}",
    }
    click.echo(
        f"{source} at {found.revision[:12]}: {kind[found.plug]}, {len(found.files)} files, {found.size_bytes / 1e6:,.0f} MB",
        err=True,
    )
    click.echo(f"Licence: {found.licence}. Read it at {where.models_hub_url.rstrip('/')}/{source}", err=True)
    if not accept_licence and not click.confirm("Do you accept it for this house?", err=True):
        raise Invalid("Nothing was fetched. Add --accept-licence once you agree to its licence.")
    with click.progressbar(length=found.size_bytes, label=f"Fetching {id_}", file=sys.stderr) as bar:
        files = hub.fetch(where, found, id_, bar.update)
    few_steps, no_guidance = found.steps
    made = hub.model(
        found, id_, files, name=name or source.rpartition("/")[2], base=base, scale=scale, steps=steps or few_steps,
        guidance=no_guidance if guidance is None else guidance,
    )  # fmt: skip
    registry.add(where, made)
    click.echo(json.dumps(told(made), indent=1))


def told(one: Model) -> dict[str, Any]:
    """A model as the commands print it."""
    return {
        "id": one.id, "name": one.name, "engine": one.plug, "source": one.source, "revision": one.revision, "licence": one.licence,
        "size_bytes": one.size_bytes, "sha256": one.sha256, "files": {file.name: file.sha256 for file in one.files},
    } | ({"base": one.base, "scale": one.scale} if one.base else {})  # fmt: skip


def _id(text: str) -> str:
    """A name for the wire and the disk from what people call it: "owner/Some Model" is "some-model"."""
    plain = text.rpartition("/")[2].lower().replace(" ", "-")
    return "".join(letter for letter in plain if letter.isascii() and (letter.isalnum() or letter in "._-"))[:80]
