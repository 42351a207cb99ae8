"""A line as a payment of due items: which of whom, how they fit, and what speaks for it."""

from collections.abc import Iterator, Sequence
from datetime import date as Day  # noqa: N812

from lettrage.bank.matching.books import OpenItems
from lettrage.bank.matching.candidate import Candidate, Case
from lettrage.bank.matching.certain import named_for_certain, theirs_for_certain
from lettrage.bank.matching.covering import Pool
from lettrage.bank.matching.facts import Open
from lettrage.bank.matching.fits import Fit, fits
from lettrage.bank.matching.proposal import Part
from lettrage.bank.matching.reasons import reason
from lettrage.bank.matching.references import Named, Piece, Proof
from lettrage.bank.matching.why import of_amount, of_dates, of_names, passes_over, twice
from lettrage.money import Currency, apportion, decimal_text

AMOUNT_ONLY_MOST = 4  # due items proposed for their amount alone
PARTIES_MOST = 8


def item_candidates(case: Case) -> Iterator[Candidate]:
    """Every way in which a line may pay due items, of all third parties that something speaks for."""
    asked = list(dict.fromkeys([*case.pieces, *case.payers.codes]))
    asked.sort(key=lambda code: (-_told(case, code), code))
    for code in asked[:PARTIES_MOST]:
        yield from _of_party(case, code)
    for item in case.books.of_amount(case.amount, case.line.currency, case.direction)[:AMOUNT_ONLY_MOST]:
        if item.third_party not in asked[:PARTIES_MOST]:
            fit = next(fits((item,), case.line, case.amount, case.direction, case.company, False))
            yield _candidate(case, item.third_party, (item,), fit)
    if len(case.pieces) > 1:
        yield from _of_several(case)


def _told(case: Case, code: str) -> int:
    """How much speaks for a third party, before any amount is looked at."""
    named = max((named.proof.value for named, piece in case.pieces.get(code, ())), default=0)
    return 15 * named + sum(own.weight for own in case.payers.reasons(code))


# ---------------------------------------------------------------- one third party


def _of_party(case: Case, code: str) -> Iterator[Candidate]:
    currencies = case.books.currencies_of(code)
    own = case.books.open_of(code, case.direction, case.line.currency)
    named = _named(case, code, own)
    given: set[frozenset[int]] = set()
    for choice, several in _choices(case, own, named):
        chosen = tuple(own.items[place] for place in choice)
        for fit in fits(chosen, case.line, case.amount, case.direction, case.company, _abroad(case)):
            key = frozenset(item.id for item in chosen)
            if fit.how == "exact":
                given.add(key)
            yield _candidate(case, code, chosen, fit, several)
    for held in currencies:
        if held != case.line.currency:
            yield from _in_other_currency(case, code, held)
    if not given and case.payers.supports(code):
        yield from _nothing_fits(case, code, own)


def _named(case: Case, code: str, own: OpenItems) -> list[tuple[Named, Piece, tuple[int, ...]]]:
    """The pieces of a third party that the line names, with the places of what is open of them."""
    place = {item.id: at for at, item in enumerate(own.items)}
    found = []
    for named, piece in case.pieces.get(code, ()):
        places = tuple(place[item.id] for item in piece.items if item.id in place)
        if places:
            found.append((named, piece, places))
    return found


