"""The sheets' engine as a process of its own: a line of JSON in for each document, a line out with its report.

It ends when whoever asks ends.
"""

import sys
from pathlib import Path

import msgspec

from lettrage.adapters.rules.engine import Saxon


def main() -> None:
    """Answer until there are no more questions."""
    saxon = Saxon()
    for line in sys.stdin.buffer:
        sheet, xml = msgspec.json.decode(line, type=tuple[str, str])
        sys.stdout.buffer.write(msgspec.json.encode(saxon.report(Path(sheet), xml).decode()) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
