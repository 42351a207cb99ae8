"""camt.053 and camt.054 (ISO 20022), of every version: elements are known by their local names.

A `Stmt` or `Ntfctn` holds entries (`Ntry`), an entry the payments it is made of (`TxDtls`). Only what is booked counts.
"""

from collections.abc import Iterable, Iterator
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from decimal import Decimal, InvalidOperation

import msgspec
from lxml import etree

from lettrage.bank.statements.document import (
    Misread,
    Notes,
    Original,
    Part,
    Statement,
    StatementFile,
    StatementLine,
    outside,
    sensible,
)
from lettrage.bank.statements.elements import (
    Paths,
    children,
    elements,
    first_at,
    local_name,
    place_of,
    text_at,
    texts_at,
)
from lettrage.dates import day
from lettrage.guard.xml_safe import parse
from lettrage.limits import (
    MINOR_UNITS,
    REFERENCE_CHARACTERS,
    STATEMENT_LINES,
    STATEMENT_PARTS,
    STATEMENT_REFERENCES,
    STATEMENT_TEXT,
    STATEMENT_XML,
    STATEMENT_YEARS,
    STATEMENTS,
)
from lettrage.money import Amount, Currency, currency, decimal
from lettrage.refusal import Unreadable

# What of a message is a statement: its element, the format it is, and whether it must tell its balances.
MESSAGES = {
    "BkToCstmrStmt": ("Stmt", "camt.053", True),
    "BkToCstmrDbtCdtNtfctn": ("Ntfctn", "camt.054", False),
}
OPENING = "OPBD", "PRCD"  # the first of these that is there
CLOSING = ("CLBD",)
BOOKED, PENDING = "BOOK", ("PDNG", "INFO", "FUTR")
_PAID = "Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt"
_REFERENCES = "Refs/AcctSvcrRef", "Refs/TxId", "Refs/InstrId"


class _Part(msgspec.Struct):
    """What one `TxDtls` (or an entry itself) says of a payment, while it is gathered."""

    part: Part
    original: Original | None = None
    fees: int = 0
    amount_told: bool = False


def read(data: bytes) -> StatementFile:
    """Every statement of a file. Raises Misread with all that is against it."""
    try:
        root = parse(data, STATEMENT_XML)
    except Unreadable as fault:
        raise Misread((fault.refusal,)) from None
    message = next((e for e in (root, *elements(root)) if local_name(e) in MESSAGES), None)
    if message is None:
        notes = Notes()
        notes.fault("statement_unknown_form", (1, 1), local_name(root), "camt.053, camt.054")
        notes.stop()
    assert message is not None
    return _Reader(message).file()