def _choices(
    case: Case, own: OpenItems, named: Sequence[tuple[Named, Piece, tuple[int, ...]]]
) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Places of due items worth a look, and whether others would do as well."""
    seen: set[tuple[int, ...]] = set()
    for choice, several in (*_by_names(case, own, named), *_by_amount(case, own, bool(named))):
        if choice and choice not in seen:
            seen.add(choice)
            yield choice, several


def _by_names(
    case: Case, own: OpenItems, named: Sequence[tuple[Named, Piece, tuple[int, ...]]]
) -> Iterator[tuple[tuple[int, ...], bool]]:
    sure = [entry for entry in named if entry[0].proof >= Proof.FAIR] or list(named)
    if not sure:
        return
    whole = tuple(sorted({at for _, _, places in sure for at in places}))
    total = sum(own.amounts[at] for at in whole)
    yield whole, False
    if total != case.amount:
        yield from _some_due_dates(case, own, sure)
        yield from _with_others(case, own, whole, total)
    if len(sure) > 1 or len(sure) < len(named):
        for _, _, places in named:
            yield places, False


def _some_due_dates(
    case: Case, own: OpenItems, sure: Sequence[tuple[Named, Piece, tuple[int, ...]]]
) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Some of the due dates of the pieces named, at least one of each: instalments."""
    places = [at for _, _, at_each in sure for at in at_each]
    if len(places) == len(sure) or len(places) > 16:
        return
    found = Pool([own.amounts[at] for at in places]).adding_up_to(case.amount)
    choices = [tuple(sorted(places[at] for at in choice)) for choice in found.choices]
    whole = [c for c in choices if all(any(at in c for at in at_each) for _, _, at_each in sure)]
    for choice in whole[:3]:
        yield choice, len(whole) > 1 or not found.complete
    if not whole:
        yield tuple(at_each[0] for _, _, at_each in sure), False


def _with_others(
    case: Case, own: OpenItems, whole: tuple[int, ...], total: int
) -> Iterator[tuple[tuple[int, ...], bool]]:
    """What is named together with other items that the line does not name: credit notes first of all."""
    rest = [at for at in range(len(own.items)) if at not in whole]
    if not rest:
        return
    below = [at for at in rest if own.amounts[at] < 0]
    for places in (below, rest):
        if not places:
            continue
        found = Pool([own.amounts[at] for at in places]).adding_up_to(case.amount - total)
        for choice in found.choices[:2]:
            yield tuple(sorted((*whole, *(places[at] for at in choice)))), not found.only
        if found.choices:
            return


