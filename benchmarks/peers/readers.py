"""JSON5 libraries read texts.

    python -m benchmarks.peers.readers FILE [FILE ...] [--rounds N]

Run by `benchmarks.readers` in the environment of requirements-bench.lock; not a part of Lettrage. A library that
refuses a text is said to. The result is one line of JSON: the best milliseconds of each, of the processor.
"""

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path

SLOW_BYTES = 100_000  # json5, in Python, needs more time than the longer of its texts are worth


def best(library: str, text: str, rounds: int) -> float | str:
    """The best milliseconds of the rounds, or why there are none."""
    module = import_module(library)
    read = module.decode if library == "pyjson5" else module.loads
    if library == "json5" and len(text) > SLOW_BYTES:
        return ""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        try:
            read(text)
        except Exception as fault:
            return f"refused: {type(fault).__name__}"
        taken.append(1_000 * (time.process_time() - start))
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    found = {
        file.stem: {
            library: best(library, file.read_text("utf-8"), 1 if library == "json5" else asked.rounds)
            for library in ("pyjson5", "json5")
        }
        for file in asked.files
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
