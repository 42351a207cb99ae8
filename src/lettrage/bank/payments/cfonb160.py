"""Bills for collection (LCR) as CFONB 160: one header, one record for each bill, one total."""

from datetime import date

from lettrage.bank.payments.characters import cfonb
from lettrage.bank.payments.file import Draft, Order

WIDTH = 160
_COLLECTION = "3"  # credited in one sum after the due date
_NOT_ACCEPTED = "0"
_EURO = "E"


def bills(draft: Draft) -> bytes:
    """The file as the bank takes it: capitals, records of 160 characters, CR LF."""
    records = [_header(draft), *(_bill(order, draft) for order in draft.orders), _total(draft)]
    return "".join(f"{_record(parts)}\r\n" for parts in records).encode("ascii")


Parts = dict[int, str]  # by the position, from 1, at which each stands


def _record(parts: Parts) -> str:
    """The parts in their places, blanks between them."""
    line = ""
    for at, text in sorted(parts.items()):
        assert len(line) < at, (line, at, text)
        line = f"{line:<{at - 1}}{text}"
    assert len(line) <= WIDTH, line
    return f"{line:<{WIDTH}}"


def _header(draft: Draft) -> Parts:
    bank = draft.bank
    return {
        1: f"0360{1:08}",
        25: _day(draft.made_at.date()),
        31: cfonb(draft.company, 24),
        55: cfonb(bank.name or bank.code, 24),
        79: _COLLECTION,
        81: _EURO,
        82: _rib(bank.iban),
        135: cfonb(draft.siren, 15),
        150: cfonb(f"{draft.number:06}", 11),
    }


def _bill(order: Order, draft: Draft) -> Parts:
    return {
        1: f"0660{order.position + 1:08}",
        21: cfonb(order.payee.code, 10),
        31: cfonb(order.payee.name or order.payee.code, 24),
        79: _NOT_ACCEPTED,
        82: _rib(order.payee.iban),
        103: f"{order.amount:012}",
        119: _day(order.due),
        125: _day(draft.made_at.date()),
        151: order.end_to_end,
    }


def _total(draft: Draft) -> Parts:
    return {1: f"0860{len(draft.orders) + 2:08}", 103: f"{draft.total:012}"}


def _rib(iban: str) -> str:
    """Bank, branch and account: what stands in a French IBAN between its check digits and the RIB's own."""
    return "".join(iban.split()).upper()[4:25]


def _day(day: date) -> str:
    return f"{day:%d%m%y}"
