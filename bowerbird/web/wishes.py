"""What the studio's forms ask for: the prompt form, the home page's composer, and the chips that correct a reading."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound, Trouble
from bowerbird.gallery import remixes, styles
from bowerbird.media import attachments
from bowerbird.studio import generations, masks
from bowerbird.studio.masks import Mask
from bowerbird.studio.presets import Preset
from bowerbird.studio.styles import SHAPES
from bowerbird.web import easels
from bowerbird.web.asking import Form

COUNTS = ("1", "2", "3", "4")


@dataclass(slots=True)
class Settings:
    """What stands in the prompt form."""

    prompt: str = ""
    medium: str = ""
    shape: str = "square"
    count: int = 4
    leave_out: str = ""
    seed: str = ""
    strength: int = 50
    tier: str = ""
    style: Preset | None = None  # a style of somebody's, whose words go around the prompt
    lock: bool = False  # keep the seed while the words change
    last_seed: int | None = None
    timelapse: bool = False
    part: str = ""  # which part of the picture is painted anew: one of masks.PARTS, "drawn", or "extend-" and where to
    mask: str = ""  # what was drawn, as it was sent
    errors: dict[str, str] = field(default_factory=dict[str, str])


def refused(form: Form, wrong: Trouble) -> Settings:
    """The form as it was sent, with what was wrong."""
    count, field_ = form.text("count"), "seed" if "seed" in wrong.said else "prompt"
    return Settings(
        form.text("prompt"), form.text("medium"), form.text("shape"), int(count) if count in COUNTS else 4, form.text("leave_out"),
        form.text("seed"), round(_strength(form) * 100), form.text("tier"), None, form.on("lock"), None, form.on("timelapse"),
        form.text("part")[:20], form.text("mask")[: masks.LENGTH_MAX], {field_: wrong.said},
    )  # fmt: skip


async def of(db: Database, me: Person, form: Form) -> generations.Ask:
    """What the form asks for; from the chips, everything not on them is the try's own."""
    if form.on("from_candidate"):
        return await _corrected(db, me, form)
    seed = form.text("seed").replace(" ", "") or (form.text("last_seed") if form.on("lock") else "")
    style_id = form.id("style")
    if seed and not (seed.isascii() and seed.isdigit() and len(seed) <= 10):
        raise Invalid("A seed is a whole number.")
    count = form.text("count", "4")
    width, height = SHAPES.get(form.text("shape", "square"), SHAPES["square"])
    mask, extend = await _part(db, me, form)
    return generations.Ask(
        prompt=form.text("prompt"), negative_prompt=form.text("leave_out"), width=width, height=height,
        count=int(count) if count in COUNTS else 4, seed=int(seed) if seed else None, style=form.text("medium"),
        strength=_strength(form), tier=form.text("tier"), preset=await styles.see(db, me, style_id) if style_id else None,
        timelapse=form.on("timelapse"), mask=mask, extend=extend,
    )  # fmt: skip


async def _part(db: Database, me: Person, form: Form) -> tuple[Mask | None, str]:
    """Which part of the picture is to be painted anew, or beyond which edges it goes. Raises Invalid or TooLarge."""
    part, remix = form.text("part"), form.id("remix")
    if not part or not remix:
        return None, ""
    if part.startswith("extend-"):
        return None, part.removeprefix("extend-")
    if part == "drawn":
        return await asyncio.to_thread(masks.read, form.text("mask")), ""
    source = await remixes.source(db, me, remix)
    media = await attachments.of(db, [source.media_id or 0])
    return (masks.of_part(part, media[0].width, media[0].height) if media else None), ""


async def _corrected(db: Database, me: Person, form: Form) -> generations.Ask:
    """The same once more with corrected chips: the same seeds in the same places, so that only what was changed changes."""
    found = await easels.look(db, me, form.id("from_generation") or 0)
    tried = next((c for c in found.candidates if c.id == form.text("from_candidate")), None)
    if tried is None:
        raise NotFound
    before = await generations.own(db, me, int(found.id))
    edits = {k: v for chip in tried.reading if (v := _edit(chip, form)) is not None for k in [str(chip["field"])]}
    return generations.Ask(
        prompt=before.prompt, tier=before.tier, negative_prompt=before.negative_prompt, width=before.width, height=before.height, seed=before.seed,
        count=len(found.candidates), style="" if "medium" in edits else before.style, strength=before.strength, edits=edits,
    )  # fmt: skip


def _edit(chip: dict[str, Any], form: Form) -> str | None:
    """What a chip asks for: its new words, "" for a subject taken out, None to let it be read or chosen again.

    What the seed chose is held on to; what the words said is read from them anyway."""
    wanted, was = form.text(f"read_{chip['field']}").strip()[:80], str(chip["value"])
    if not wanted:
        return "" if chip["field"].endswith(".noun") else None
    kept = not chip["said"] and not chip["field"].startswith("subjects.")
    return wanted if wanted != was or kept else None


def begin(asked: Mapping[str, str], preset: Preset | None) -> Settings:
    """The form as an address or a draft asks for it, with what a style says where nothing else was said."""
    words = {key: asked.get(key, "") for key in ("prompt", "medium", "shape", "count", "leave_out", "seed", "strength", "tier")}
    count, strength = words["count"], words["strength"]
    settings = Settings(
        words["prompt"][: generations.PROMPT_LENGTH_MAX], words["medium"][:40], words["shape"] if words["shape"] in SHAPES else "square",
        int(count) if count in COUNTS else 4, words["leave_out"][:200], words["seed"][:12], int(strength) if strength.isdecimal() and
        len(strength) < 4 else 50, words["tier"][: generations.TIER_LENGTH_MAX], preset, bool(asked.get("lock")), None, bool(asked.get("timelapse")),
    )  # fmt: skip
    if preset:
        settings.medium, settings.tier = settings.medium or preset.medium, settings.tier or preset.tier
        settings.leave_out = settings.leave_out or preset.leave_out
        settings.strength = round(preset.strength * 100) if preset.strength is not None and not strength else settings.strength
    return settings


def _strength(form: Form) -> float:
    text = form.text("strength", "50")
    return min(100, int(text)) / 100 if text.isascii() and text.isdigit() and len(text) < 5 else 0.5


def shape_of(width: int, height: int) -> str:
    """The name of a shape."""
    return "square" if abs(width - height) < 0.1 * width else "wide" if width > height else "portrait"
