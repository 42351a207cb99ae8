"""Accepting what a line of a bank statement was taken for, and taking that back.

The line is never accepted twice: its match is written in the commit that books it. What is booked goes by the journey
of settlements, by the return of a payment, or is an entry of the bank's own movements; what the ledger has already is
accounted for and not booked again.
"""

from collections.abc import Callable, Iterator
from datetime import date as Day  # noqa: N812
from datetime import timedelta
from fractions import Fraction
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused, told
from lettrage.acts.cancel import Cancel
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.booking import (
    Charge,
    arriving,
    charge_entry,
    direction_of,
    paid,
    settling,
    taken_back_entry,
    to_the_bank,
)
from lettrage.bank.lines import Kept, LedgerLine, Mark, Match
from lettrage.bank.matching.proposal import Proposal
from lettrage.books import hand
from lettrage.books.chain import Posted, shown
from lettrage.books.entry import Entry, reversal
from lettrage.books.laws.accounts import portfolio_accounts
from lettrage.caller import Caller
from lettrage.company.dossier import Bank
from lettrage.money import Amount, Figure, converted
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement import Unsettled, settle_within
from lettrage.settlement.desk import Wanted
from lettrage.settlement.document import Instrument
from lettrage.settlement.terms import period_faults


class AcceptLine(msgspec.Struct, frozen=True):
    """Take a line of a statement for what a proposal says. Satisfies the port `Act`.

    `day`: when it is booked, where not on the statement's day; `vat`: what of the bank's fees is VAT, in its currency.
    """

    line: int
    proposal: Proposal
    by: str
    automatic: bool = False
    day: Day | None = None
    vat: Figure | None = None

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "bank accept"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked: the rank of a proposal, or an account. What was booked is kept with the match."""
        return {
            "line": self.line,
            "proposal": self.proposal.rank,
            "account": "" if self.proposal.rank else self.proposal.account,
            "automatic": self.automatic,
            "date": "" if self.day is None else self.day.isoformat(),
            "vat": "" if self.vat is None else self.vat.canonical,
        }

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """What was booked for the line, and by what it is accounted for. Raises LineNotMet where they differ."""
        kept = books.bank_line(self.line)
        if kept is None:
            raise Refused(Refusal("unknown_bank_line", "line", str(self.line)))
        if reasons := list(_not_free(kept)):
            raise Refused(*reasons)
        return _Case(self, books, kept, moment).done()


class LineNotMet(Stop):
    """What was booked for a line is not what the line says; all of it is taken back."""


def _not_free(kept: Kept) -> Iterator[Refusal]:
    if kept.match is not None:
        facts = {"by": kept.match.by, "at": kept.match.at[:10]}
        yield Refusal("bank_line_matched", "line", str(kept.line.id), _listed(kept.match), facts)
    elif kept.twin is not None:
        yield Refusal("bank_line_elsewhere", "line", str(kept.line.id), str(kept.twin))


def _listed(match: Match) -> str:
    return ", ".join(map(str, match.transactions)) or match.kind


class _Case:
    """One line being accepted. What is against it is raised before anything is written."""

    def __init__(self, act: AcceptLine, books: ActBooks, kept: Kept, moment: Moment) -> None:
        self.act, self.books, self.kept, self.moment = act, books, kept, moment
        self.proposal, self.line = act.proposal, kept.line
        self.company = books.company
        self.bank: Bank = books.company.banks[kept.bank]
        self.day = act.day or kept.line.date
        self.transactions: list[int] = []
        self.postings: list[Posted] = []

    def done(self) -> dict[str, Any]:
        """Book it by its kind; write the match."""
        self._refuse(*self._vat_faults())
        if self.line.amount or self.proposal.kind in ("items", "instruments", "return"):
            _KINDS[self.proposal.kind](self)  # a line that moves nothing is taken note of
        postings = tuple(posted.posting for posted in self.postings)
        made = self.books.ledger_lines(self.bank.account, self.transactions, postings)
        ledger = [*made, *self._accounted()]
        total = sum(line.amount for line in ledger)
        if total != self.line.amount:  # what was written is taken back with it
            booked, moved = (Amount(amount, self.line.currency).text for amount in (total, self.line.amount))
            raise LineNotMet(Refusal("line_not_met", "line", booked, moved, {"line": str(self.line.id)}))
        mark = Mark(
            self.line.id, self.proposal.kind, self.act.automatic, self.act.by, msgspec.to_builtins(self.proposal),
            tuple(self.transactions), postings, tuple(ledger),
        )  # fmt: skip
        match = self.books.record_match(mark, self.moment.at)
        return {
            "line": self.line.id,
            "match": match,
            "kind": self.proposal.kind,
            "automatic": self.act.automatic,
            "transactions": [str(number) for number in self.transactions],
            "entries": sorted({line.entry for line in made}),
        }

    # ------------------------------------------------------------ kinds

    def items(self) -> None:
        """Due items and advances are settled by the journey of settlements; fees beside them have an entry."""
        expected = self._expected()
        self._refuse(*self._amount(sum(map(paid, self.proposal.items)), expected), *self._fee_faults())
        self._settled(settling(self.kept, self.proposal, self.day, self.company))

    def instruments(self) -> None:
        """Announced payments arrive at the bank."""
        found = self._named()
        changes = {i.state: change for i in found if (change := to_the_bank(i.state, i.direction, self.company))}
        stuck = [i for i in found if i.state not in changes]
        facts: dict[str, str] = {"change": direction_of(self.kept, self.proposal)}
        reasons = [Refusal("wrong_entry_state", "proposal", f"{i.id} {i.state}", "30", facts) for i in stuck]
        same = [i for i in found if i.currency == self.line.currency]
        if len(same) == len(found):
            reasons += self._amount(sum(i.amount for i in found), self._expected())
        self._refuse(*reasons, *self._fee_faults())
        self._settled(arriving(self.kept, self.proposal, found, changes, self.day, self.company))

    def booked(self) -> None:
        """The ledger has it: its lines are accounted for, and nothing is posted but fees."""
        lines = [(b.posting, b.line) for b in self.proposal.booked]
        left = self.books.ledger_left(lines, self.bank.account)
        reasons = [
            Refusal(
                "already_accounted", "proposal", f"{b.posting}/{b.line}",
                Amount(left.get((b.posting, b.line), 0), self.bank.currency).text,
            )
            for b in self.proposal.booked
            if not _within(b.amount, left.get((b.posting, b.line), 0))
        ]  # fmt: skip
        total = sum(b.amount for b in self.proposal.booked)
        reasons += self._amount(total, self.line.amount + self.proposal.fees)
        self._refuse(*reasons, *self._fee_faults())
        self._fees()

    def charge(self) -> None:
        """Fees, a transfer between accounts, or what nobody knows yet: an entry on the account that is named."""
        account = self.proposal.account or (self.company.accounts.bank_fees if self.proposal.kind == "fee" else "")
        reasons = list(self._account_faults(account))
        vat = self._vat() * (1 if self.line.amount > 0 else -1)
        home, vat_home = self._worth(self.line.amount, reasons), self._worth(vat, reasons)
        self._refuse(*reasons, *period_faults(self.company, self.day, self.moment.today, "date"))
        self._post(Charge(self.line.amount, home, account, vat, vat_home), self.line.text)

    def returned(self) -> None:
        """A payment that the bank sends back: the whole header that brought it in is undone."""
        found = self._named()
        if len(found) != 1:
            self._refuse(Refusal("one_return_alone", "proposal", str(len(found)), "1"))
        (instrument,) = found
        self._refuse(*self._returned_against(instrument))
        held, vat = self.bank.currency.decimals, self._vat()
        fees = Figure(self.proposal.fees - vat, held) if self.proposal.fees else None
        act = ReportUnpaid(
            instrument.transaction, instrument=instrument.id, day=self.day, fees=fees,
            fees_vat=Figure(vat, held) if vat else None, bank=self.kept.bank,
            reason=" ".join(filter(None, (self.line.reason, self.line.text)))[:200],
        )  # fmt: skip
        done = act.perform(self.books, self.moment)
        self.transactions.append(int(done["transaction"]))
        self._taken_back(instrument)

    def _returned_against(self, instrument: Instrument) -> Iterator[Refusal]:
        """It is at this bank, or on the account of what this bank collects; and the line is what it carries."""
        sign = 1 if instrument.direction == "disbursement" else -1
        if instrument.currency == self.line.currency:
            yield from self._amount(sign * instrument.amount - self.proposal.fees, self.line.amount)
        else:
            seen, expected = (
                Amount(instrument.amount, instrument.currency),
                Amount(self.line.amount, self.line.currency),
            )
            yield Refusal("proposal_amount", "proposal", str(seen), str(expected), {"line": str(self.line.id)})
        others = {bank.account for bank in self.company.banks.values()} - {self.bank.account}
        if self._account_of(instrument) in others | portfolio_accounts(self.company):
            where = f"{instrument.state} {instrument.bank}".strip()
            facts = {"bank": self.kept.bank, "piece": f"{instrument.transaction}/{instrument.order}"}
            yield Refusal("return_not_at_bank", "proposal", where, "50", facts)

    def _account_of(self, instrument: Instrument) -> str:
        return self.company.account_of(instrument.state, instrument.direction, instrument.bank)

    def _taken_back(self, instrument: Instrument) -> None:
        """What stood on an account of its own (a bill being collected) had been credited: the bank takes it back."""
        account = self._account_of(instrument)
        if account != self.bank.account:
            label = self._label(self.line.text)
            entry = taken_back_entry(self.kept, self.bank, instrument, account, self.day, label)
            self.postings += self.books.post([entry], self.moment.at)

    # ------------------------------------------------------------ what they share

    def _refuse(self, *reasons: Refusal) -> None:
        if reasons:
            raise Refused(*reasons)

    def _expected(self) -> int:
        """What settlements make of the line in all, above zero: fees taken on the way are part of what was paid."""
        return abs(self.line.amount + self.proposal.fees)

    def _amount(self, seen: int, expected: int) -> Iterator[Refusal]:
        if seen != expected:
            found, due = (Amount(n, self.line.currency).text for n in (seen, expected))
            yield Refusal("proposal_amount", "proposal", found, due, {"line": str(self.line.id)})

    def _named(self) -> list[Instrument]:
        found = self.books.named_instruments(self.proposal.instruments)
        gone = [i for i in found if not i.active]
        missing = len(set(self.proposal.instruments)) - len(found)
        if missing or gone or not found:
            seen = ", ".join(str(i.id) for i in gone) or "-"
            raise Refused(Refusal("instrument_moved_on", "proposal", seen, _numbers(self.proposal.instruments)))
        return found

    def _settled(self, document: bytes) -> None:
        """Settle by the journey of settlements, then post the fees beside it."""
        caller = Caller(self.act.by, "bank", source=f"{self.kept.file}#{self.line.position}")
        try:
            plan = settle_within(document, caller, self.books, self.moment.at)
        except Unsettled as unsettled:
            raise Refused(*unsettled.reasons) from None
        self.transactions += [done.number for done in plan.transactions]
        self._fees()

    def _fees(self) -> None:
        if fees := self.proposal.fees:
            vat = -self._vat()
            home, vat_home = self._worth(-fees, []), self._worth(vat, [])
            charge = Charge(-fees, home, self.company.accounts.bank_fees, vat, vat_home)
            self._post(charge, f"Frais : {self.line.text}")

    def _post(self, charge: Charge, text: str) -> None:
        entry = charge_entry(self.kept, self.bank, charge, self.day, self._label(text), self.company)
        self.postings += self.books.post([entry], self.moment.at)

    def _label(self, text: str) -> str:
        return f"Relevé {self.kept.bank} : {' '.join(text.split())[:100]}".rstrip(" :")

    def _accounted(self) -> list[LedgerLine]:
        if self.proposal.kind not in ("slip", "booked"):
            return []
        return [LedgerLine(b.posting, b.line, b.amount) for b in self.proposal.booked]

    def _account_faults(self, account: str) -> Iterator[Refusal]:
        """Accounts that settlements keep by themselves take no movement of the bank's."""
        kept = hand.kept_accounts(self.company) | dict.fromkeys(hand.ledgers(self.company), "proposal_account")
        kept |= {bank.account: "proposal_account" for bank in self.company.banks.values()}
        if not hand.is_account(account) or account in kept:
            yield Refusal("proposal_account", "account", quoted(account) or "-", "471000, 580000, 627800")

    def _vat(self) -> int:
        """What of the fees is VAT, above zero."""
        return (self.act.vat.minor(self.bank.currency) or 0) if self.act.vat else 0

    def _vat_faults(self) -> Iterator[Refusal]:
        """VAT is part of the bank's fees: of the whole line, or of what it kept or added beside a payment."""
        if self.act.vat is None or not self.act.vat.digits:
            return
        minor = self.act.vat.minor(self.bank.currency)
        alone = {"fee": abs(self.line.amount), "transfer": 0, "unknown": 0}
        fees = alone.get(self.proposal.kind, self.proposal.fees)
        if minor is None:
            facts = {"currency": self.bank.currency.code}
            yield Refusal("too_many_decimals", "vat", self.act.vat.text, str(self.bank.currency.decimals), facts)
        elif not 0 < minor < fees:
            yield Refusal("vat_beyond_fees", "vat", self.act.vat.text, Amount(fees, self.bank.currency).text)

    def _fee_faults(self) -> Iterator[Refusal]:
        if not self.proposal.fees:
            return
        if self.proposal.fees < 0:
            yield Refusal("negative_fees", "proposal", Amount(self.proposal.fees, self.line.currency).text)
        faults: list[Refusal] = []
        self._worth(self.proposal.fees, faults)
        yield from (*faults, *period_faults(self.company, self.day, self.moment.today, "date"))

    def _worth(self, amount: int, faults: list[Refusal]) -> int:
        """An amount in the bank's currency at home: by the table where the bank keeps another one."""
        held, home = self.bank.currency, self.company.currency
        if held == home or not amount:
            return amount
        nothing: frozenset[Any] = frozenset()
        wanted = Wanted(nothing, nothing, nothing, nothing, 0, frozenset({held.code}))
        since = self.day - timedelta(days=self.company.settings.rate_days)
        rates = [rate for rate in self.books.snapshot(wanted).rates if since <= rate.date <= self.day]
        latest = max(rates, key=lambda rate: rate.date, default=None)
        if latest is None:
            facts = {"currency": held.code, "days": str(self.company.settings.rate_days)}
            faults.append(Refusal("no_table_rate", "line", self.day.isoformat(), "-", facts))
            return amount
        return converted([amount], latest.rate, Fraction(10**home.decimals, 10**held.decimals))[0]


