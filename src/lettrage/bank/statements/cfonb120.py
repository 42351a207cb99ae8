"""CFONB 120: the French banks' statement of account, records of 120 characters.

`01` old balance, `04` movement, `05` what completes a movement, `07` new balance. Accepted as banks write it: without
line breaks, with trailing blanks cut off, in lower case, with accents, with currency and decimals left blank.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)

import msgspec

from lettrage.bank.statements.document import Notes, Original, Statement, StatementFile, StatementLine, outside
from lettrage.limits import MINOR_UNITS, STATEMENT_LINES, STATEMENT_TEXT, STATEMENTS
from lettrage.money import Currency, Figure, currency

FORMAT = "cfonb120"
LENGTH = 120
CENTURY = 2000  # a statement has two digits for its year, and none is of the century before

# Where each field stands: first and last position, counted from 1.
FIELDS = {
    "code": (1, 2),
    "bank": (3, 7),
    "branch": (12, 16),
    "currency": (17, 19),
    "decimals": (20, 20),
    "account": (22, 32),
    "operation": (33, 34),
    "date": (35, 40),
    "reject": (41, 42),
    "value_date": (43, 48),
    "qualifier": (46, 48),
    "label": (49, 79),
    "detail": (49, 118),
    "amount": (91, 104),
    "reference": (105, 120),
}
# The last character of an amount is its last digit and its sign. `é` and `è` are what the French variant of ASCII
# has in place of the braces.
_POSITIVE = {c: digit for digit, c in enumerate("{ABCDEFGHI")} | {"É": 0}
_NEGATIVE = {c: digit for digit, c in enumerate("}JKLMNOPQR")} | {"È": 0}
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_ISO_REASON = re.compile(r"[A-Z]{2}[0-9]{2}", re.ASCII)  # AC04: account closed


class _Record(msgspec.Struct, frozen=True):
    """One record, and where it begins in the file."""

    text: str
    line: int
    column: int

    def __getitem__(self, field: str) -> str:
        first, last = FIELDS[field]
        return self.text[first - 1 : last].strip()

    def place(self, field: str) -> tuple[int, int]:
        """The line and column of a field."""
        return self.line, self.column + FIELDS[field][0] - 1


class _Movement:
    """A movement while its complements arrive."""

    def __init__(self, line: StatementLine) -> None:
        self.line = line
        self.texts = dict.fromkeys([line.text] if line.text else [])
        self.said = len(line.text)  # characters; beyond those that are kept, nothing is added
        self.names: dict[str, str] = {}
        self.accounts: dict[str, str] = {}

    def set(self, **values: object) -> None:
        """Replace fields of the line."""
        self.line = msgspec.structs.replace(self.line, **values)

    def say(self, text: str) -> None:
        """Add to the texts what they do not say yet."""
        if text and text not in self.texts and self.said < STATEMENT_TEXT:
            self.texts[text] = None
            self.said += len(text)

    def done(self) -> StatementLine:
        """The line with all that its complements said: who the other side is follows from the sign."""
        received = self.line.amount >= 0
        other = ("NPY", "NPO") if received else ("NBE", "NBU")
        name = next((self.names[q] for q in (*other, *self.names) if q in self.names), "")
        account = self.accounts.get("CPY" if received else "CBE", "")
        text = " ".join(self.texts)[:STATEMENT_TEXT]
        return msgspec.structs.replace(self.line, text=text, name=name, iban=account)


class _Account:
    """A statement between its two balances."""

    def __init__(self, record: _Record, position: int, held: Currency, decimals: int, start: Day, opening: int) -> None:
        self.record, self.position, self.held, self.decimals = record, position, held, decimals
        self.start, self.opening = start, opening
        self.lines: list[StatementLine] = []
        self.places: list[tuple[int, int]] = []  # of the lines' dates

    @property
    def name(self) -> str:
        """Bank, branch and account number."""
        return f"{self.record['bank']:>5}{self.record['branch']:>5}{self.record['account']:>11}".replace(" ", "0")


def read(data: bytes) -> StatementFile:
    """Every statement of a file. Raises Misread with all that is against it, by line and column."""
    reader = _Reader()
    for record in _records(_text(data), reader.notes):
        reader.take(record)
    reader.end()
    return StatementFile(FORMAT, tuple(reader.statements), tuple(reader.notes.warnings))


def _text(data: bytes) -> str:
    """The file as text: UTF-8, else as Windows writes it; the mark of an end of file is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return text.rstrip("\x1a\r\n \0")


