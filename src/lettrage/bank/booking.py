"""What an accepted line is booked by: the settlement document that a caller would have sent, or an entry of its own."""

from collections.abc import Iterator, Sequence
from datetime import date as Day  # noqa: N812
from typing import Any

import msgspec

from lettrage.bank.lines import Kept
from lettrage.bank.matching.proposal import Part, Proposal
from lettrage.books.entry import Entry, Line, entry
from lettrage.company.dossier import Bank, Company
from lettrage.company.states import AT_THE_BANK, Direction, StateChange
from lettrage.money import Currency, currency, decimal_text
from lettrage.settlement.document import Instrument
from lettrage.settlement.posting import money_sign

JOURNAL = "BQ"
_WORDS: dict[Direction, str] = {"encashment": "ENCASHMENT", "disbursement": "DISBURSEMENT"}
_TRANSFERS = ("V50", "S50", "I50")  # by which a payment arrives that nobody announced: the first that is at the bank


def direction_of(kept: Kept, proposal: Proposal) -> Direction:
    """Whether the payment came in or went out: fees that are beyond it turn the line, not the payment."""
    return "encashment" if kept.line.amount + proposal.fees > 0 else "disbursement"


def settling(kept: Kept, proposal: Proposal, day: Day, company: Company) -> bytes:
    """The document that settles due items by a line: one header for each third party, one transaction in all."""
    headers = [
        _header(kept, proposal, party, order, day, company) for order, party in enumerate(proposal.third_parties, 1)
    ]
    return _document(headers)


def _header(kept: Kept, proposal: Proposal, party: str, order: int, day: Day, company: Company) -> dict[str, Any]:
    held, direction = kept.line.currency, direction_of(kept, proposal)
    parts = [part for part in proposal.items if part.third_party == party]
    total = decimal_text(sum(map(paid, parts)), held.decimals)
    header = _common(kept, direction, order, day) | {"THIRDPARTY": party, "AMOUNT": total, "CURRENCY": held.code}
    arriving = (code for code in _TRANSFERS if company.states[code].account(direction) == AT_THE_BANK)
    header["FINALSTATEMENT"] = next(arriving, _TRANSFERS[0])
    exchanged = any(part.currency != held.code for part in parts)
    if exchanged and held == company.currency:
        header["MT"] = total
    header["DetailReglementtb"] = [row for part in parts for row in _rows(part, held, exchanged)]
    return header


def paid(part: Part) -> int:
    """What of the header's total a part is, in the line's currency."""
    return part.amount if part.paid is None else part.paid


def _rows(part: Part, held: Currency, exchanged: bool) -> Iterator[dict[str, str]]:
    """A part's details: what is paid, then what is granted, written off or left."""
    own = currency(part.currency) or held
    named = {"THIRDPARTY": part.third_party}
    if part.operation == "WAR":
        order = {} if part.transaction is None else {"TRANSAC": str(part.transaction), "NOORDRE": str(part.order or 1)}
        yield named | order | {"OPERATION": "WAR", "AMOUNT": decimal_text(part.amount, own.decimals)}
        return
    named |= {"PREFIX": part.prefix, "PIECE": part.piece}
    if part.due_date is not None:
        named["DUEDATE"] = part.due_date.isoformat()
    money = {}
    if exchanged:
        text = decimal_text(paid(part), held.decimals)
        money = {"MTDEVREGLE": text, "MTREGLE": text}
    for operation, amount in (("", part.amount), ("WE", part.discount), ("WDR", part.difference), ("WPA", part.left)):
        if amount:
            given = money if not operation else {}
            yield named | given | {"OPERATION": operation, "AMOUNT": decimal_text(amount, own.decimals)}