class _Reader:
    """Reads one message; gathers faults and warnings."""

    def __init__(self, message: etree._Element) -> None:
        self.element, self.format, self.balanced = MESSAGES[local_name(message)]
        self.message, self.notes, self.paths = message, Notes(), Paths()
        self.entries = self.position = 0

    def file(self) -> StatementFile:
        """All its statements."""
        found = [e for e in elements(self.message) if local_name(e) == self.element]
        if not found:
            self.notes.fault("statement_empty", place_of(self.message))
        self._not_too_many(self.message, len(found), STATEMENTS)
        statements = [self._statement(position, element) for position, element in enumerate(found, 1)]
        self.notes.stop()
        return StatementFile(self.format, tuple(statements), tuple(self.notes.warnings))

    # ------------------------------------------------------------ a statement

    def _statement(self, position: int, element: etree._Element) -> Statement:
        held = self._currency_of(element)
        opening, opened = self._balance(element, OPENING, held)
        closing, closed = self._balance(element, CLOSING, held)
        begun = self._period(element, "FrDt") or opened
        ended = closed or self._period(element, "ToDt")
        lines = tuple(self._lines(element, held, begun, ended))
        if self.balanced:
            self._adds_up(element, held, opening, closing, lines)
        days = [line.date for line in lines]
        start = begun or min(days, default=None)
        end = ended or max(days, default=None) or start
        if start is None or end is None:
            self._fault("statement_missing", element, "FrToDt", "Bal/Dt, FrToDt")
            start = end = Day(2000, 1, 1)
        if end < start:
            start = min([end, *days])
        account = text_at(element, "Acct/Id/IBAN") or text_at(element, "Acct/Id/Othr/Id")
        if not account:
            self._fault("statement_missing", element, "Acct/Id", "IBAN")
        number = text_at(element, "ElctrncSeqNb") or text_at(element, "LglSeqNb") or text_at(element, "Id")
        account = account.replace(" ", "").upper()
        return Statement(position, account, number, held, start, end, opening, closing, lines)

    def _currency_of(self, element: etree._Element) -> Currency:
        """The account's: as told, else of its balances or entries."""
        code = text_at(element, "Acct/Ccy") or next(
            (a.get("Ccy", "") for a in elements(element, 2) if local_name(a) == "Amt" and a.get("Ccy")), ""
        )
        found = currency(code.upper())
        if found is None:
            self._fault("statement_currency", element, code)
        euro = currency("EUR")
        assert euro is not None
        return found or euro

    def _balance(self, element: etree._Element, kinds: Iterable[str], held: Currency) -> tuple[int | None, Day | None]:
        """The first balance of these kinds, and its day. Interim ones stand in where a statement has several pages."""
        known = {
            text_at(b, "Tp/CdOrPrtry/Cd") or text_at(b, "Tp/Cd"): b for b in reversed(list(children(element, "Bal")))
        }
        interim = [b for b in children(element, "Bal") if text_at(b, "Tp/CdOrPrtry/Cd") == "ITBD"]
        found = next((known[kind] for kind in kinds if kind in known), None)
        if found is None and len(interim) == 2:
            found = interim[0] if "OPBD" in kinds else interim[1]
        if found is None:
            return None, None
        return self._signed(found, held), self._day(found, "Dt")

    def _adds_up(
        self,
        element: etree._Element,
        held: Currency,
        opening: int | None,
        closing: int | None,
        lines: tuple[StatementLine, ...],
    ) -> None:
        if opening is None or closing is None:
            missing = "OPBD" if opening is None else "CLBD"
            self._warn("statement_no_balance", element, "-", missing)
            return
        reached = opening + sum(line.amount for line in lines)
        if reached != closing:
            self._fault("statement_balance", element, Amount(reached, held).text, Amount(closing, held).text)

    def _period(self, element: etree._Element, end: str) -> Day | None:
        text = text_at(element, f"FrToDt/{end}Tm") or text_at(element, f"FrToDt/{end}")
        return self._sensible(day(text[:10]), element, text)

    # ------------------------------------------------------------ an entry

    def _lines(
        self, element: etree._Element, held: Currency, begun: Day | None, ended: Day | None
    ) -> Iterator[StatementLine]:
        for entry in children(element, "Ntry"):
            self.entries += 1
            self._not_too_many(entry, self.entries, STATEMENT_LINES)
            status = text_at(entry, "Sts/Cd") or text_at(entry, "Sts/Prtry") or text_at(entry, "Sts")
            if status in PENDING:
                self._warn("statement_pending", entry, status, BOOKED)
                continue
            if status not in ("", BOOKED):
                self._fault("statement_status", entry, status, BOOKED)
            self.position += 1
            line = self._line(entry, self.position, held)
            if outside(line.date, begun, ended):
                self._warn("statement_line_outside", entry, line.date.isoformat(), f"{begun or ''}..{ended or ''}")
            yield line

    def _line(self, entry: etree._Element, position: int, held: Currency) -> StatementLine:
        amount = self._signed(entry, held)
        booked = self._day(entry, "BookgDt") or self._day(entry, "ValDt")
        if booked is None:
            self._fault("statement_missing", entry, "BookgDt", "Dt")
            booked = Day(2000, 1, 1)
        details = [d for block in children(entry, "NtryDtls") for d in children(block, "TxDtls")]
        self._not_too_many(entry, len(details), STATEMENT_PARTS)
        parts = [self._part(d, amount, held, alone=len(details) == 1) for d in details]
        one = parts[0] if len(parts) == 1 else _Part(Part(amount))
        told = text_at(entry, "AddtlNtryInf")
        text = _joined([one.part.text, told])
        fees, original = one.fees or self._fees(entry, amount, held), one.original
        return StatementLine(
            position=position,
            date=booked,
            value_date=self._day(entry, "ValDt") or booked,
            currency=held,
            amount=amount,
            code=_bank_code(entry) or (_bank_code(details[0]) if details else ""),
            text=text,
            name=one.part.name,
            iban=one.part.iban,
            end_to_end=one.part.end_to_end,
            reference=text_at(entry, "NtryRef") or text_at(entry, "AcctSvcrRef") or one.part.reference or _batch(entry),
            mandate=one.part.mandate,
            reason=one.part.reason,
            fees=fees,
            references=one.part.references,
            original=original,
            reversal=text_at(entry, "RvslInd").lower() in ("true", "1"),
            parts=self._batched(entry, parts, amount, held),
        )

    def _batched(self, entry: etree._Element, parts: list[_Part], amount: int, held: Currency) -> tuple[Part, ...]:
        """The payments of a batch; none where there is one, or where they are not all told apart."""
        if len(parts) < 2:
            return ()
        total = sum(one.part.amount for one in parts)
        if not all(one.amount_told for one in parts) or total != amount:
            seen = Amount(total, held).text if all(one.amount_told for one in parts) else "-"
            self._warn("statement_parts_differ", entry, seen, Amount(amount, held).text)
        return tuple(one.part for one in parts)

    # ------------------------------------------------------------ one payment of it

    def _part(self, details: etree._Element, whole: int, held: Currency, *, alone: bool) -> _Part:
        amount, told = (whole, True) if alone else self._own_amount(details, whole, held)
        received = amount >= 0
        if text_at(details, "RtrInf/Rsn/Cd") or text_at(details, "RtrInf/OrgnlBkTxCd"):
            received = not received  # a return goes the other way: the other side is who was to pay, or to be paid
        own, other = ("Cdtr", "Dbtr") if received else ("Dbtr", "Cdtr")
        parties = next(iter(children(details, "RltdPties")), None)
        name = iban = ""
        if parties is not None:
            for side in (other, own):
                name = name or _party(parties, side)
                iban = iban or _account(parties, side)
        original = self._original(details, amount, held)
        references = self._references(details)
        unstructured = texts_at(details, "RmtInf/Ustrd")
        free = texts_at(details, "RmtInf/Strd/AddtlRmtInf")
        text = _joined([*unstructured, *references, *free, text_at(details, "AddtlTxInf")])
        end_to_end = text_at(details, "Refs/EndToEndId")
        part = Part(
            amount=amount,
            name=name,
            iban=iban.replace(" ", "").upper(),
            end_to_end="" if end_to_end == "NOTPROVIDED" else end_to_end,
            reference=text_at(details, "Refs/AcctSvcrRef")
            or text_at(details, "Refs/TxId")
            or text_at(details, "Refs/InstrId"),
            mandate=text_at(details, "Refs/MndtId"),
            text=text,
            reason=text_at(details, "RtrInf/Rsn/Cd") or text_at(details, "RtrInf/Rsn/Prtry"),
            references=references,
        )
        return _Part(part, original, self._fees(details, amount, held), told)

    def _references(self, details: etree._Element) -> tuple[str, ...]:
        """Of documents, as far as they are kept."""
        paths = "CdtrRefInf/Ref", "RfrdDocInf/Nb"
        told = tuple(dict.fromkeys(text for path in paths for text in texts_at(details, f"RmtInf/Strd/{path}")))
        kept = tuple(text[:REFERENCE_CHARACTERS] for text in told[:STATEMENT_REFERENCES])
        if kept != told:
            most = f"{STATEMENT_REFERENCES} × {REFERENCE_CHARACTERS}"
            self._warn("statement_references_cut", details, f"{len(told)} × {max(map(len, told))}", most)
        return kept

    def _own_amount(self, details: etree._Element, whole: int, held: Currency) -> tuple[int, bool]:
        """What of the entry this payment is, in the account's currency; whether it says so."""
        sign = {"CRDT": 1, "DBIT": -1}.get(text_at(details, "CdtDbtInd"), 1 if whole >= 0 else -1)
        for path in _PAID:
            element = first_at(details, path)
            if element is not None and element.get("Ccy", held.code) == held.code:
                return sign * abs(self._minor(element, held)), True
        return whole, False

    def _original(self, details: etree._Element, amount: int, held: Currency) -> Original | None:
        """What was paid in another currency."""
        for path in ("AmtDtls/InstdAmt", "AmtDtls/TxAmt"):
            element = first_at(details, f"{path}/Amt")
            other = currency((element.get("Ccy") or "").upper()) if element is not None else None
            if element is not None and other is not None and other != held:
                rate = text_at(details, f"{path}/CcyXchg/XchgRate") or text_at(
                    details, "AmtDtls/CntrValAmt/CcyXchg/XchgRate"
                )
                return Original((1 if amount >= 0 else -1) * abs(self._minor(element, other)), other, _rate(rate))
        return None

    def _fees(self, element: etree._Element, amount: int, held: Currency) -> int:
        """The bank's fees inside the amount: told to be, or the figures say so. Other ones are booked by themselves."""
        fees = beside = 0
        for charges in children(element, "Chrgs"):
            for record in [*children(charges, "Rcrd")] or [charges]:
                told = first_at(record, "Amt")
                if told is None or told.get("Ccy", held.code) != held.code:
                    continue
                minor = abs(self._minor(told, held)) * (-1 if text_at(record, "CdtDbtInd") == "CRDT" else 1)
                if text_at(record, "ChrgInclInd").lower() in ("true", "1"):
                    fees += minor
                else:
                    beside += minor
        if not fees and beside > 0 and amount + beside in self._told(element, amount, held):
            fees = beside
        if fees > MINOR_UNITS:
            self._fault("statement_amount", element, Amount(fees, held).text, f"{held.code}, {held.decimals}")
        return max(fees, 0)

    def _told(self, element: etree._Element, amount: int, held: Currency) -> set[int]:
        """The amounts that a payment is said to have had, in the account's currency, signed as it was booked."""
        elements = (first_at(element, path) for path in _PAID)
        return {
            (1 if amount >= 0 else -1) * abs(self._minor(told, held))
            for told in elements
            if told is not None and told.get("Ccy", held.code) == held.code
        }

    # ------------------------------------------------------------ figures and days

    def _signed(self, element: etree._Element, held: Currency) -> int:
        """An amount with its direction."""
        told = next(iter(children(element, "Amt")), None)
        direction = text_at(element, "CdtDbtInd")
        if told is None or direction not in ("CRDT", "DBIT"):
            self._fault("statement_missing", element, "Amt, CdtDbtInd", "CRDT, DBIT")
            return 0
        if told.get("Ccy", held.code).upper() != held.code:
            self._fault("statement_currency_differs", told, told.get("Ccy", ""), held.code)
        minor = self._minor(told, held)
        if minor < 0:
            self._fault("statement_amount", told, told.text or "", ">= 0, CdtDbtInd")
        return minor if direction == "CRDT" else -minor

    def _minor(self, element: etree._Element, held: Currency) -> int:
        figure = decimal((element.text or "").strip())
        minor = figure.exact(held) if figure else None
        if minor is None or abs(minor) > MINOR_UNITS:
            self._fault("statement_amount", element, element.text or "", f"{held.code}, {held.decimals}")
            return 0
        return minor

    def _day(self, element: etree._Element, name: str) -> Day | None:
        """A day, given as one or as a moment; None where there is none."""
        text = text_at(element, f"{name}/Dt") or text_at(element, f"{name}/DtTm")
        if not text:
            return None
        found = day(text[:10])
        if found is None:
            self._fault("statement_date", element, text, "YYYY-MM-DD")
        return self._sensible(found, element, text)

    def _sensible(self, found: Day | None, element: etree._Element, text: str) -> Day | None:
        """The day, if it is one that a statement may tell."""
        if found is None or sensible(found):
            return found
        self._fault("statement_date_beyond", element, text, "{}-{}".format(*STATEMENT_YEARS))
        return Day(2000, 1, 1)

    # ------------------------------------------------------------ what is against it

    def _not_too_many(self, element: etree._Element, count: int, most: int) -> None:
        if count > most:
            self._fault("statement_too_long", element, str(count), str(most))
            self.notes.stop()

    def _fault(self, code: str, element: etree._Element, seen: str, expected: str = "") -> None:
        self.notes.fault(code, place_of(element), seen, expected, self.paths.of(element))

    def _warn(self, code: str, element: etree._Element, seen: str, expected: str = "") -> None:
        if self.notes.room:  # to find its path costs more than to read it
            self.notes.warn(code, place_of(element), seen, expected, self.paths.of(element))


