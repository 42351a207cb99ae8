"""What a header's codes mean in this dossier: state change, bank, establishment, currency, period.

The same codes come back in header after header, so each combination is resolved once per document.
"""

from datetime import date, timedelta

import msgspec

from lettrage.company.dossier import Company, nearest
from lettrage.company.states import Direction, StateChange
from lettrage.money import Currency, currency
from lettrage.refusal import Refusal
from lettrage.settlement.document import Settlement

Fault = tuple[str, str, str, str, dict[str, str]]  # code, field, seen, expected, facts


class Terms(msgspec.Struct, frozen=True):
    """A header's codes, resolved. What could not be resolved is None and has its fault beside it."""

    direction: Direction | None
    change: StateChange | None
    is_deposit: bool
    currency: Currency | None
    bank: str
    day: date
    year: str


class Glossary:
    """Resolves headers for one document, on one processing date."""

    def __init__(self, company: Company, today: date) -> None:
        self.company = company
        self.today = today
        self._known: dict[tuple[object, ...], tuple[Terms, tuple[Fault, ...]]] = {}

    def terms(self, settlement: Settlement) -> tuple[Terms, list[Refusal]]:
        """The terms of a header, and every fault of its codes at the caller's own places."""
        # What the details name matters only where no state change says it.
        said = settlement.change in self.company.changes
        moves = not said and any(d.names_an_instrument for d in settlement.details)
        key = (
            settlement.direction,
            settlement.change,
            settlement.final,
            settlement.bank,
            settlement.establishment,
            settlement.currency,
            settlement.date,
            moves,
        )
        if key not in self._known:
            self._known[key] = self._resolve(settlement, moves)
        terms, faults = self._known[key]
        if not faults:
            return terms, []
        place, malformed = settlement.place, settlement.malformed
        return terms, [Refusal(c, place.of(f), s, e, facts) for c, f, s, e, facts in faults if f not in malformed]

    def _resolve(self, settlement: Settlement, moves: bool) -> tuple[Terms, tuple[Fault, ...]]:
        faults: list[Fault] = []
        change = self._change(settlement, moves, faults)
        is_deposit = not change.from_due_items if change else moves
        day = settlement.date or self.today
        year = self._year(day, faults)
        bank = self._bank(settlement, change, is_deposit, faults)
        settled_in = self._currency(settlement, is_deposit, faults)
        direction = settlement.direction or (change.direction if change else None)
        terms = Terms(direction, change, is_deposit, settled_in, bank, day, year)
        return terms, tuple(faults)

    # ------------------------------------------------------------ the state change

    def _change(self, settlement: Settlement, moves: bool, faults: list[Fault]) -> StateChange | None:
        if settlement.final and settlement.final not in self.company.states:
            hint = nearest(settlement.final, self.company.states) or "-"
            faults.append(("unknown_state", "final", settlement.final, hint, {}))
        elif settlement.change:
            return self._named_change(settlement, faults)
        elif settlement.final and settlement.direction:
            return self._change_to(settlement.final, settlement.direction, moves, faults)
        return None

    def _named_change(self, settlement: Settlement, faults: list[Fault]) -> StateChange | None:
        change = self.company.changes.get(settlement.change)
        if change is None:
            hint = nearest(settlement.change, self.company.changes) or "-"
            faults.append(("unknown_state_change", "change", settlement.change, hint, {}))
            return None
        if settlement.final and settlement.final != change.target:
            faults.append(("states_differ", "final", settlement.final, change.target, {"change": settlement.change}))
        if settlement.direction and settlement.direction != change.direction:
            faults.append(
                (
                    "wrong_direction",
                    "direction",
                    settlement.direction.upper(),
                    change.direction.upper(),
                    {"change": change.code},
                )
            )
        if change.step == "return":
            faults.append(("state_change_elsewhere", "change", change.code, change.step, {}))
        return change

    def _change_to(self, final: str, direction: Direction, moves: bool, faults: list[Fault]) -> StateChange | None:
        """From the final state: the one change that leads there from what the details name, else the default."""
        ways = self.company.changes_to(final, direction, from_due_items=not moves)
        chosen = ways if len(ways) == 1 else [way for way in ways if way.default]
        if len(chosen) == 1:
            return chosen[0]
        leading = [c for c in self.company.changes.values() if c.target == final and c.direction == direction]
        everything = ways or leading
        listed = ", ".join(f"{way.code} ({'+'.join(way.sources)}→{way.target})" for way in everything)
        faults.append(("which_state_change", "final", final, listed or "-", {}))
        return None

    # ------------------------------------------------------------ bank, currency, period

    def _bank(self, settlement: Settlement, change: StateChange | None, is_deposit: bool, faults: list[Fault]) -> str:
        """The bank named, else the establishment's. Where none is asked for it is kept and has no effect."""
        bank = settlement.bank
        if settlement.establishment:
            establishment = self.company.establishments.get(settlement.establishment)
            if establishment is None:
                hint = nearest(settlement.establishment, self.company.establishments) or "-"
                faults.append(("unknown_establishment", "establishment", settlement.establishment, hint, {}))
            else:
                bank = bank or establishment.bank
        needed = change is not None and self.company.needs_bank(change) and change.step in ("settle", "move")
        if bank and bank not in self.company.banks and (settlement.bank or needed):
            faults.append(("unknown_bank", "bank", bank, ", ".join(sorted(self.company.banks)) or "-", {}))
        elif needed and not bank:
            facts = {"change": change.code if change else ""}
            faults.append(("missing_bank", "bank", "", ", ".join(sorted(self.company.banks)) or "-", facts))
        elif needed and not is_deposit:
            self._bank_currency(bank, settlement, faults)
        return bank if bank in self.company.banks else ""

    def _bank_currency(self, bank: str, settlement: Settlement, faults: list[Fault]) -> None:
        held = self.company.banks[bank].currency
        if settlement.currency and held not in (self.company.currency, currency(settlement.currency)):
            faults.append(("wrong_bank", "bank", bank, settlement.currency, {"currency": held.code}))

    def _currency(self, settlement: Settlement, is_deposit: bool, faults: list[Fault]) -> Currency | None:
        if not settlement.currency:
            if not is_deposit:
                faults.append(("missing_field", "currency", "", "ISO 4217", {}))
            return None
        found = currency(settlement.currency)
        if found is None:
            faults.append(("unknown_currency", "currency", settlement.currency, "ISO 4217", {}))
        return found

    def _year(self, day: date, faults: list[Fault]) -> str:
        year = self.company.year_of(day)
        faults += [(r.code, "date", r.seen, r.expected, {}) for r in period_faults(self.company, day, self.today, "")]
        return year.name if year else ""


def period_faults(company: Company, day: date, today: date, path: str) -> list[Refusal]:
    """What speaks against posting on this day: it lies in an open period, and not far ahead."""
    faults = []
    year = company.year_of(day)
    if year is None:
        spans = ", ".join(f"{y.start}..{y.end}" for y in company.years)
        faults.append(Refusal("no_period", path, day.isoformat(), spans))
    elif shut := company.shut_from(day):
        if company.closes(day):
            faults.append(Refusal("period_closed", path, day.isoformat(), f"> {shut}"))
        else:
            faults.append(Refusal("period_locked", path, day.isoformat(), str(shut)))
    latest = today + timedelta(days=company.settings.future_days)
    if day > latest:
        faults.append(Refusal("date_too_late", path, day.isoformat(), f"<= {latest}"))
    return faults
