"""Settlements + the books as read -> transactions, instruments and balanced entries; or every reason against.

Pure: nothing is written here. Each group of headers is planned on a draft; a refused one leaves no trace.
"""

import msgspec

from lettrage.books.entry import entry
from lettrage.company.dossier import Company
from lettrage.company.states import Step
from lettrage.refusal import Refusal
from lettrage.settlement.deposit import Deposit
from lettrage.settlement.desk import Desk, Draft
from lettrage.settlement.document import Document, Kind, Outcome, Plan, Remark, Settlement, Transaction
from lettrage.settlement.exchange import Exchange, Money
from lettrage.settlement.match import Match, Matcher
from lettrage.settlement.operations import Scene, judged
from lettrage.settlement.posting import SettlementPosting, Work
from lettrage.settlement.prudence import large_in_cash, old_portfolio
from lettrage.settlement.represent import Represent
from lettrage.settlement.terms import Glossary, Terms

JOURNALS = {"encashment": "RC", "disbursement": "RF", "deposit": "BQ"}
KINDS: dict[Step, Kind] = {"settle": "settlement", "move": "deposit", "represent": "represented"}
LABELS: dict[Kind, str] = {"settlement": "Règlement {party}", "deposit": "Remise {bank}",
                           "represented": "Représentation {party}"}  # fmt: skip

Judged = tuple[Settlement, Terms, list[Refusal]]


def plan(document: Document, desk: Desk, known: dict[int, Outcome]) -> Plan:
    """Decide what a document does, settlement group after settlement group, each seeing those before it.

    `known` holds what was decided before looking at the books: settlements done earlier, or refused as repeated.
    """
    planner = _Planner(desk, known)
    for group in groups(document.settlements):
        planner.group(group)
    planner.remarks += old_portfolio(desk, (i for t in planner.transactions for i in t.instruments_ended))
    outcomes = tuple(sorted(planner.outcomes, key=lambda outcome: outcome.position))
    if document.parameters.atomic and any(outcome.reasons for outcome in outcomes):
        outcomes = tuple(_document_refused(outcome, outcomes) for outcome in outcomes)
        return Plan(outcomes, (), tuple(planner.remarks))
    return Plan(outcomes, tuple(planner.transactions), tuple(planner.remarks))


def groups(settlements: tuple[Settlement, ...]) -> list[list[Settlement]]:
    """Headers of one TRANSAC together, by ascending order; a group stands where its first header stands."""
    by_group: dict[object, list[Settlement]] = {}
    for settlement in settlements:
        by_group.setdefault(settlement.group or settlement.position, []).append(settlement)
    return [sorted(group, key=lambda s: s.order) for group in by_group.values()]


def _document_refused(outcome: Outcome, outcomes: tuple[Outcome, ...]) -> Outcome:
    """With `atomic`, a sound settlement of a refused document is refused with it."""
    if outcome.reasons or outcome.replayed:
        return outcome
    first = next(o for o in outcomes if o.reasons)
    refusal = Refusal("document_refused", seen=first.shown_number)
    return msgspec.structs.replace(outcome, transaction=None, reasons=(refusal,))


class _Planner:
    def __init__(self, desk: Desk, known: dict[int, Outcome]) -> None:
        self.desk = desk
        self.known = known
        self.glossary = Glossary(desk.company, desk.today)
        self.outcomes: list[Outcome] = []
        self.transactions: list[Transaction] = []
        self.remarks: list[Remark] = []

    def group(self, group: list[Settlement]) -> None:
        if self.known and self._replayed(group):
            return
        judged = [(s, *self.glossary.terms(s)) for s in group]
        if len(group) > 1:
            _same_group(judged, self.desk.company)
        draft = Draft(self.desk)
        work = Work(draft, judged[0][1].day)
        refused: list[list[Refusal]] = []
        for settlement, terms, faults in judged:
            reasons = [*settlement.faults, *faults]
            if settlement.position in self.known:
                reasons += _not_again(self.known[settlement.position])
            found = self._header(settlement, terms, work, sound=not reasons)
            # After a refused header, or for one done before, the books are not what it counted on.
            alone = any(refused) or settlement.position in self.known
            reasons += [r for r in found if r.resultcode < 3] if alone else found
            refused.append(_distinct(reasons))
        if any(refused):
            self._refuse(group, refused)
        else:
            self._accept(group, work)

    def _replayed(self, group: list[Settlement]) -> bool:
        """Whether the whole group was done before: then it is answered as before."""
        known = [self.known[s.position] for s in group if s.position in self.known]
        if len(known) < len(group) or not all(outcome.replayed for outcome in known):
            return False
        self.outcomes += known
        return True

    def _header(self, settlement: Settlement, terms: Terms, work: Work, *, sound: bool) -> list[Refusal]:
        """Plan one header into the group's work, unless something is against it already (`sound`): what is."""
        if "*" in settlement.malformed or not settlement.details:
            return []
        if terms.is_deposit:
            return self._deposit(settlement, terms, work, sound=sound)
        if terms.change is not None and terms.change.step != "settle":
            return []
        matcher = Matcher(settlement, terms, work.draft)
        if terms.direction is None:
            return matcher.alone()
        match = matcher.match()
        self.remarks += matcher.remarks
        faults = matcher.faults
        for target in match.targets:
            if not target.paid_in_full:
                faults += judged(target, Scene(self.desk.company, terms.currency))
        if terms.currency is None:
            return faults
        moneys = moneys_of(match, terms)
        exchange = Exchange(settlement, terms, self.desk)
        valued = exchange.value(moneys)
        self.remarks += exchange.remarks
        faults += exchange.faults
        if sound and not faults and not moneys:
            faults.append(Refusal("nothing_paid", settlement.place.of("details")))
        if sound and not faults and valued is not None and terms.change is not None:
            self._means(settlement, terms, match)
            self.remarks += large_in_cash(settlement, match, terms.change.target, work.draft)
            SettlementPosting(work, settlement, terms, terms.change).post(match, valued)
        return faults

    def _deposit(self, settlement: Settlement, terms: Terms, work: Work, *, sound: bool) -> list[Refusal]:
        if terms.change is None or terms.change.step not in ("move", "represent"):
            return []
        moving = Deposit if terms.change.step == "move" else Represent
        deposit = moving(work, settlement, terms, terms.change)
        deposit.post(sound=sound)
        self.remarks += deposit.remarks
        return deposit.faults

    def _means(self, settlement: Settlement, terms: Terms, match: Match) -> None:
        """The means that the header gives count, whatever was planned; a difference is noted."""
        assert terms.change is not None
        target_state = terms.change.target
        for target in match.targets:
            if target.item.means and target.item.means != target_state[:1]:
                path, planned = target.details[0][0].place.path, f"{target.item.means}10"
                refusal = Refusal("other_means", path, target_state, planned, {"piece": target.item.piece})
                self.remarks.append(Remark(settlement.position, refusal))

    def _refuse(self, group: list[Settlement], refused: list[list[Refusal]]) -> None:
        at_fault = next(s for s, reasons in zip(group, refused, strict=True) if reasons)
        facts = {"group": at_fault.group, "order": str(at_fault.order)}
        for settlement, reasons in zip(group, refused, strict=True):
            if not reasons:
                path = settlement.place.of("group")
                reasons.append(Refusal("group_refused", path, settlement.group, "", facts))
            self.outcomes.append(_outcome(settlement, None, tuple(reasons)))

    def _accept(self, group: list[Settlement], work: Work) -> None:
        transaction = _transaction(group, work)
        self.transactions.append(transaction)
        self.outcomes += [_outcome(settlement, transaction.number, ()) for settlement in group]
        work.draft.instruments = list(work.instruments)
        self.desk.absorb(work.draft)