# ---------------------------------------------------------------- what is in it


def _joined(texts: Iterable[str]) -> str:
    """Texts in one, none twice."""
    return " ".join(dict.fromkeys(text for text in texts if text))[:STATEMENT_TEXT]


def _party(parties: etree._Element, side: str) -> str:
    """A name: newer versions wrap it into `Pty`; an ultimate party stands in for one that is not named."""
    paths = (f"{side}/Nm", f"{side}/Pty/Nm", f"Ultmt{side}/Nm", f"Ultmt{side}/Pty/Nm")
    return next((text for path in paths if (text := text_at(parties, path))), "")


def _account(parties: etree._Element, side: str) -> str:
    return text_at(parties, f"{side}Acct/Id/IBAN") or text_at(parties, f"{side}Acct/Id/Othr/Id")


def _bank_code(element: etree._Element) -> str:
    """The kind of operation: the bank's own code, else ISO's domain, family and sub-family."""
    own = text_at(element, "BkTxCd/Prtry/Cd")
    iso = [text_at(element, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return own or "-".join(part for part in iso if part)


def _batch(entry: etree._Element) -> str:
    return text_at(entry, "NtryDtls/Btch/PmtInfId") or text_at(entry, "NtryDtls/Btch/MsgId")


def _rate(text: str) -> str:
    """A rate as written where it is a number, else none."""
    try:
        return text if Decimal(text).is_finite() else ""
    except InvalidOperation:
        return ""
