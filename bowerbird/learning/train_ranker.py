"""Train the feed's nightly model: exact vectors of posts from who took what, their nearest neighbours, calibrated chances.
One dial: `--effort`.

    python -m bowerbird.learning.train_ranker --interactions taken.csv --out feed
    bowerbird learn ranker

Nothing of it is needed on day one: the feed learns live, and this is one of its sources."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bowerbird.learning.ranker.files import write
from bowerbird.learning.ranker.night import EFFORTS, learned
from bowerbird.learning.ranker.taken import from_file


def main() -> None:
    """Train from the command line, on a file."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument(
        "--interactions", type=Path, required=True, help="a CSV file with the columns user, item, time and perhaps weight"
    )
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--effort", choices=sorted(EFFORTS), default="nightly")
    given = asked.parse_args()
    model = learned(from_file(given.interactions), EFFORTS[given.effort])
    print(json.dumps({"sha256": write(model, given.out), **model.figures}))


if __name__ == "__main__":
    main()
