"""A line as a payment of ours that arrives, or that comes back: announced ones, files, cheques in the drawer."""

from collections.abc import Iterable, Iterator

from lettrage.bank.matching.candidate import Candidate, Case
from lettrage.bank.matching.covering import Pool
from lettrage.bank.matching.evidence import named_pieces, names_others
from lettrage.bank.matching.facts import AtBank, Waiting
from lettrage.bank.matching.proposal import Reason
from lettrage.bank.matching.reasons import reason
from lettrage.bank.matching.text import folded
from lettrage.bank.matching.understood import all_understood, objection
from lettrage.company.states import Direction
from lettrage.money import decimal_text

WAITING_DAYS = 75
RETURN_DAYS = 400  # a direct debit may come back thirteen months later
RETURN_FEES = 40_00  # what banks add to a returned payment, at most
BATCH_MOST = 24


# ---------------------------------------------------------------- announced payments, files of ours


def waiting_candidates(case: Case) -> Iterator[Candidate]:
    """Instruments in portfolio, or ordered, of exactly this amount; and the one whose end-to-end id the line bears."""
    told = case.books.waiting_named.get(case.line.end_to_end) if case.line.end_to_end else None
    equal = [
        one
        for one in case.books.waiting_of.get((case.direction, case.line.currency.code, case.amount), ())
        if _may_arrive(case, one)
    ]
    for one in dict.fromkeys([*([told] if told and told.amount == case.amount and told in equal else []), *equal]):
        known = one is told
        reasons = [
            reason(
                "instrument", decimal_text(case.amount, case.line.currency.decimals), f"{one.transaction}/{one.order}"
            )
        ]
        if known:
            reasons.append(reason("end_to_end", case.line.end_to_end))
        named = named_pieces(case, (one.third_party,), one.pieces)
        reasons += [*case.payers.reasons(one.third_party), *named, *_of_means(case, one)]
        away = abs(case.days_from(one.date))
        if away <= 10:
            reasons.append(reason("instrument_near", str(one.date)))
        theirs = sum(1 for other in equal if other.third_party == one.third_party)
        yield Candidate(
            "instruments",
            reasons,
            frozenset((f"instrument {one.id}",)),
            one.third_party,
            instruments=(one.id,),
            exact=True,
            several=not known and theirs > 1,
            certain=known
            or (theirs == 1 and case.payers.supports(one.third_party) and not case.other_business
                and _told(case, one, bool(named))
                and not names_others(case, one.pieces) and one.state[:1] in "VSID"),
            by_name=known or bool(named),
            payment_file=one.file,
        )  # fmt: skip


def _told(case: Case, one: Waiting, named: bool) -> bool:
    """Whether the line tells that it is this payment: by its piece, or by its payer and nothing else."""
    if named:
        return not objection(case, one.third_party)
    return case.payers.proves(one.third_party) and all_understood(case, one.third_party)


def _may_arrive(case: Case, one: Waiting) -> bool:
    there = f"instrument {one.id}" not in case.books.gone and one.bank in ("", case.movement.bank)
    return there and not _by_slip_only(one) and -5 <= case.days_from(one.date) <= WAITING_DAYS


def _by_slip_only(one: Waiting) -> bool:
    """Whether the bank takes it by its slip alone: a customer's bill, whose credit comes once it was handed in."""
    return one.direction == "encashment" and one.state[:1] == "L"


def _of_means(case: Case, one: Waiting) -> list[Reason]:
    """Whether the bank's words go with the means: cheques with cheques, cash with cash."""
    means = one.state[:1]
    words = {"C": ("slip", "cheque"), "E": ("cash",)}.get(means, ())
    met = next((case.kinds[kind] for kind in words if kind in case.kinds), "")
    if met:
        return [reason("instrument_words", met)]
    return [reason("instrument_other_words")] if words else []


def files_candidates(case: Case) -> Iterator[Candidate]:
    """A payment file of ours that the bank books as one line."""
    for file, all_of_it in case.books.files.items():
        own = [one for one in all_of_it if _may_arrive(case, one)]
        if len(own) < 2 or own[0].direction != case.direction or own[0].currency != case.line.currency:
            continue
        named = bool(own[0].message) and folded(own[0].message) in folded(
            f"{case.line.text} {case.line.end_to_end} {case.line.reference}"
        )
        if sum(one.amount for one in own) != case.amount:
            continue
        total = decimal_text(case.amount, case.line.currency.decimals)
        reasons = [reason("file_total", total, own[0].message)]
        if named:
            reasons.append(reason("file_named", own[0].message))
        if abs(case.days_from(own[0].date)) <= 10:
            reasons.append(reason("instrument_near", str(own[0].date)))
        yield Candidate(
            "instruments",
            reasons,
            frozenset(f"instrument {one.id}" for one in own),
            instruments=tuple(one.id for one in own),
            exact=True,
            certain=named,
            by_name=named,
            payment_file=file,
        )
    yield from _batch(case)
    yield from _drawer(case)