def _by_amount(case: Case, own: OpenItems, some_are_named: bool) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Choices whose sum is the amount; those that a person would make come first."""
    if not own.items:
        return
    due = tuple(at for at, item in enumerate(own.items) if item.due_date <= case.line.date or own.amounts[at] < 0)
    natural = [tuple(range(len(own.items))), due, *(tuple(range(n)) for n in range(2, min(len(own.items), 30)))]
    found = own.pool.adding_up_to(case.amount)
    several = not found.only
    for choice in natural:
        whole = len(choice) > 1 and sum(own.amounts[at] for at in choice) == case.amount
        if whole and not any(set(other) < set(choice) for other in found.choices):
            yield choice, several
    for choice in found.choices[:4]:
        if not any(set(other) < set(choice) for other in found.choices):
            yield choice, several
    if not found.choices and not some_are_named:
        for choice in _nearly(case, own, natural):
            yield choice, False


def _nearly(case: Case, own: OpenItems, natural: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Choices a little above the amount: a discount, fees, a rounding may explain what is missing."""
    limit = max(case.company.discount_limit, case.company.settlement_difference.percent or 0)
    most = case.amount + max(case.amount * limit * 2, 60_00)
    near = [(at,) for at, seen in enumerate(own.amounts) if case.amount * 99 // 100 - 1_000 <= seen <= most]
    yield from near[:6]
    for choice in natural:
        if len(choice) > 1 and case.amount < sum(own.amounts[at] for at in choice) <= most:
            yield choice


def _nothing_fits(case: Case, code: str, own: OpenItems) -> Iterator[Candidate]:
    """It is theirs, but no amount fits: the oldest is paid in part, or it is money ahead of an invoice."""
    oldest = next((at for at, seen in enumerate(own.amounts) if seen > 0), None)
    if oldest is not None and own.amounts[oldest] > case.amount:
        item = own.items[oldest]
        for fit in fits((item,), case.line, case.amount, case.direction, case.company, False):
            if fit.how == "part":
                yield _candidate(case, code, (item,), fit)
    if case.direction == ("encashment" if case.books.who.parties[code].ledger == "customer" else "disbursement"):
        part = Part(code, case.amount, case.line.currency.code, "WAR")
        reasons = [reason("advance"), *case.payers.reasons(code), *of_names(case, code, ()), *twice(case, code)]
        yield Candidate("items", reasons, frozenset(), code, (part,))


# ---------------------------------------------------------------- other currencies


def _in_other_currency(case: Case, code: str, held: Currency) -> Iterator[Candidate]:
    """Items in another currency than the account's: by what the bank says was paid, or by the pieces named."""
    own = case.books.open_of(code, case.direction, held)
    named = [at for entry in _named(case, code, own) if entry[0].proof >= Proof.FAIR for at in entry[2]]
    original = case.line.original
    chosen: tuple[int, ...] = tuple(sorted(set(named)))
    exact = False
    if original is not None and original.currency == held:
        found = own.pool.adding_up_to(abs(original.amount))
        if chosen and sum(own.amounts[at] for at in chosen) == abs(original.amount):
            exact = True
        elif found.choices:
            chosen, exact = found.choices[0], found.only
    if not chosen or any(own.amounts[at] <= 0 for at in chosen):
        return
    items = tuple(own.items[at] for at in chosen)
    seen = [own.amounts[at] for at in chosen]
    paid = apportion(case.amount, seen)
    parts = tuple(
        Part(
            i.third_party, a, held.code, "PAYMENT", i.id, i.prefix, i.piece, i.due_date, paid=p
        ) for i, a, p in zip(items, seen, paid, strict=True)
    )  # fmt: skip
    made = _candidate(case, code, items, Fit("exchange", parts))
    made.exact = False  # what the bank gave for it says nobody but the bank
    if exact and original is not None:
        made.reasons.append(reason("amount_original", decimal_text(abs(original.amount), held.decimals)))
    yield made


def _abroad(case: Case) -> bool:
    """Whether banks on the way may have kept something: money from abroad, or words that say so."""
    iban = case.payers.iban
    return (
        bool(iban and iban[:2] not in ("FR", "MC"))
        or case.line.original is not None
        or "FRAIS" in case.line.text.upper()
    )


# ---------------------------------------------------------------- several third parties


def _of_several(case: Case) -> Iterator[Candidate]:
    """Pieces of several third parties that the line names, each of one alone, and that add up exactly."""
    entries = [named for named in case.references.named if named.proof >= Proof.FAIR]
    if any(len({piece.third_party for piece in named.pieces}) > 1 for named in entries):
        return
    items = [i for named in entries for piece in named.pieces for i in piece.items if case.books.there(i)]
    parties = {item.third_party for item in items}
    if len(parties) < 2 or any(item.currency != case.line.currency for item in items):
        return
    for fit in fits(items, case.line, case.amount, case.direction, case.company, False):
        if fit.how == "exact":
            codes = sorted(parties, key=lambda code: (-_told(case, code), code))
            made = _candidate(case, codes[0], tuple(items), fit)
            made.reasons.append(reason("several_parties", ", ".join(codes)))
            made.certain = False
            yield made


# ---------------------------------------------------------------- with every reason


def _candidate(case: Case, code: str, items: tuple[Open, ...], fit: Fit, several: bool = False) -> Candidate:
    """These items settled in this way, with every reason for and against."""
    reasons = [*of_amount(case, code, items, fit), *case.payers.reasons(code), *of_names(case, code, items)]
    if several:
        reasons.append(reason("several_choices"))
    reasons += of_dates(case, items)
    if passes_over(case, code, items):
        reasons.append(reason("not_oldest"))
    exact = fit.how in ("exact", "fees_told")
    made = Candidate(
        "items",
        reasons,
        frozenset(f"item {item.id}" for item in items),
        code,
        fit.parts,
        fees=fit.fees,
        exact=exact,
        several=several,
        first_due=min((item.due_date for item in items), default=Day.max),
        announced=next((item.piece for item in items if item.announced), ""),
    )
    if exact and not several:
        made.by_name = named_for_certain(case, code, items)
        made.certain = made.by_name or theirs_for_certain(case, code, items)
    return made
