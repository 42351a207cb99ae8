"""Writes docs/refusals.md from the catalogue and the cases: `python tests/refusals/page.py`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from lettrage.catalogue import CATALOGUE, Text  # noqa: E402
from lettrage.refusal import Refusal  # noqa: E402
from tests.refusals.cases import FAMILIES, HERE, codes  # noqa: E402

PAGE = ROOT / "docs" / "refusals.md"
EXCERPT_LINES = 12

_INTRODUCTION = """# Every refusal and warning

Each has a stable code. A reason against a settlement carries the code, the place in your own spelling (`path`), what
was found (`seen`), what was expected (`expected`), a sentence in French (`fr`) and in English (`en`), and how to mend
it (`fix`, `fix_en`). In the texts below, names in braces are filled in.

This page is written by `python tests/refusals/page.py` from `src/lettrage/catalogue.toml` and the cases of
`tests/refusals`; each example there is run by the tests.
"""

_FAMILIES = {
    "text": ("The call", "Nothing is judged and nothing is stored: `error` is not 0 and `txterr` says why."),
    "document": ("The document alone", "`resultcode` 1: what the document shows without the books."),
    "names": ("Names", "`resultcode` 2: something that is named does not exist."),
    "books": ("The state of the books", "`resultcode` 3."),
    "warnings": ("Warnings", "The settlement is done; the logbook keeps the warning."),
    "load": ("Loading", "The load is refused whole; every fault is listed with its place."),
    "store": ("Database and commands", "The command could not be carried out; nothing was written."),
    "chorus": (
        "Chorus Pro's settings",
        "Nothing was changed and nothing was sent; [chorus.md](chorus.md) says how to connect.",
    ),
    "invoice": ("Files of invoices", "This invoice is refused, those beside it are not."),
    "sending": ("Sending", "This document is not sent, those beside it are; nothing is ever sent twice."),
    "reporting": (
        "Payment reports",
        "This payment is left out of the report until it is mended, those beside it are not.",
    ),
    "statement": ("Bank statements", "Nothing of the statement is kept; [bank.md](bank.md) says what is read."),
    "http": ("Calls over HTTP", "The call was not carried out; [api.md](api.md) says which status goes with it."),
}


def written() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for family in FAMILIES:
        title, meaning = _FAMILIES.get(family, (family.capitalize(), ""))
        parts.append(f"## {title}\n\n{meaning}\n".replace("\n\n\n", "\n"))
        parts += ["\n".join(_section(code, CATALOGUE[code])) + "\n" for code in codes(family)]
    return "\n".join(parts)


def _section(code: str, text: Text) -> Iterator[str]:
    yield f"### `{code}`"
    yield ""
    if text.family in ("document", "names", "books"):
        yield f"- resultcode: {text.resultcode}"
    yield f"- fr: {text.fr}"
    yield f"- fix: {text.fix_fr}"
    yield f"- en: {text.en}"
    yield f"- fix_en: {text.fix_en}"
    excerpt = _excerpt(HERE / code)
    if excerpt:
        yield ""
        yield "```"
        yield from excerpt
        yield "```"
    if said := _said(code):
        yield ""
        yield f"> {said}"


def _excerpt(folder: Path) -> list[str]:
    """The beginning of what comes in."""
    for name in ("document.txt", "load.json", "load.csv"):
        file = folder / name
        if file.exists():
            data = file.read_bytes()
            if b"\0" in data:
                return ["(UTF-16)"]
            lines = [line.rstrip() for line in data.decode("utf-8").strip().splitlines() if line.strip()]
            more = ["..."] if len(lines) > EXCERPT_LINES else []
            more += [f"# {line}" for line in _circumstances(folder)]
            return [line[:160] + ("..." if len(line) > 160 else "") for line in lines[:EXCERPT_LINES]] + more
    return []


def _circumstances(folder: Path) -> Iterator[str]:
    """What stands beside the document: options, and what came before."""
    options = folder / "options.toml"
    if options.exists():
        yield from (line for line in options.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    if (folder / "first.txt").exists():
        yield "after tests/refusals/" + folder.name + "/first.txt"
    if (folder / "document.txt").exists() and (folder / "load.json").exists():
        yield "with tests/refusals/" + folder.name + "/load.json"


def _said(code: str) -> str:
    """What the example's answer says, in French."""
    file = HERE / code / "expected.json"
    if not file.exists():
        return ""
    reasons = list(_reasons(json.loads(file.read_text("utf-8"))))
    found = next((r for r in reasons if r["code"] == code), None)
    if found is None:
        return ""
    return Refusal(code, found["path"], found["seen"], found["expected"], found.get("facts", {})).say("fr")


def _reasons(shown: Any) -> Iterator[dict[str, Any]]:
    """Every reason anywhere in what comes out."""
    if isinstance(shown, dict):
        if "code" in shown:
            yield shown
        for part in shown.values():
            yield from _reasons(part)
    elif isinstance(shown, list):
        for part in shown:
            yield from _reasons(part)


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