def _batch(case: Case) -> Iterator[Candidate]:
    """A batch whose parts the bank tells one by one, each with an end-to-end id of ours."""
    ends = [part.end_to_end for part in case.line.parts]
    own = [case.books.waiting_named[end] for end in dict.fromkeys(ends) if end in case.books.waiting_named]
    fits = len(own) == len(ends) > 1 and sum(one.amount for one in own) == case.amount
    if not fits or any(one.direction != case.direction or not _may_arrive(case, one) for one in own):
        return
    told = reason("end_to_end", ", ".join(ends[:3]) + (", ..." if len(ends) > 3 else ""))
    total = reason("file_total", decimal_text(case.amount, case.line.currency.decimals), own[0].message)
    yield Candidate(
        "instruments", [total, told],
        frozenset(f"instrument {one.id}" for one in own), instruments=tuple(one.id for one in own), exact=True,
        certain=True, by_name=True, payment_file=own[0].file,
    )  # fmt: skip


def _drawer(case: Case) -> Iterator[Candidate]:
    """Cheques or cash in the drawer that were handed in without a slip: some that add up exactly."""
    means = "C" if {"slip", "cheque"} & case.kinds.keys() else "E" if "cash" in case.kinds else ""
    if not means or case.direction != "encashment":
        return
    held = [
        one
        for one in case.books.facts.waiting
        if one.state == f"{means}30"
        and one.direction == "encashment"
        and one.currency == case.line.currency
        and _may_arrive(case, one)
    ]
    held.sort(key=lambda one: (one.date, one.id))
    if len(held) < 2:
        return
    every = tuple(held)
    choices = [every] if sum(one.amount for one in every) == case.amount else []
    found = Pool([one.amount for one in held[:BATCH_MOST]]).adding_up_to(case.amount)
    choices += [tuple(held[at] for at in choice) for choice in found.choices[:2] if len(choice) > 1]
    for own in dict.fromkeys(choices):
        words = case.kinds.get("slip") or case.kinds.get("cheque") or case.kinds.get("cash", "")
        reasons = [reason("drawer", str(len(own))), reason("instrument_words", words)]
        if not found.only:
            reasons.append(reason("several_choices"))
        yield Candidate(
            "instruments", reasons, frozenset(f"instrument {one.id}" for one in own),
            instruments=tuple(one.id for one in own), exact=True, several=not found.only,
        )  # fmt: skip


# ---------------------------------------------------------------- what comes back


def returns_candidates(case: Case) -> Iterator[Candidate]:
    """Payments at the bank of this amount that the bank sends back: money goes the other way."""
    direction: Direction = "disbursement" if case.direction == "encashment" else "encashment"
    told = case.books.back_named.get(case.line.end_to_end) if case.line.end_to_end else None
    if not told and not case.line.reason and not case.line.reversal and "return" not in case.kinds:
        return
    equal = list(case.books.back_of.get((direction, case.line.currency.code, case.amount), ()))
    near = [one for one in _with_fees(case, direction) if one not in equal]
    usable = [
        one for one in dict.fromkeys([*([told] if told else []), *equal, *near]) if _may_return(case, one, direction)
    ]
    alike = [one for one in usable if one.amount == case.amount]
    for one in usable[:8]:
        exact = one.amount == case.amount
        told_fees = case.line.fees and one.amount == case.amount - case.line.fees
        if one is told and not (exact or 0 <= case.amount - one.amount <= RETURN_FEES):
            continue
        reasons = [
            reason("returned" if exact else "returned_fees", str(one.date), decimal_text(case.amount - one.amount, 2))
        ]
        if one is told:
            reasons.append(reason("end_to_end", case.line.end_to_end))
        elif one.mandate and one.mandate == case.line.mandate:
            reasons.append(reason("mandate", one.mandate))
        if case.line.reason or "return" in case.kinds:
            reasons.append(reason("return_words", case.line.reason or case.kinds["return"]))
        reasons += _for_return(case, one)
        several = one is not told and len(alike) > 1
        yield Candidate(
            "return", reasons, frozenset((f"return {one.id}",)), one.third_party, instruments=(one.id,),
            transaction=one.transaction, fees=case.amount - one.amount, exact=exact or bool(told_fees), several=several,
            certain=one is told and exact and bool(case.line.reason or case.line.reversal), by_name=one is told,
            payment_file=one.file,
        )  # fmt: skip


def _with_fees(case: Case, direction: Direction) -> Iterable[AtBank]:
    """Those that the bank took back with its fees in one sum: only of third parties that the line names."""
    codes = set(case.payers.codes)
    for one in case.books.facts.at_bank:
        if one.direction == direction and one.third_party in codes and 0 < case.amount - one.amount <= RETURN_FEES:
            yield one


def _may_return(case: Case, one: AtBank, direction: Direction) -> bool:
    there = f"return {one.id}" not in case.books.gone and one.direction == direction
    return there and one.bank in ("", case.movement.bank) and 0 <= case.days_from(one.date) <= RETURN_DAYS


def _for_return(case: Case, one: AtBank) -> list[Reason]:
    found = case.payers.reasons(one.third_party)
    if case.days_from(one.date) <= 15:
        found.append(reason("instrument_near", str(one.date)))
    cheque = "cheque" in case.kinds
    debit = any(word in folded(case.line.text) for word in ("PRLV", "PRELEVEMENT", "SDD"))
    if (cheque and one.state[:1] == "C") or (debit and one.state[:1] == "D"):
        found.append(reason("instrument_words", case.kinds.get("cheque", "PRLV")))
    return found