def _within(amount: int, left: int) -> bool:
    """Whether so much is left of a ledger's line, on its side."""
    return amount != 0 and amount * left > 0 and abs(amount) <= abs(left)


def _numbers(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers)) or "-"


_KINDS: dict[str, Callable[[_Case], None]] = {
    "items": _Case.items,
    "instruments": _Case.instruments,
    "slip": _Case.booked,
    "booked": _Case.booked,
    "fee": _Case.charge,
    "transfer": _Case.charge,
    "unknown": _Case.charge,
    "return": _Case.returned,
}


# ---------------------------------------------------------------- taking back


class UndoLine(msgspec.Struct, frozen=True):
    """Take back what a line was accepted for: what was booked is cancelled, the line is free. Satisfies `Act`."""

    line: int
    reason: str
    by: str
    day: Day | None = None

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "bank undo"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        day = "" if self.day is None else self.day.isoformat()
        return {"line": self.line, "reason": self.reason, "date": day}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The line, free again, and what took back what it had booked."""
        why, faults = told(self.reason)
        kept = books.bank_line(self.line)
        if kept is None:
            faults.append(Refusal("unknown_bank_line", "line", str(self.line)))
        elif kept.match is None:
            faults.append(Refusal("bank_line_open", "line", str(self.line)))
        if not self.reason.strip():
            faults.append(Refusal("missing_reason", "reason"))
        if faults or kept is None or kept.match is None:
            raise Refused(*faults)
        own = [(posting, books.posted_entry(posting)) for posting in kept.match.postings]
        days = [self._day(entry, moment) for _, entry in own]
        if reasons := [r for day in days for r in period_faults(books.company, day, moment.today, "date")]:
            raise Refused(*reasons)
        entries = self._cancelled(kept.match, why, books, moment)
        reversals = [
            reversal(entry, posting, day, f"Annulation {kept.name} : {why}")
            for (posting, entry), day in zip(own, days, strict=True)
        ]
        entries += [shown(posted.year, posted.number) for posted in books.post(reversals, moment.at)]
        books.end_match(kept.match.id, moment.at, self.by, why)
        return {
            "line": self.line,
            "match": kept.match.id,
            "transactions": [str(number) for number in kept.match.transactions],
            "entries": entries,
        }

    def _day(self, entry: Entry, moment: Moment) -> Day:
        return self.day or max(moment.today, entry.date)

    def _cancelled(self, match: Match, why: str, books: ActBooks, moment: Moment) -> list[str]:
        """The reversals of what was settled: one transaction at most, and what stands in its way is raised first."""
        entries = []
        for number in match.transactions:
            if books.status(number) == "cancelled":
                continue
            done = Cancel(number, why, self.day, of_line=self.line).perform(books, moment)
            entries += [done["entry"]] if done["entry"] else []
        return entries
