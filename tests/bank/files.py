"""Statements as a bank would write them, made for tests."""

from collections.abc import Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

import msgspec

RIB = "300060000112345678901"  # bank, branch and account of FR7630006000011234567890189
IBAN = "FR7630006000011234567890189"


class Move(msgspec.Struct, frozen=True):
    """A movement to be written; `amount` is minor units."""

    amount: int
    day: str = "20261105"
    label: str = "VIR RECU"
    complements: Sequence[tuple[str, str]] = ()
    code: str = "05"
    reference: str = ""
    extra: str = ""  # more elements of a camt entry
    details: str = ""  # its TxDtls


def overpunch(minor: int) -> str:
    """Fourteen characters, the last of them with the sign."""
    digits = f"{abs(minor):014d}"
    signs = "{ABCDEFGHI" if minor >= 0 else "}JKLMNOPQR"
    return digits[:-1] + signs[int(digits[-1])]


def _short(day: str) -> str:
    return day[6:8] + day[4:6] + day[2:4]


def record(code: str, rib: str, currency: str, decimals: str, **fields: str) -> str:
    """One record of 120 characters."""
    places = {
        "operation": 32, "date": 34, "reject": 40, "value": 42, "qualifier": 45, "label": 48, "amount": 90,
        "reference": 104,
    }  # fmt: skip
    text = list(" " * 120)

    def put(at: int, value: str) -> None:
        text[at : at + len(value)] = value

    for at, value in ((0, code), (2, rib[:5]), (11, rib[5:10]), (16, currency), (19, decimals), (21, rib[10:21])):
        put(at, value)
    for name, value in fields.items():
        put(places[name], value)
    return "".join(text)


def cfonb(
    moves: Sequence[Move],
    opening: int = 0,
    rib: str = RIB,
    start: str = "20261101",
    end: str = "20261130",
    currency: str = "EUR",
    decimals: str = "2",
    closing: int | None = None,
) -> list[str]:
    """The records of one statement."""

    def made(code: str, **fields: str) -> str:
        return record(code, rib, currency, decimals, **fields)

    records = [made("01", date=_short(start), amount=overpunch(opening))]
    for move in moves:
        day = _short(move.day)
        records.append(
            made(
                "04", operation=move.code, date=day, value=day, label=move.label[:31], amount=overpunch(move.amount),
                reference=move.reference[:16],
            )
        )  # fmt: skip
        records += [
            made("05", operation=move.code, date=day, qualifier=qualifier, label=text[:70])
            for qualifier, text in move.complements
        ]
    reached = opening + sum(move.amount for move in moves) if closing is None else closing
    return [*records, made("07", date=_short(end), amount=overpunch(reached))]


def cfonb_file(moves: Sequence[Move], **options: object) -> bytes:
    """A file of one statement, a record to a line."""
    return "\r\n".join(cfonb(moves, **options)).encode()  # type: ignore[arg-type]


def _decimal(minor: int, decimals: int = 2) -> str:
    return str(Decimal(minor).scaleb(-decimals))


def entry(move: Move, currency: str = "EUR", status: str = "<Sts><Cd>BOOK</Cd></Sts>", reversal: bool = False) -> str:
    """An `Ntry`."""
    day = f"{move.day[:4]}-{move.day[4:6]}-{move.day[6:]}"
    sense = "CRDT" if move.amount >= 0 else "DBIT"
    details = f"<NtryDtls>{move.details}</NtryDtls>" if move.details else ""
    return (
        f'<Ntry><NtryRef>{escape(move.reference)}</NtryRef><Amt Ccy="{currency}">{_decimal(abs(move.amount))}</Amt>'
        f"<CdtDbtInd>{sense}</CdtDbtInd>{'<RvslInd>true</RvslInd>' if reversal else ''}{status}"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>{move.extra}{details}"
        f"<AddtlNtryInf>{escape(move.label)}</AddtlNtryInf></Ntry>"
    )


def balance(kind: str, minor: int, day: str, currency: str = "EUR") -> str:
    """A `Bal`."""
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{_decimal(abs(minor))}</Amt><CdtDbtInd>{"CRDT" if minor >= 0 else "DBIT"}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def camt(
    moves: Sequence[Move] | str,
    opening: int = 0,
    closing: int | None = None,
    iban: str = IBAN,
    number: str = "11",
    version: str = "camt.053.001.08",
    start: str = "2026-11-01",
    end: str = "2026-11-30",
    currency: str = "EUR",
) -> bytes:
    """A message of one statement; `moves` may be entries written out."""
    entries = moves if isinstance(moves, str) else "".join(entry(move, currency) for move in moves)
    reached = opening if isinstance(moves, str) else opening + sum(move.amount for move in moves)
    last = reached if closing is None else closing
    outer, inner = ("BkToCstmrStmt", "Stmt") if "053" in version else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    balances = balance("OPBD", opening, start, currency) + balance("CLBD", last, end, currency)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><{outer}>'
        f"<GrpHdr><MsgId>M{number}</MsgId></GrpHdr><{inner}><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
        f"<FrToDt><FrDtTm>{start}T00:00:00</FrDtTm><ToDtTm>{end}T00:00:00</ToDtTm></FrToDt>"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
        f"{balances if inner == 'Stmt' else ''}{entries}</{inner}></{outer}></Document>"
    ).encode()
