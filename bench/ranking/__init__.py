"""How well the feed ranks, beside what it has to beat: on made-up streams for docs/benchmarks.md, on any file with `python -m bench.ranking FILE`."""

from __future__ import annotations

from bench.report import Table


def run() -> list[Table]:
    """Both streams that are made up, small enough for an evening."""
    from bench.ranking import __main__ as command
    from bench.ranking import synthetic

    return [
        table
        for name in synthetic.STREAMS
        for table in command.tables([name, "--max-events", "15000", "--questions", "600", "--effort", "quick"])
    ]
