"""Which statements of a file are kept: each movement of an account once, whatever files tell it.

A file is known by its bytes, a statement by its account, its end, its balances and its movements, never by texts: two
movements that look alike in one statement are two movements.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)

import msgspec

from lettrage.bank.statements.document import Statement, StatementFile, StatementLine
from lettrage.company.dossier import Bank, Company
from lettrage.money import Amount, Currency
from lettrage.refusal import Refusal, quoted

NOTIFICATION = "camt.054"  # tells of movements that a statement tells too


class KeptLine(msgspec.Struct, frozen=True):
    """A line of a statement that is kept, as far as another file may tell it again."""

    id: int
    date: Day
    amount: int
    reference: str
    end_to_end: str
    twin: int | None = None  # the line that it is told by, or that is told by it
    matched: bool = False


class KeptStatement(msgspec.Struct, frozen=True):
    """A statement that is kept."""

    id: int
    file: int
    name: str  # of the file
    format: str
    position: int
    bank: str
    number: str
    currency: Currency
    start: Day
    end: Day
    opening: int | None
    closing: int | None
    lines: tuple[KeptLine, ...] = ()

    @property
    def shown(self) -> str:
        """How a refusal names it."""
        return f"{self.name} {self.number or self.end}"


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of one statement of a file: kept, there already (`known`), or refused.

    `twins`: by the position of a new line, the id of a kept one which tells the same movement.
    """

    statement: Statement
    bank: str = ""
    known: KeptStatement | None = None
    reasons: tuple[Refusal, ...] = ()
    warnings: tuple[Refusal, ...] = ()
    twins: dict[int, KeptLine] = {}

    @property
    def new(self) -> bool:
        """Whether it is to be kept now."""
        return self.known is None and not self.reasons


def bank_of(account: str, company: Company) -> Bank | None:
    """The company's bank with this account: an IBAN, or the bank, branch and account number inside a French one."""
    for bank in company.banks.values():
        iban = bank.iban.replace(" ", "").upper()
        if iban and account in (iban, iban[4:25], iban[4:]):
            return bank
    return None


def judge(file: StatementFile, company: Company, kept: Sequence[KeptStatement], same: int | None) -> list[Verdict]:
    """What becomes of each statement. `kept`: those of these accounts around this time; `same`: this very file's id."""
    by_bank: dict[str, list[KeptStatement]] = defaultdict(list)
    for one in kept:
        by_bank[one.bank].append(one)
    verdicts: list[Verdict] = []
    for statement in file.statements:
        verdict = _judged(statement, file.format, company, by_bank, same)
        verdicts.append(verdict)
        if verdict.new:
            by_bank[verdict.bank].append(_as_kept(verdict, file.format))
    return verdicts


def _judged(
    statement: Statement, format_: str, company: Company, by_bank: dict[str, list[KeptStatement]], same: int | None
) -> Verdict:
    bank = bank_of(statement.account, company)
    path = f"#{statement.position}"
    if bank is None:
        known = ", ".join(f"{b.code} {b.iban}".strip() for b in company.banks.values()) or "-"
        return Verdict(statement, reasons=(Refusal("statement_unknown_account", path, statement.account, known),))
    if statement.currency != bank.currency:
        facts = {"bank": bank.code}
        reason = Refusal("statement_other_currency", path, statement.currency.code, bank.currency.code, facts)
        return Verdict(statement, bank.code, reasons=(reason,))
    others = by_bank[bank.code]
    again = next((o for o in others if _is_again(statement, format_, o, same)), None)
    if again is not None:
        remark = Refusal("statement_known", path, _name(statement), again.shown, {"bank": bank.code})
        own = () if again.file == same else (remark,)
        return Verdict(statement, bank.code, known=again, warnings=own)
    if format_ == NOTIFICATION:
        told = [line for o in others if o.format != NOTIFICATION for line in o.lines]
        return Verdict(statement, bank.code, twins=twins(statement.lines, told))
    reasons = tuple(_overlaps(statement, path, [o for o in others if o.format != NOTIFICATION], bank.code))
    noted = [line for o in others if o.format == NOTIFICATION for line in o.lines]
    warnings = tuple(_gap(statement, path, others, bank)) if not reasons else ()
    return Verdict(statement, bank.code, None, reasons, warnings, twins(statement.lines, noted))


