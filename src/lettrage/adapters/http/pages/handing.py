"""Handing instruments in: the settlement document and the slip that do it, looked at before and then done.

Nothing is written beside the two sentences that everything goes through: `settle` moves the instruments, and where
the state change is tied to a slip, `MakeSlip` posts it. Both go under keys of one form: pressing twice does it once.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from lettrage.acts.slips import MakeSlip
from lettrage.adapters.http.pages.page import Page
from lettrage.bank.portfolio import Held
from lettrage.bank.slip import Slip, Wanted, foreseen, handed_in
from lettrage.books.entry import Entry
from lettrage.company.dossier import Company
from lettrage.company.states import StateChange
from lettrage.money import Currency
from lettrage.refusal import Refusal
from lettrage.settlement import settle

_json = msgspec.json.Encoder().encode


class Handing(msgspec.Struct, frozen=True):
    """What is to be handed in: the instruments of these transactions and orders, by this state change, when, where."""

    change: StateChange
    bank: str
    day: date
    named: tuple[tuple[int, int], ...]

    @property
    def seen(self) -> str:
        """Stands for all that is asked: what is done is what was looked at."""
        asked = [self.change.code, self.bank, self.day.isoformat(), sorted(self.named)]
        return hashlib.sha256(_json(asked)).hexdigest()

    def text(self, dossier: str) -> bytes:
        """The settlement document that does it, in the dialect that every caller speaks."""
        header: dict[str, Any] = {
            "PAYMENTTYPE": self.change.direction.upper(),
            "CHGETAT": self.change.code,
            "DATE": f"{self.day:%Y%m%d}",
            "DetailReglementtb": [
                {"DetailReglement": {"TRANSAC": str(transaction), "NOORDRE": str(order)}}
                for transaction, order in self.named
            ],
        }
        if self.bank:
            header["BQC"] = self.bank
        return _json(
            {
                "action": {"swinfinity": "integration_reglement", "parameters": {"dos": dossier}},
                "data": {"EnteteReglementtb": [{"EnteteReglement": header}]},
            }
        )


class Line(msgspec.Struct, frozen=True):
    """A line of an entry as a page shows it."""

    account: str
    label: str
    debit: int
    credit: int


class Preview(msgspec.Struct, frozen=True):
    """What would be done: the entry, or every reason against it as a sentence. `seen`: what it was made of."""

    lines: tuple[Line, ...]
    reasons: tuple[str, ...]
    checks: tuple[str, ...]
    slip: bool
    count: int
    total: int
    currency: Currency
    seen: str


def references(texts: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The transactions and orders that are named, each once; what is no reference names nothing."""
    pairs = (text.partition("/") for text in texts)
    return tuple(dict.fromkeys((_number(a), _number(b)) for a, _, b in pairs if _number(a) and _number(b)))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def preview(page: Page, handing: Handing, held: Sequence[Held]) -> Preview:
    """The dry run of handing these in."""
    reply = settle(handing.text(page.dossier), page.caller(dry_run=True), page.house.store, page.clock)
    reasons = _against(page, reply.text, reply.reason)
    with page.books() as books:
        company, entry = books.company, None
        slip = company.waits_for_slip(handing.change)
        if not reasons and slip:
            waiting = handed_in(handing.change, handing.bank, handing.day, [one.instrument for one in held])
            facts = books.slip_facts(handing.bank, ())
            made, faults = foreseen(waiting, facts, company, page.today)
            entry, reasons = made.entry if made else None, [fault.say(page.language) for fault in faults]
        elif not reasons and reply.plan is not None and reply.plan.transactions:
            entry = reply.plan.transactions[0].entry
    lines = _lines(page, handing, held, entry) if entry is not None else ()
    return Preview(
        lines,
        tuple(reasons),
        _checks(page, handing, held, lines, company) if lines else (),
        slip,
        len(held),
        sum(one.instrument.amount for one in held),
        held[0].instrument.currency,
        handing.seen,
    )


def _lines(page: Page, handing: Handing, held: Sequence[Held], entry: Entry) -> tuple[Line, ...]:
    """The entry, each line by what it stands for: the bank first, then the instruments in their order."""
    what = page.t(f"portfolio.count_{_means(handing)}", len(held))
    labels = [page.t("portfolio.line_bank", bank=handing.bank, what=what)] if handing.bank else []
    labels += [told(page, one) for one in held]
    rest = [""] * max(0, len(entry.lines) - len(labels))
    return shown(entry, labels + rest)


