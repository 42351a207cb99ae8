"""Labelled lines: small books, the lines of a statement on them, and what each line really is.

A file of `corpus/` has tables in which a row is a text with `|` between its fields:

    parties   code | name | IBANs | public, supplier
    items     third party | piece | date | due date | open | disputed, announced, advance 661/1, USD
    settled   third party | piece | amount
    slips     number | bank | date | amounts of the cheques, each with its drawer: C001 120.00, C002 80.00
    waiting   id | state | third party | amount | date | pieces | end-to-end id | file, message
    posted    posting | bank | date | amount | label | third parties | pieces | deposit
    at_bank   id | state | third party | amount | date | end-to-end id | mandate
    learnt    IBAN or name | third party | times

and a [[line]] for each line: `on`, `amount`, `text`, and where the bank tells them `name`, `iban`, `end_to_end`,
`references`, `mandate`, `reason`, `fees`, `original`, `bank`. `is` says what it really is:

    ["FA-1", "C002:FA-7", "87@2026-10-31"]   these due items (and advances: "advance 661/1"), no others
    "slip BNP-2026-000001", "cheque 3", "instrument 5", "booked 12", "return 7"
    "fee", "transfer", "advance C001" (money ahead of an invoice), "nothing" (the books know nothing of it)

`automatic`: "yes" (it must settle itself), "never" (whatever it is), or absent: it may, if it is right.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from lettrage.bank.matching import Facts, Movement
from lettrage.bank.matching.facts import AtBank, Learnt, OnSlip, Open, OpenSlip, Party, Posted, Settled, Waiting
from lettrage.bank.matching.names import core
from lettrage.bank.matching.payers import bare
from lettrage.bank.matching.proposal import Booked, Proposal
from lettrage.bank.statements.document import Original, StatementLine
from lettrage.company.dossier import Bank, Company, Tolerance
from lettrage.company.states import Direction
from lettrage.money import Currency, currency, figure
from lettrage.settlement.document import Ledger

CORPUS = Path(__file__).parent / "corpus"
_EUR = currency("EUR")
assert _EUR is not None
EUR: Currency = _EUR
_day = date.fromisoformat


class Label(msgspec.Struct, frozen=True):
    """What a line really is. `what`: as in the file."""

    what: str | tuple[str, ...]
    automatic: str = ""
    trap: str = ""


class Scenario(msgspec.Struct, frozen=True):
    """One file."""

    name: str
    company: Company
    facts: Facts
    movements: tuple[Movement, ...]
    labels: tuple[Label, ...]


def scenarios() -> list[Scenario]:
    """All of them."""
    return [read(file) for file in sorted(CORPUS.glob("*.toml"))]


def read(file: Path) -> Scenario:
    tree = tomllib.loads(file.read_text("utf-8"))
    company = _company(tree.get("company", {}))
    facts = _facts(tree)
    movements, labels = [], []
    for at, row in enumerate(tree["line"], 1):
        movements.append(Movement(row.get("bank", "BNP"), _line(row, at)))
        what = row["is"]
        labels.append(
            Label(what if isinstance(what, str) else tuple(what), row.get("automatic", ""), row.get("trap", ""))
        )
    return Scenario(file.stem, company, facts, tuple(movements), tuple(labels))


def _company(row: dict[str, Any]) -> Company:
    own = row.get("ibans", {})
    banks = {
        code: Bank(code, f"5121{at:02}", EUR, iban=own.get(code, "")) for at, code in enumerate(("BNP", "CIC", *own))
    }
    return Company(
        "998",
        row.get("name", "ATELIERS MOREAU"),
        EUR,
        allow_other_payer=row.get("allow_other_payer", False),
        settlement_difference=Tolerance(minor(row.get("tolerance", "10.00")), Fraction(row.get("percent", 5), 100)),
        discount_limit=Fraction(row.get("discount", 5), 100),
        banks=banks,
    )


def minor(text: str, held: Currency = EUR) -> int:
    read_ = figure(text)
    assert read_ is not None, text
    found = read_.minor(held)
    assert found is not None, text
    return found


def _rows(tree: dict[str, Any], name: str, width: int) -> Iterator[list[str]]:
    for line in tree.get(name, "").strip().splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            fields = [field.strip() for field in line.split("|")]
            yield fields + [""] * (width - len(fields))


def _facts(tree: dict[str, Any]) -> Facts:
    parties = []
    for code, name, ibans, flags in _rows(tree, "parties", 4):
        ledger: Ledger = "supplier" if "supplier" in flags else "customer"
        parties.append(Party(code, ledger, name, tuple(ibans.split()), "public" in flags))
    ledgers = {party.code: party.ledger for party in parties}
    learnt_ibans: dict[str, tuple[Learnt, ...]] = {}
    learnt_names: dict[str, tuple[Learnt, ...]] = {}
    for told, party, times in _rows(tree, "learnt", 3):
        into = learnt_ibans if told[:2].isupper() and told[2:4].isdigit() else learnt_names
        key = bare(told) if into is learnt_ibans else core(told)
        into[key] = (*into.get(key, ()), Learnt(party, int(times or 1)))
    return Facts(
        parties=tuple(parties),
        items=tuple(_items(tree, ledgers)),
        settled=tuple(
            Settled(party, ledgers[party], "", piece, minor(amount))
            for party, piece, amount in _rows(tree, "settled", 3)
        ),
        slips=tuple(_slips(tree)),
        waiting=tuple(_waiting(tree, ledgers)),
        posted=tuple(_posted(tree)),
        at_bank=tuple(_at_bank(tree, ledgers)),
        learnt_ibans=learnt_ibans,
        learnt_names=learnt_names,
    )


def _items(tree: dict[str, Any], ledgers: Mapping[str, Ledger]) -> Iterator[Open]:
    for id_, (party, piece, day, due, amount, flags) in enumerate(_rows(tree, "items", 6), 1):
        held = next((c for code in flags.replace(",", " ").split() if len(code) == 3 and (c := currency(code))), EUR)
        open_ = minor(amount, held)
        advance = "advance" in flags
        transaction, order = flags.split("advance")[1].strip().split("/") if advance else ("", "")
        yield Open(
            id_,
            "advance" if advance else "credit_note" if open_ < 0 else "invoice",
            ledgers[party],
            party,
            "",
            "" if advance else piece,
            _day(day),
            _day(due or day),
            held,
            open_,
            "disputed" in flags,
            int(transaction) if advance else None,
            int(order) if advance else None,
            "announced" in flags,
        )


def _slips(tree: dict[str, Any]) -> Iterator[OpenSlip]:
    next_id = 1
    for at, (number, bank, day, cheques) in enumerate(_rows(tree, "slips", 4), 900):
        instruments = []
        for cheque in cheques.split(","):
            party, amount = cheque.split()
            instruments.append(OnSlip(next_id, party, minor(amount)))
            next_id += 1
        total = sum(one.amount for one in instruments)
        yield OpenSlip(number, bank, _day(day), EUR, total, total, Booked(at, 1, total), tuple(instruments))


def _waiting(tree: dict[str, Any], ledgers: Mapping[str, Ledger]) -> Iterator[Waiting]:
    for id_, state, party, amount, day, pieces, end, file in _rows(tree, "waiting", 8):
        direction: Direction = "encashment" if ledgers[party] == "customer" else "disbursement"
        number, _, message = file.partition(",")
        yield Waiting(
            int(id_), state, direction, party, EUR, minor(amount), _day(day), "", int(id_) + 600, 1,
            tuple(pieces.split()), end, int(number) if number else None, message.strip(),
        )  # fmt: skip


def _posted(tree: dict[str, Any]) -> Iterator[Posted]:
    for posting, bank, day, amount, label, parties, pieces, flags in _rows(tree, "posted", 8):
        yield Posted(
            int(posting), 1, bank, _day(day), minor(amount), label, "", int(posting) + 300, "deposit" in flags,
            tuple(parties.split()), tuple(pieces.split()),
        )  # fmt: skip


def _at_bank(tree: dict[str, Any], ledgers: Mapping[str, Ledger]) -> Iterator[AtBank]:
    for id_, state, party, amount, day, end, mandate in _rows(tree, "at_bank", 7):
        direction: Direction = "encashment" if ledgers[party] == "customer" else "disbursement"
        yield AtBank(
            int(id_), state, direction, party, EUR, minor(amount), _day(day), "", int(id_) + 600, 1, end,
            1 if end else None, mandate,
        )  # fmt: skip


def _line(row: dict[str, Any], at: int) -> StatementLine:
    original = None
    if "original" in row:
        amount, code = row["original"].split()
        held = currency(code)
        assert held is not None
        original = Original(minor(amount, held), held)
    return StatementLine(
        at,
        _day(row["on"]),
        _day(row["on"]),
        EUR,
        minor(row["amount"]),
        text=row.get("text", ""),
        name=row.get("name", ""),
        iban=row.get("iban", ""),
        end_to_end=row.get("end_to_end", ""),
        reference=row.get("reference", ""),
        mandate=row.get("mandate", ""),
        reason=row.get("reason", ""),
        fees=minor(row.get("fees", "0")),
        references=tuple(row.get("references", ())),
        original=original,
        reversal=row.get("reversal", False),
        id=at,
    )


# ---------------------------------------------------------------- what a proposal says, in the words of a label


def same(proposal: Proposal, label: Label) -> bool:
    """Whether a proposal is what the line really is."""
    if isinstance(label.what, tuple):
        return _same_items(proposal, label.what)
    kind, _, which = label.what.partition(" ")
    return _SAME.get(kind, _same_kind)(proposal, kind, which)


def _same_kind(proposal: Proposal, kind: str, _: str) -> bool:
    return proposal.kind == kind


def _same_slip(proposal: Proposal, _: str, which: str) -> bool:
    return proposal.slip == which and not proposal.instruments


def _same_cheque(proposal: Proposal, _: str, which: str) -> bool:
    return proposal.kind == "slip" and proposal.instruments == (int(which),)


def _same_instruments(proposal: Proposal, kind: str, which: str) -> bool:
    wanted = "return" if kind == "return" else "instruments"
    return proposal.kind == wanted and proposal.instruments == tuple(map(int, which.split()))


def _same_booked(proposal: Proposal, _: str, which: str) -> bool:
    return proposal.kind == "booked" and [booked.posting for booked in proposal.booked] == [int(which)]


def _same_advance(proposal: Proposal, _: str, which: str) -> bool:
    return proposal.third_party == which and [part.item for part in proposal.items] == [None]


_SAME = {
    "slip": _same_slip,
    "cheque": _same_cheque,
    "instrument": _same_instruments,
    "return": _same_instruments,
    "booked": _same_booked,
    "advance": _same_advance,
}


def _same_items(proposal: Proposal, what: Sequence[str]) -> bool:
    if proposal.kind != "items":
        return False
    settled = [part for part in proposal.items if part.item is not None]
    if len(settled) != len(what):
        return False
    left = list(settled)
    for wanted in what:
        party, _, piece = wanted.rpartition(":")
        number, _, due = piece.partition("@")
        for part in left:
            name = f"advance {part.transaction}/{part.order}" if part.operation == "WAR" else part.piece
            due_date = part.due_date.isoformat() if part.due_date else ""
            if name == number and party in ("", part.third_party) and due in ("", due_date):
                left.remove(part)
                break
        else:
            return False
    return not left