def _name(statement: Statement) -> str:
    return quoted(statement.number) or str(statement.end)


def _as_kept(verdict: Verdict, format_: str) -> KeptStatement:
    """A statement of this very file, for those behind it."""
    s = verdict.statement
    return KeptStatement(
        0, 0, f"#{s.position}", format_, s.position, verdict.bank, s.number, s.currency, s.start, s.end, s.opening,
        s.closing,
    )  # fmt: skip


def _is_again(statement: Statement, format_: str, other: KeptStatement, same: int | None) -> bool:
    """Whether another file has told this statement; of the same file it is the one in the same place."""
    if other.file == same:
        return other.position == statement.position
    if not other.id or (format_ == NOTIFICATION) != (other.format == NOTIFICATION):
        return False
    balances = (statement.end, statement.opening, statement.closing) == (other.end, other.opening, other.closing)
    told = Counter((line.date, line.amount) for line in other.lines)
    return balances and told == Counter((line.date, line.amount) for line in statement.lines)


def _overlaps(statement: Statement, path: str, others: Sequence[KeptStatement], bank: str) -> Iterator[Refusal]:
    """The statements whose time this one's runs into, unless one goes on where the other ends.

    Several of one day go on from each other by their balances.
    """
    same_time = [o for o in others if (o.start, o.end) == (statement.start, statement.end)]
    goes_on = any(_chained(statement, other) for other in same_time)
    for other in others:
        inside = statement.start < other.end and other.start < statement.end
        if inside or (other in same_time and not goes_on):
            facts = {"bank": bank, "name": _name(statement)}
            yield Refusal(
                "statement_overlaps", path, f"{statement.start}..{statement.end}",
                f"{other.shown} ({other.start}..{other.end})", facts,
            )  # fmt: skip


def _chained(statement: Statement, other: KeptStatement) -> bool:
    """Whether one of two ends with the balance that the other begins with."""
    pairs = (other.closing, statement.opening), (statement.closing, other.opening)
    return any(closing is not None and closing == opening for closing, opening in pairs)


def _gap(statement: Statement, path: str, others: Iterable[KeptStatement], bank: Bank) -> Iterator[Refusal]:
    """Where the balances of the statement before, or of the one behind, do not fit: something between is missing."""
    told = [o for o in others if o.opening is not None and o.closing is not None]
    before = max((o for o in told if o.end <= statement.start), key=lambda o: (o.end, o.id), default=None)
    after = min((o for o in told if o.start >= statement.end), key=lambda o: (o.start, o.id), default=None)
    pairs = (
        (before and before.closing, statement.opening, before),
        (statement.closing, after and after.opening, after),
    )
    for closing, opening, other in pairs:
        fits = any(o.closing == opening for o in told if other and o.end == other.end)
        if other is not None and None not in (closing, opening) and closing != opening and not fits:
            texts = [Amount(n or 0, bank.currency).text for n in (opening, closing)]
            yield Refusal("statement_gap", path, texts[0], texts[1], {"bank": bank.code, "name": other.shown})


def twins(new: Iterable[StatementLine], kept: Iterable[KeptLine]) -> dict[int, KeptLine]:
    """Which kept lines tell the same movements as new ones: same amount, and a reference or the day in common.

    One tells one. A day alone is enough where nothing else of that day and amount is there.
    """
    free: dict[int, list[KeptLine]] = defaultdict(list)
    for other in kept:
        if other.twin is None:
            free[other.amount].append(other)
    lines = list(new)
    alike = Counter((line.amount, line.date) for line in lines)
    found: dict[int, KeptLine] = {}
    for by in (_same_reference, _same_day):
        for line in lines:
            if line.position in found:
                continue
            near = [k for k in free[line.amount] if abs((k.date - line.date).days) <= NEAR_DAYS and by(line, k)]
            if len(near) == 1 and (by is _same_reference or alike[line.amount, line.date] == 1):
                found[line.position] = near[0]
                free[line.amount].remove(near[0])
    return found


NEAR_DAYS = 7  # between a notification and the statement that tells its movement


def _same_reference(line: StatementLine, kept: KeptLine) -> bool:
    return bool(
        (line.reference and line.reference == kept.reference)
        or (line.end_to_end and line.end_to_end == kept.end_to_end)
    )


def _same_day(line: StatementLine, kept: KeptLine) -> bool:
    return line.date == kept.date