def shown(entry: Entry, labels: Sequence[str]) -> tuple[Line, ...]:
    """The lines of an entry beside what each is."""
    return tuple(
        Line(line.account, label, max(line.home, 0), max(-line.home, 0))
        for line, label in zip(entry.lines, labels, strict=False)
    )


def told(page: Page, one: Held) -> str:
    """Whose instrument it is, and how it is known."""
    known = one.label or page.t("portfolio.transaction_n", number=one.instrument.transaction)
    return f"{one.name}, {known}"


def _checks(
    page: Page, handing: Handing, held: Sequence[Held], lines: Sequence[Line], company: Company
) -> tuple[str, ...]:
    """What was looked at and holds, as sentences."""
    states = {one.instrument.state for one in held}
    currencies = {one.instrument.currency.code for one in held}
    checks = []
    if len(states) == len(currencies) == 1:
        checks.append(page.t("portfolio.check_alike", state=min(states), currency=min(currencies)))
    account = company.banks[handing.bank].account if handing.bank in company.banks else ""
    if account and sum(1 for line in lines if line.account == account) == 1:
        checks.append(page.t("portfolio.check_one_line", account=account))
    iban = company.banks[handing.bank].iban if handing.bank in company.banks else ""
    if iban:
        checks.append(page.t("portfolio.on_account", iban=in_fours(iban)))
    return tuple(checks)


def in_fours(iban: str) -> str:
    """An IBAN as people read it."""
    bare = "".join(iban.split())
    return " ".join(bare[at : at + 4] for at in range(0, len(bare), 4))


def _means(handing: Handing) -> str:
    means = handing.change.target[:1]
    return means if means in "CEVSIDL" else "x"


# ---------------------------------------------------------------- doing


class Done(msgspec.Struct, frozen=True):
    """What became of it: the transaction, and the slip where there is one; or every reason against."""

    transaction: str = ""
    slip: str = ""
    reasons: tuple[str, ...] = ()


def hand_in(page: Page, handing: Handing, company: Company, key: str) -> Done:
    """Do it, once for each key. What awaits its slip after an accident is finished under the same key."""
    reply = settle(handing.text(page.dossier), page.caller(f"{key}:remise"), page.house.store, page.clock)
    if reasons := _against(page, reply.text, reply.reason):
        return Done(reasons=tuple(reasons))
    (settled,) = _answers(reply.text)
    transaction = settled["transactionId"]
    if not company.waits_for_slip(handing.change):
        return Done(transaction)
    done = make_slip(page, Wanted(handing.bank, date=handing.day, transactions=(transaction,)), key)
    return msgspec.structs.replace(done, transaction=transaction)


def make_slip(page: Page, wanted: Wanted, key: str) -> Done:
    """Make a slip of what awaits one, once for each key."""
    made = page.perform(MakeSlip(wanted), f"{key}:bordereau")
    if made.result is None:
        return Done(reasons=tuple(reason_said(page, reason) for reason in made.reasons))
    return Done(slip=made.result["number"])


def slip_foreseen(page: Page, wanted: Wanted) -> tuple[Slip | None, tuple[str, ...]]:
    """The dry run of a slip of what awaits one."""
    with page.books() as books:
        slip, reasons = MakeSlip(wanted).planned(books, page.today)
    return slip, tuple(reason.say(page.language) for reason in reasons)


def reason_said(page: Page, reason: dict[str, str]) -> str:
    """A reason with its remedy, in the reader's language."""
    fix = reason["fix" if page.language == "fr" else "fix_en"]
    return f"{reason[page.language]} {fix}".strip()


def _answers(text: str) -> list[dict[str, Any]]:
    result = msgspec.json.decode(text)["result"]
    found: list[dict[str, Any]] = msgspec.json.decode(result)["result"]["response"] if result else []
    return found


def _against(page: Page, text: str, stopped: Refusal | None) -> list[str]:
    """Every reason against a settlement, as its answer tells it; also one kept under a key."""
    if stopped is not None:
        return [stopped.say(page.language)]
    reasons = [reason for answer in _answers(text) for reason in answer["reasons"]]
    return [reason_said(page, reason) for reason in reasons]