def _transaction(group: list[Settlement], work: Work) -> Transaction:
    first = work.headers[0]
    kind, direction = KINDS[first.change.step], first.change.direction
    label = group[0].label or LABELS[kind].format(party=first.third_party, bank=first.bank)
    journal = JOURNALS[kind if kind == "deposit" else direction]
    number, draft = work.draft.transaction, work.draft
    return Transaction(
        number=number,
        kind=kind,
        direction=direction,
        date=work.day,
        establishment=group[0].establishment,
        headers=tuple(work.headers),
        allocations=tuple(work.allocations),
        items_made=tuple(draft.made.values()),
        items_changed=tuple(draft.changed.values()),
        instruments_made=tuple(work.instruments),
        instruments_ended=tuple(work.ended),
        vat_moves=tuple(work.vat_moves),
        tasks=tuple(work.tasks),
        entry=None if work.waits_for_slip else entry(work.day, journal, label, str(number), work.lines, number),
        label=label,
    )


def moneys_of(match: Match, terms: Terms) -> list[Money]:
    """What counts in the header's total: the payments in the order of their due items, then the advances."""
    assert terms.currency is not None
    moneys = [
        Money(detail, amount, target.item.currency, target.item)
        for target in match.targets
        for detail, amount in target.details
        if detail.operation == "PAYMENT"
    ]
    return moneys + [Money(a.detail, a.amount, terms.currency, a.item) for a in match.advances]


def _same_group(judged: list[Judged], company: Company) -> None:
    """The headers of a group have the same direction, date, establishment and kind; deposits the same bank and slip."""
    settlement, terms, _ = judged[0]
    for other, other_terms, faults in judged[1:]:
        compared = [
            ("direction", terms.direction, other_terms.direction),
            ("date", terms.day, other_terms.day),
            ("establishment", settlement.establishment, other.establishment),
            ("change", _kind(terms, company), _kind(other_terms, company)),
        ]
        if terms.is_deposit and other_terms.is_deposit:
            compared.append(("bank", terms.bank, other_terms.bank))
        for field, one, another in compared:
            if one != another and field not in settlement.malformed | other.malformed:
                facts = {"group": other.group, "order": str(settlement.order)}
                path = other.place.of(field)
                faults.append(Refusal("group_mixed", path, str(another or "-"), str(one or "-"), facts))


def _kind(terms: Terms, company: Company) -> str:
    """What a group may not mix: settlements, deposits, what waits for one kind of slip, what is presented again."""
    if not terms.is_deposit:
        return "settlement"
    if terms.change is not None and terms.change.step == "represent":
        return "represented"
    waits = terms.change is not None and company.waits_for_slip(terms.change)
    return f"deposit + slip {terms.change.code}" if terms.change and waits else "deposit"


def _not_again(outcome: Outcome) -> tuple[Refusal, ...]:
    """Done before, yet in a group with others that were not: it cannot be done again with them."""
    if outcome.reasons:
        return outcome.reasons
    return (Refusal("partly_done", seen=str(outcome.order), facts={"transaction": str(outcome.transaction)}),)


def _distinct(reasons: list[Refusal]) -> list[Refusal]:
    """Each reason once, in the order found."""
    return list({(r.code, r.path, r.seen): r for r in reasons}.values()) if len(reasons) > 1 else reasons


def _outcome(settlement: Settlement, transaction: int | None, reasons: tuple[Refusal, ...]) -> Outcome:
    return Outcome(
        settlement.position,
        settlement.number,
        settlement.shown_number,
        transaction,
        settlement.order,
        reasons,
    )