def arriving(
    kept: Kept,
    proposal: Proposal,
    instruments: Sequence[Instrument],
    changes: dict[str, StateChange],
    day: Day,
    company: Company,
) -> bytes:
    """The document that brings announced payments to the bank: one header for each state that they are in."""
    by_state: dict[str, list[Instrument]] = {}
    for instrument in instruments:
        by_state.setdefault(instrument.state, []).append(instrument)
    headers = []
    for order, (state, own) in enumerate(by_state.items(), 1):
        header = _common(kept, direction_of(kept, proposal), order, day) | {"CHGETAT": changes[state].code}
        total, held = sum(i.amount for i in own), own[0].currency
        header |= {"AMOUNT": decimal_text(total, held.decimals), "CURRENCY": held.code}
        if held != company.currency and kept.line.currency == company.currency:
            header["MT"] = decimal_text(abs(kept.line.amount + proposal.fees), company.currency.decimals)
        header["DetailReglementtb"] = [{"TRANSAC": str(i.transaction), "NOORDRE": str(i.order)} for i in own]
        headers.append(header)
    return _document(headers)


def to_the_bank(state: str, direction: Direction, company: Company) -> StateChange | None:
    """The state change by which an instrument arrives on the bank's account at once; None where there is none."""
    ways = [
        change
        for change in company.changes.values()
        if change.step == "move" and change.direction == direction and state in change.sources
        and company.states[change.target].account(direction) == AT_THE_BANK and not company.waits_for_slip(change)
    ]  # fmt: skip
    return min(ways, key=lambda change: (not change.default, change.code), default=None)


def _common(kept: Kept, direction: Direction, order: int, day: Day) -> dict[str, Any]:
    label = " ".join((kept.line.name or kept.line.text).split())[:100]
    return {
        "PAYMENTTYPE": _WORDS[direction],
        "DATE": day.isoformat(),
        "LABEL": f"Relevé {kept.bank} : {label}" if label else f"Relevé {kept.bank}",
        "BQC": kept.bank,
        "TRANSAC": "1",
        "NOORDRE": str(order),
    }


def _document(headers: Sequence[dict[str, Any]]) -> bytes:
    parameters = {"atomic": "1", "repeat": "1"}  # it is the line that is never accepted twice
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": parameters},
        "data": {"EnteteReglementtb": [{"EnteteReglement": header} for header in headers]},
    }
    return msgspec.json.encode(form)


# ---------------------------------------------------------------- entries of its own


class Charge(msgspec.Struct, frozen=True):
    """What the bank moves by itself: `amount` as the statement has it, `vat` the part of it that is VAT.

    `home` and `vat_home` are worth in the dossier's currency.
    """

    amount: int
    home: int
    account: str
    vat: int = 0
    vat_home: int = 0


def charge_entry(kept: Kept, bank: Bank, charge: Charge, day: Day, label: str, company: Company) -> Entry:
    """The entry of fees, of a transfer between accounts, or of what waits to be identified."""
    lines = [
        Line(bank.account, charge.home, bank.currency, charge.amount),
        Line(charge.account, charge.vat_home - charge.home, *_other(bank, charge, company)),
        Line(company.accounts.vat("supplier"), -charge.vat_home, company.currency, -charge.vat_home),
    ]
    return entry(day, JOURNAL, label, kept.name, lines)


def _other(bank: Bank, charge: Charge, company: Company) -> tuple[Currency, int]:
    """The currency and the amount of the other side: the bank's own where nothing of it is VAT."""
    if charge.vat_home:
        return company.currency, charge.vat_home - charge.home
    return bank.currency, -charge.amount


def taken_back_entry(kept: Kept, bank: Bank, instrument: Instrument, account: str, day: Day, label: str) -> Entry:
    """The entry by which the bank takes back what it had credited for an instrument, against that one's account."""
    home, amount = (
        money_sign(instrument.direction) * instrument.home,
        money_sign(instrument.direction) * instrument.amount,
    )
    lines = [Line(account, home, instrument.currency, amount), Line(bank.account, -home, bank.currency, -amount)]
    return entry(day, JOURNAL, label, kept.name, lines)
