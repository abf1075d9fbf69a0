"""`bowerbird learn tune`: the assistant's adapter from a dataset on disk."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from bowerbird.core.assets import models_dir
from bowerbird.core.settings import settings
from bowerbird.inference.runner.chat import GGUF


@click.command("tune")
@click.argument("dataset", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--cpu-minutes", type=click.FloatRange(min=0), help="Minutes of computing after which it stops; it goes on when called again."
)
@click.option(
    "--pairs", is_flag=True, help="Learn from pairs of answers (DPO) in place of liked answers: only where there are thousands."
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON; how far it is, line by line on stderr.")
def tune(dataset: Path, out: Path, cpu_minutes: float | None, pairs: bool, as_json: bool) -> None:
    """Train the embedded assistant on the DATASET folder's liked answers; what was learned is OUT/adapter.gguf.

    A file OUT/stop pauses it, and keeps it paused until it is deleted."""
    try:
        from bowerbird.learning import train_assistant
    except ImportError as missing:
        raise click.ClickException(f"Training needs the extra [learn]: {missing.name} is not installed.") from missing

    def tell(said: dict[str, Any]) -> None:
        print(json.dumps(said), file=sys.stderr, flush=True)

    try:
        found = train_assistant.train(
            dataset, out, settings().home / train_assistant.HOME, models_dir() / GGUF, train_assistant.Recipe(pairs=pairs, rehearsed=True),
            budget_s=None if cpu_minutes is None else cpu_minutes * 60, tell=tell if as_json else lambda _: None,
        )  # fmt: skip
    except (ValueError, FileNotFoundError) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo(json.dumps(found.said) if as_json else found.words)
