"""docs/benchmarks.md, from what the last runs have seen and from the words in benchmarks/page.md.

python -m benchmarks.page
"""

import re
from pathlib import Path

from benchmarks.part import PARTS
from benchmarks.tables import KEPT, Seen, kept, markdown

WORDS = Path(__file__).with_name("page.md")
PAGE = KEPT.with_suffix(".md")
_PLACE = re.compile(r"<!-- (aims|[a-z]+) -->")


def written() -> str:
    """The page: each place in the words filled with what its part has seen."""
    return _PLACE.sub(lambda place: _aims() if place[1] == "aims" else _part(place[1]), WORDS.read_text("utf-8"))


def _part(name: str) -> str:
    seen = kept(name)
    if seen is None:
        return "Not measured yet."
    told = [
        f"`{seen.command}`, {seen.day}, {seen.machine}; {seen.seconds:.0f} s, at most {seen.peak:.0f} MiB in its own"
        f" process and {seen.others:.0f} MiB in the largest that it started."
    ]
    told += [f"**This part {seen.failed}; what it had seen until then stands here.**"] * bool(seen.failed)
    for table in seen.tables:
        told.append(markdown(table))
        if table.bars:
            told.append(f"![{table.title}](benchmarks/{table.name}.svg)")
    return "\n\n".join(told)


def _aims() -> str:
    lines = ["| aim | figure | |", "|---|---:|---|"]
    for name in PARTS:
        for aim in (kept(name) or Seen("", "", "", ())).aims:
            lines.append(f"| {aim.aim} | {aim.figure} | {'reached' if aim.reached else '**not reached**'} |")
    return "\n".join(lines)


def write() -> None:
    PAGE.write_text(written(), "utf-8")


if __name__ == "__main__":
    write()
