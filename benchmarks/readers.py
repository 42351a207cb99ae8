"""The readers of documents beside `json`, msgspec and two JSON5 libraries on the same texts.

The same settlements are written strictly (compact, as `json.dumps` writes, with unquoted numbers) and in the dialect
(single quotes and tabs as ERP utilities write, without the outer brace, with quotes of both kinds, with an apostrophe
to mend, with trailing commas). Everything reads in turn; the best of the rounds counts, as with `timeit`, the collector
off. JSON5 libraries run in the environment of the peers.
"""

import gc
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import company
from benchmarks.machine import apart
from benchmarks.part import Measured, Measuring, Options
from benchmarks.peers import run
from benchmarks.tables import Aim, Bar, Cell, Table
from lettrage.settlement import dialect

SETTLEMENTS, ROUNDS = 2_000, 15
SHORT_ROUNDS = 5
STRICT_AIM, DIALECT_AIM = 1.5, 6.0


def texts() -> dict[str, str]:
    """The same settlements in every way of writing; the first three are strict JSON."""
    tree = json.loads(company.document("1", 0, SETTLEMENTS))
    tabs = json.dumps(tree, ensure_ascii=False, indent="\t")
    single = tabs.replace('"', "'")
    numbers = json.dumps(tree, ensure_ascii=False).replace('"20240310"', "20240310").replace('"200"', "200.00")
    return {
        "compact": json.dumps(tree, ensure_ascii=False, separators=(",", ":")),
        "spaced": json.dumps(tree, ensure_ascii=False),
        "numbers": numbers,
        SMALL: json.dumps(json.loads(company.document("1", 0, 20)), ensure_ascii=False),
        "single quotes, tabs": single,
        "no outer brace": single.strip().removeprefix("{").removesuffix("}"),
        "both quotes": single.replace("'Règlement'", '"l\'escompte"'),
        "quote to mend": single.replace("'Règlement'", "'l'escompte'"),
        "trailing commas": single.replace("\n\t]", ",\n\t]").replace("'100',", "0100,"),
    }


STRICT = ("compact", "spaced", "numbers")
SMALL = "spaced, 20 settlements"


def readers(text: str) -> dict[str, Callable[[], object]]:
    """Who reads a text."""
    return {
        "strict": partial(dialect.strict, text),
        "dialect": partial(dialect.dialect, text),
        "tokenizer": partial(dialect.tokenized, text),
        "json": partial(json.loads, text),
        "msgspec": partial(msgspec.json.decode, text),
    }


def best(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The best milliseconds of each, in turn."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for name, work in works.items():
            start = time.process_time()
            work()
            taken[name].append(1_000 * (time.process_time() - start))
    gc.enable()
    return {name: min(times) for name, times in taken.items()}


def json5(written: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The same of the JSON5 libraries."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in written.items():
            (Path(folder) / f"{name}.txt").write_text(text, "utf-8")
        found: dict[str, dict[str, Any]]
        (found,) = run.lines("readers", *(f"{folder}/{name}.txt" for name in written))
    return found


def read(text: str) -> None:
    """What the engine does with a text."""
    dialect.parse(text)


def measured(options: Options) -> Measuring:
    """The table, and what was aimed at."""
    written, rounds = texts(), SHORT_ROUNDS if options.short else ROUNDS
    others = json5(written)
    rows: list[tuple[Cell, ...]] = []
    found: dict[str, dict[str, Any]] = {}
    for name, text in written.items():
        who = readers(text)
        if name not in (*STRICT, SMALL):
            who = {reader: who[reader] for reader in ("dialect", "tokenizer")}
            assert dialect.rewritten(text) is not None, name
        found[name] = times = best(who, rounds) | {other: others[name][other] for other in ("pyjson5", "json5")}
        columns = ("strict", "dialect", "tokenizer", "json", "msgspec", "pyjson5", "json5")
        _, most = apart(read, text)
        rows.append((name, len(text.encode()), *(times.get(column, "") for column in columns), most))
    yield told(rows, found)


def told(rows: list[tuple[Cell, ...]], found: dict[str, dict[str, Any]]) -> Measured:
    """The table, its picture, and what was aimed at."""
    heads = ("text", "bytes", "strict ms", "dialect ms", "tokenizer ms", "json", "msgspec", "pyjson5", "json5", "MiB")
    strictly = found["spaced"]["strict"]
    bars = [Bar(f"strict reader: {name}", found[name]["strict"]) for name in STRICT]
    bars += [Bar(f"dialect: {name}", times["dialect"]) for name, times in found.items() if name not in (*STRICT, SMALL)]
    bars += [Bar(f"{other}: spaced", found["spaced"][other], ours=False) for other in ("msgspec", "json", "pyjson5")]
    table = Table("readers", f"Reading {SETTLEMENTS:,} settlements", heads, tuple(rows), "milliseconds", tuple(bars))
    aims = [
        _aim(f"strict reader within {STRICT_AIM} times of msgspec: {name}",
             found[name]["strict"] / found[name]["msgspec"], STRICT_AIM) for name in STRICT
    ]  # fmt: skip
    aims += [
        _aim(f"dialect reader within {DIALECT_AIM:g} times of the strict one: {name}",
             times["dialect"] / strictly, DIALECT_AIM) for name, times in found.items() if name not in (*STRICT, SMALL)
    ]  # fmt: skip
    return (table,), tuple(aims)


def _aim(what: str, ratio: float, aim: float) -> Aim:
    return Aim(what, f"{ratio:.2f}", ratio <= aim)
