"""The cases of this folder: one folder per code, with what comes in and what is expected to come out.

company.json         the company that every case starts from
<code>/load.json     loaded over it; in the family `load` this is what is refused
<code>/first.txt     a document settled before
<code>/document.txt  the document
<code>/options.toml  caller, dossier, key, dry_run, now, first_now, file (the name of the load file),
                     [repeat] line, times (a line of the document written so many times)
<code>/expected.json what comes out
"""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any
from unittest import mock

import lettrage.settlement
from lettrage.catalogue import CATALOGUE
from lettrage.opening import Loaded
from lettrage.refusal import Refusal, Stop, Unreadable
from lettrage.settlement import Caller, answer
from lettrage.settlement.answer import Reply
from lettrage.settlement.document import Plan
from tests.world import NOON, World

HERE = Path(__file__).parent
COMPANY = (HERE / "company.json").read_bytes()
DOSSIER = "998"
FAMILIES = tuple(dict.fromkeys(text.family for text in CATALOGUE.values()))


def folders() -> list[str]:
    """The codes that have a folder."""
    return sorted(path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__")


def codes(family: str) -> list[str]:
    """The codes of a family, in the order of the catalogue."""
    return [code for code, text in CATALOGUE.items() if text.family == family]


@dataclass
class Told:
    """All that a case brought to light: the refusals and warnings as values, and the answer as it goes out."""

    shown: dict[str, Any] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[Refusal] = field(default_factory=list)
    transactions: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Case:
    """One folder."""

    code: str

    @property
    def folder(self) -> Path:
        return HERE / self.code

    @property
    def options(self) -> dict[str, Any]:
        file = self.folder / "options.toml"
        return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}

    @property
    def is_load(self) -> bool:
        return not (self.folder / "document.txt").exists()

    def read(self, name: str) -> bytes:
        file = self.folder / name
        return file.read_bytes() if file.exists() else b""

    @property
    def document(self) -> bytes:
        """The document, with the line that stands for many written out."""
        lines = self.read("document.txt").splitlines(keepends=True)
        if repeat := self.options.get("repeat"):
            at = repeat["line"] - 1
            lines[at : at + 1] = [lines[at]] * repeat["times"]
        return b"".join(lines)

    def caller(self, **changes: Any) -> Caller:
        options = self.options
        given = {name: options[name] for name in ("dossier", "key", "dry_run") if name in options}
        return Caller(options.get("caller", "till"), "cli", **(given | changes))

    # ------------------------------------------------------------ playing

    def prepare(self, file: Path) -> World:
        """The company, what is loaded over it and settled before."""
        world = World(file)
        assert not world.load(COMPANY).faults
        if not self.is_load and (over := self.read("load.json")):
            loaded = world.load(over)
            assert not loaded.faults, [fault.say("en") for fault in loaded.faults]
        if first := self.read("first.txt"):
            world.clock.at = self.options.get("first_now", NOON)
            reply = world.settle(first, self.caller(dry_run=False))
            assert (reply.error, reply.refused) == (0, 0), reply.text
        world.clock.at = self.options.get("now", NOON)
        return world

    def play(self, world: World) -> Told:
        return self._load(world) if self.is_load else self._settle(world)

    def _load(self, world: World) -> Told:
        name = self.options.get("file", "load.json")
        data = self.read("load" + Path(name).suffix)
        try:
            loaded = world.load(data, name, self.options.get("dossier", ""))
        except Unreadable as unreadable:
            return _stopped(unreadable)
        return _loaded(loaded)

    def _settle(self, world: World) -> Told:
        # The wire says stops in French only and warnings not at all: look at the values on their way out.
        with (
            mock.patch.object(lettrage.settlement, "stopped", wraps=answer.stopped) as stopped,
            mock.patch.object(lettrage.settlement, "answered", wraps=answer.answered) as answered,
        ):
            reply = world.settle(self.document, self.caller())
        if stopped.called:
            stop: Stop = stopped.call_args.args[0]
            envelope = {"error": reply.error, "result": "", "txterr": stop.refusal.say("fr"), "infos": ""}
            assert json.loads(reply.text) == envelope
            told = _stopped(stop)
            told.shown = {"error": reply.error} | told.shown
            return told
        return _answered(reply, answered.call_args.args[1])


def _reason(refusal: Refusal) -> dict[str, Any]:
    shown = {"code": refusal.code, "path": refusal.path, "seen": refusal.seen, "expected": refusal.expected}
    return shown | ({"facts": dict(sorted(refusal.facts.items()))} if refusal.facts else {})


def _stopped(stop: Stop) -> Told:
    return Told({"stopped": _reason(stop.refusal)}, [stop.refusal])


def _loaded(loaded: Loaded) -> Told:
    return Told({"faults": [_reason(fault) for fault in loaded.faults]}, list(loaded.faults))


def _answered(reply: Reply, plan: Plan) -> Told:
    elements = json.loads(json.loads(reply.text)["result"])["result"]["response"]
    settlements = []
    told = Told()
    for element, outcome in zip(elements, plan.outcomes, strict=True):
        on_the_wire = [(r["code"], r["path"], r["seen"], r["expected"]) for r in element["reasons"]]
        assert on_the_wire == [(r.code, r.path, r.seen, r.expected) for r in outcome.reasons]
        settlements.append(
            {
                "REGLEMENTNUM": element["REGLEMENTNUM"],
                "transactionId": element["transactionId"],
                "resultcode": element["resultcode"],
                "reasons": [_reason(refusal) for refusal in outcome.reasons],
            }
        )
        told.refusals += outcome.reasons
        told.transactions |= {element["transactionId"]} - {""}
    told.warnings = [remark.refusal for remark in plan.remarks]
    warnings = [{"settlement": remark.position} | _reason(remark.refusal) for remark in plan.remarks]
    told.shown = {"error": reply.error, "settlements": settlements} | ({"warnings": warnings} if warnings else {})
    return told


def blanks(refusal: Refusal) -> Iterator[tuple[str, str]]:
    """Each blank of the texts of a refusal, and what is filled in; "" where it stays empty."""
    known = {"path": refusal.path, "seen": refusal.seen, "expected": refusal.expected} | refusal.facts
    text = refusal.text
    for template in (text.fr, text.en, text.fix_fr, text.fix_en):
        for _, name, _, _ in Formatter().parse(template):
            if name is not None:
                yield name, known.get(name, "")