def _records(text: str, notes: Notes) -> Iterator[_Record]:
    """The records: one to a line, or one every 120 characters where there are no lines."""
    count = 0
    for number, found in enumerate(_LINE.finditer(text), 1):
        line = found[1]
        if len(line) > LENGTH and len(line) % LENGTH and not line[LENGTH:].strip():
            line = line[:LENGTH]  # blanks behind a record
        for start in range(0, len(line), LENGTH):
            piece = line[start : start + LENGTH]
            if not piece.strip():
                continue
            count += 1
            if count > STATEMENT_LINES:
                notes.fault("statement_too_long", (number, 1), str(count), str(STATEMENT_LINES))
                notes.stop()
            if len(piece) < LENGTH:
                whole = len(piece) >= FIELDS["amount"][1] or (piece[:2] == "05" and len(piece) >= FIELDS["detail"][0])
                if not whole:
                    notes.fault("statement_record_length", (number, start + 1), str(len(piece)), str(LENGTH))
                    continue
            yield _Record(piece.ljust(LENGTH), number, start + 1)


class _Reader:
    """Takes record after record; knows which statement and which movement is open."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.statements: list[Statement] = []
        self.open: _Account | None = None
        self.movement: _Movement | None = None
        self.movements = 0
        self.broken = False  # the open statement has a fault: what it adds up to says nothing

    def take(self, record: _Record) -> None:
        """One record."""
        known = {"01": self._opens, "04": self._moves, "05": self._completes, "07": self._closes}
        action = known.get(record["code"])
        if action is None:
            self._fault("statement_record", record, "code", record["code"], "01, 04, 05, 07")
        else:
            action(record)

    def end(self) -> None:
        """No record is left: every statement is closed and there is one."""
        if self.open is not None:
            self._fault("statement_unfinished", self.open.record, "code", self.open.name, "07")
        elif not self.statements and not self.notes.faults:
            self.notes.fault("statement_empty", (1, 1))
        self.notes.stop()

    # ------------------------------------------------------------ the four records

    def _opens(self, record: _Record) -> None:
        if self.open is not None:
            self._fault("statement_unfinished", record, "code", self.open.name, "07")
        if len(self.statements) == STATEMENTS:
            self._fault("statement_too_long", record, "code", str(STATEMENTS + 1), str(STATEMENTS))
            self.notes.stop()
        self.broken, self.movement = False, None
        held, decimals = self._money(record, None)
        start, opening = self._day(record, "date"), self._amount(record, held, decimals)
        self.open = _Account(record, len(self.statements) + 1, held, decimals, start, opening)

    def _moves(self, record: _Record) -> None:
        account = self._account(record)
        if account is None:
            return
        self._finish()
        held, decimals = self._money(record, account)
        if held != account.held:
            self._fault("statement_currency_differs", record, "currency", held.code, account.held.code)
        day = self._day(record, "date")
        account.places.append(record.place("date"))
        value = record["value_date"].strip("0")
        self.movement = _Movement(
            StatementLine(
                position=self._next(),
                date=day,
                value_date=self._day(record, "value_date") if value else day,
                currency=account.held,
                amount=self._amount(record, account.held, decimals),
                code=record["operation"],
                text=_clean(record["label"]),
                reference=_clean(record["reference"]),
                reason=record["reject"] if record["reject"].strip("0") else "",
            )
        )

    def _completes(self, record: _Record) -> None:
        account = self._account(record)
        if account is None:
            return
        if self.movement is None:
            self._fault("statement_record", record, "code", "05", "04")
            return
        complete = _QUALIFIERS.get(record["qualifier"].upper())
        detail = _clean(record["detail"])
        if complete is None:
            if record["qualifier"]:
                self.notes.warn("statement_unknown_qualifier", record.place("qualifier"), record["qualifier"])
            self.movement.say(detail)
        else:
            complete(self.movement, record.text[48:118].ljust(70), account)

    def _closes(self, record: _Record) -> None:
        account = self._account(record)
        if account is None:
            return
        self._finish()
        held, decimals = self._money(record, account)
        if held != account.held:
            self._fault("statement_currency_differs", record, "currency", held.code, account.held.code)
        closing, end = self._amount(record, account.held, decimals), self._day(record, "date")
        reached = account.opening + sum(line.amount for line in account.lines)
        if reached != closing and not self.broken:
            texts = (Figure(n, account.held.decimals).text for n in (reached, closing))
            self._fault("statement_balance", record, "amount", *texts)
        if end < account.start:
            self._fault("statement_dates", record, "date", end.isoformat(), f">= {account.start}")
        for line, place in zip(account.lines, account.places, strict=True):
            if outside(line.date, account.start, end):
                self.notes.warn("statement_line_outside", place, line.date.isoformat(), f"{account.start}..{end}")
        self.statements.append(
            Statement(
                account.position, account.name, "", account.held, account.start, end, account.opening, closing,
                tuple(account.lines),
            )
        )  # fmt: skip
        self.open = None

    # ------------------------------------------------------------ what they share

    def _account(self, record: _Record) -> _Account | None:
        """The open statement, which the record is about."""
        if self.open is None:
            if not self.broken or record["code"] != "05":
                self._fault("statement_record", record, "code", record["code"], "01")
            self.broken = True
            return None
        own = self.open.record
        if record["account"] != own["account"]:
            self._fault("statement_account_differs", record, "account", record["account"], own["account"])
        for field in ("bank", "branch"):
            if record[field] not in ("", own[field]):
                self.notes.warn("statement_branch_differs", record.place(field), record[field], own[field])
        return self.open

    def _next(self) -> int:
        self.movements += 1
        return self.movements

    def _finish(self) -> None:
        """The movement before is complete."""
        if self.movement is not None and self.open is not None:
            self.open.lines.append(self.movement.done())
        self.movement = None

    def _money(self, record: _Record, account: _Account | None) -> tuple[Currency, int]:
        """The currency, and how many of an amount's digits are decimals: as the record says, else as its account."""
        euro = currency("EUR")
        assert euro is not None
        held, decimals = (account.held, account.decimals) if account else (euro, 2)
        if code := record["currency"].upper():
            found = currency(code)
            if found is None:
                self._fault("statement_currency", record, "currency", code)
            held = found or held
            decimals = decimals if account and held == account.held else held.decimals
        elif account is None:
            self.notes.warn("statement_currency_assumed", record.place("currency"), "", "EUR")
        if told := record["decimals"]:
            if told.isascii() and told.isdigit() and int(told) <= 4:
                decimals = int(told)
            else:
                self._fault("statement_decimals", record, "decimals", told, "0-4")
        return held, decimals

    def _amount(self, record: _Record, held: Currency, decimals: int) -> int:
        """The signed amount in minor units of the account's currency, whatever its decimals in the record."""
        minor = overpunched(record["amount"], decimals, held)
        if minor is None or abs(minor) > MINOR_UNITS:
            expected = f"0000000059950{{, {held.code} {decimals}"
            self._fault("statement_amount", record, "amount", record["amount"], expected)
            return 0
        if record["amount"][-1].upper() in "ÉÈ":
            self.notes.warn("statement_odd_sign", record.place("amount"), record["amount"][-1], "{ }")
        return minor

    def _day(self, record: _Record, field: str) -> Day:
        """A date JJMMAA."""
        text = record[field]
        if len(text) == 6 and text.isascii() and text.isdigit():
            day, month, year = int(text[:2]), int(text[2:4]), CENTURY + int(text[4:])
            try:
                return Day(year, month, day)
            except ValueError:
                pass
        self._fault("statement_date", record, field, text, "JJMMAA")
        return Day(CENTURY, 1, 1)

    def _fault(self, code: str, record: _Record, field: str, seen: str = "", expected: str = "") -> None:
        self.broken = True
        self.notes.fault(code, record.place(field), seen, expected)


