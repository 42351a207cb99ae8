"""Hostile JSON through every door for it: each text refused by name, soon (`tests.storms.fuzz_dialect` tells the row).

A door is given a content and says what it refuses it for, "" where it takes it.
"""

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lettrage.adapters.calling.answers import Garbled
from lettrage.adapters.calling.answers import read as read_answer
from lettrage.opening import load
from lettrage.refusal import Stop, Unreadable
from tests.journeys.helpers import Firm, company, header, invoice, pays
from tests.people.service import Client
from tests.reliability.long_form import BrokenPromiseError

HOLE = "THE-HOLE"  # where a hostile value stands in a content
Door = Callable[[bytes], str]


class Doors:
    """Every door for JSON and tables on the same books; nothing that they are given stays."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.client = Client(firm)
        self.token = firm.store.accounts.issue("chief", "administrator", "")

    def document(self, content: bytes) -> str:
        """A settlement document, as Divalto sends it."""
        answer = self.firm.send_text(content, dry_run=True, dossier="998")
        if answer.error:
            return answer.txterr or str(answer.error)
        return " ".join(code for codes in answer.reasons for code in codes)

    def loaded(self, content: bytes, name: str = "load.json") -> str:
        """A company file, or one of its tables."""
        try:
            done = load(content, name, "998", self.firm.store, self.firm.clock)
        except (Unreadable, Stop) as refused:
            return refused.refusal.code
        return " ".join(fault.code for fault in done.faults)

    def table(self, content: bytes) -> str:
        """Invoices as a table."""
        return self.loaded(content, "invoices.csv")

    def api(self, content: bytes) -> str:
        """A settlement over our own API."""
        return self._called("/api/v1/settlements", content)

    def brought(self, content: bytes, kind: str = "application/json") -> str:
        """Invoices over our own API."""
        return self._called("/api/v1/invoices/import", content, kind)

    def draft(self, content: bytes) -> str:
        """An entry typed by hand, over our own API."""
        return self._called("/api/v1/drafts", content)

    def answer(self, content: bytes) -> str:
        """What the portal answers."""
        with suppress(Garbled):
            read_answer(content).amount("amount")
            return ""
        return "garbled"

    def _called(self, path: str, content: bytes, kind: str = "application/json") -> str:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        answer = self.client.request("POST", path, headers=headers, content=content)
        if answer.status_code >= 500:
            raise BrokenPromiseError(f"{path}: {answer.status_code} {answer.text}")
        if answer.status_code >= 400:
            return str(answer.json()["code"])
        rows = answer.json().get("invoices", []) + answer.json().get("settlements", [])
        return " ".join(one["code"] for row in rows for one in row["reasons"])


@contextmanager
def doors() -> Iterator[Doors]:
    """The doors of a firm with two invoices."""
    with tempfile.TemporaryDirectory() as folder:
        firm = Firm(Path(folder), company(invoices=[invoice("1", "100.00"), invoice("2", "100.00")]))
        try:
            yield Doors(firm)
        finally:
            firm.store.close()


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)


# What each door takes, with a hole for one value; what stands there when it is taken.
def _settled(amount: str) -> str:
    return _json({"EnteteReglementtb": [{"EnteteReglement": header("PORCHQ", amount, pays("1", "100.00"))}]})


CONTENTS: dict[str, tuple[str, str]] = {
    "document": (_settled(HOLE), "100.00"),
    "api": (
        _json({"settlements": [{
            "direction": "encashment", "third_party": "C1", "amount": HOLE, "currency": "EUR", "state_change": "PORCHQ",
            "details": [{"third_party": "C1", "piece": "1", "amount": "100.00"}],
        }], "dry_run": True}),
        "100.00",
    ),
    "loaded": (_json({"dossiers": [{"code": "998", "invoices": [invoice("3", HOLE)]}]}), "100.00"),
    "brought": (
        _json({"number": "F1", "date": "2024-10-14", "buyer": "C1", "type": "381",
               "lines": [{"name": "Porte", "price": HOLE, "vat_rate": "20"}]}),
        "100.00",
    ),
    "draft": (
        _json({"label": "x", "lines": [{"account": "613200", "debit": HOLE}, {"account": "512100", "credit": "5.00"}]}),
        "5.00",
    ),
    "answer": (_json({"codeRetour": 0, "amount": HOLE}), "100.00"),
}  # fmt: skip

# In the place of an amount, as JSON is written.
VALUES = {
    "deep": "[" * 10_000 + "]" * 10_000,
    "NaN": "NaN",
    "-Infinity": "-Infinity",
    "beyond any float": "1e400",
    "hours to compute": "1e999999",
    "4,301 digits": "9" * 4_301,
    "half a character": r'"1\ud800"',
    "true": "true",
    "an object": "{}",
    "a comment": '"100.00"/*x*/',
    "cut": "",
}
STRICT_ONLY = {"single quotes": "'100.00'"}  # what the dialect is for
STRICT = {"api", "draft", "answer"}
MOST_SECONDS = 1.0
HUGE = 100 * 1024 * 1024


def hostile() -> Iterator[tuple[str, str, bytes]]:
    """Each door, what is sent to it, and the text itself."""
    for door, (content, sound) in CONTENTS.items():
        hole = f'"{HOLE}"'
        for case, value in (VALUES | (STRICT_ONLY if door in STRICT else {})).items():
            yield door, case, content.replace(hole, value).encode()
        named = re.findall(rf'"(\w+)": {hole}', content)
        twice = f'"{sound}", "{named[0]}": "200.00"' if named else ""
        yield door, "a name twice", content.replace(hole, twice).encode()
        yield door, "UTF-16", content.replace(HOLE, sound).encode("utf-16")
        yield door, "half a document", content.replace(HOLE, sound).encode()[:-1]
        if door not in ("loaded", "answer"):  # a load may be large; an answer is cut where it is read
            yield door, "100 MB", b"[" + b" " * HUGE


def named_texts() -> int:
    """Every hostile text at every door, refused by a name of the catalogue; how many. Raises BrokenPromiseError."""
    done = 0
    with doors() as opened:
        for door, (content, sound) in CONTENTS.items():
            if found := getattr(opened, door)(content.replace(HOLE, sound).encode()):
                raise BrokenPromiseError(f"{door} refuses a sound text: {found}")
        for door, case, text in hostile():
            begun = time.process_time()
            try:
                refused = getattr(opened, door)(text)
            except Exception as error:
                raise BrokenPromiseError(f"{door}, {case}: {error!r}"[:300]) from error
            took = time.process_time() - begun
            if not refused or took > MOST_SECONDS:
                raise BrokenPromiseError(f"{door}, {case}: {refused or 'taken'} in {took:.2f} s")
            done += 1
    return done