def overpunched(text: str, decimals: int, held: Currency) -> int | None:
    """Minor units of an overpunched amount; None when it is none, or finer than the currency."""
    digits, last = text[:-1].replace(" ", "0"), text[-1:].upper()
    if not digits.isascii() or (digits and not digits.isdigit()):
        return None
    if last in _POSITIVE:
        return Figure(int(digits + str(_POSITIVE[last])), decimals).exact(held)
    if last in _NEGATIVE:
        return Figure(-int(digits + str(_NEGATIVE[last])), decimals).exact(held)
    return None


def _clean(text: str) -> str:
    """A text of one line, its blanks single."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


# ---------------------------------------------------------------- what completes a movement

Complement = Callable[[_Movement, str, _Account], None]


def _text_of(movement: _Movement, detail: str, _account: _Account) -> None:
    movement.say(_clean(detail))


def _client_reference(movement: _Movement, detail: str, _account: _Account) -> None:
    if reference := _clean(detail[:35]):
        movement.set(end_to_end=reference)
    movement.say(_clean(detail[35:]))


def _bank_reference(movement: _Movement, detail: str, _account: _Account) -> None:
    if not movement.line.reference:
        movement.set(reference=_clean(detail))
    movement.say(_clean(detail))


def _mandate(movement: _Movement, detail: str, _account: _Account) -> None:
    movement.set(mandate=_clean(detail[:35]))


def _reason(movement: _Movement, detail: str, _account: _Account) -> None:
    text = _clean(detail)
    if text:
        iso = _ISO_REASON.match(text)
        movement.set(reason=iso[0] if iso else text.split()[0])
    movement.say(text)


def _original(movement: _Movement, detail: str, _account: _Account) -> None:
    """Currency, decimals, amount, and the rate behind it with decimals of its own."""
    held, figure = currency(detail[:3].upper()), _figure(detail[3:18])
    minor = figure.exact(held) if held and figure else None
    if held is None or minor is None:
        movement.say(_clean(detail))
        return
    rate = _figure(detail[18] + detail[19:30].replace(" ", ""))
    sign = 1 if movement.line.amount >= 0 else -1
    text = rate.text if rate and rate.digits else ""
    movement.set(original=Original(sign * minor, held, text))


def _fee(movement: _Movement, detail: str, account: _Account) -> None:
    held, figure = currency(detail[:3].upper()), _figure(detail[3:18])
    minor = figure.exact(account.held) if figure and held == account.held else None
    if minor is None:
        movement.say(_clean(detail))
    else:
        movement.set(fees=min(movement.line.fees + abs(minor), MINOR_UNITS))


def _figure(text: str) -> Figure | None:
    """One digit that says how many decimals, and the figure's own."""
    decimals, digits = text[:1], text[1:].replace(" ", "0")
    if decimals in "01234567" and decimals and digits.isascii() and digits.isdigit():
        return Figure(int(digits), int(decimals))
    return None


def _name(qualifier: str) -> Complement:
    def keep(movement: _Movement, detail: str, _account: _Account) -> None:
        before = movement.names.get(qualifier, "")
        movement.names[qualifier] = f"{before} {_clean(detail)}".strip()[:STATEMENT_TEXT]

    return keep


def _iban(qualifier: str) -> Complement:
    def keep(movement: _Movement, detail: str, _account: _Account) -> None:
        first = detail[:35].replace(" ", "").upper()
        movement.accounts[qualifier] = first if first.isalnum() else ""

    return keep


_QUALIFIERS: dict[str, Complement] = {
    **dict.fromkeys(("LIB", "LCC", "LC2", "LCS", "IPY", "IBE"), _text_of),
    **{qualifier: _name(qualifier) for qualifier in ("NPY", "NBE", "NPO", "NBU")},
    **{qualifier: _iban(qualifier) for qualifier in ("CPY", "CBE")},
    "RCN": _client_reference,
    "REF": _bank_reference,
    "RUM": _mandate,
    "RET": _reason,
    "MMO": _original,
    "FEE": _fee,
}
