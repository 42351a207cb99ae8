"""A line as something else than a payment of open items: booked already, a slip, a charge, our own transfer."""

from collections.abc import Iterator, Sequence

from lettrage.bank.matching.candidate import Candidate, Case
from lettrage.bank.matching.evidence import named_pieces, names_others, somebody_else
from lettrage.bank.matching.facts import OpenSlip, Posted
from lettrage.bank.matching.instruments import files_candidates, returns_candidates, waiting_candidates
from lettrage.bank.matching.payers import bare
from lettrage.bank.matching.proposal import Booked, Reason
from lettrage.bank.matching.reasons import reason
from lettrage.bank.matching.references import Proof
from lettrage.bank.matching.text import folded
from lettrage.bank.matching.understood import all_understood, objection
from lettrage.money import decimal_text

BOOKED_DAYS, SURE_DAYS, NEAR_DAYS = 31, 12, 4  # between an entry and the bank's line
SLIP_BEFORE, SLIP_DAYS = 31, 45  # between a slip and its credit: proposed
SLIP_SURE_BEFORE, SLIP_SURE = 2, 20  # and beyond doubt
_OWN_BUSINESS = ("fee", "interest", "transfer", "salary", "tax", "loan")  # what no third party's item is settled by


def other_candidates(case: Case) -> Iterator[Candidate]:
    """Everything that a line may be beside a payment of open items."""
    yield from _booked(case)
    yield from _slips(case)
    yield from waiting_candidates(case)
    yield from files_candidates(case)
    yield from returns_candidates(case)
    yield from _charges(case)


# ---------------------------------------------------------------- booked already


def _booked(case: Case) -> Iterator[Candidate]:
    """Lines of the bank's account of exactly this amount, not long before or after."""
    movement = case.movement
    alike = [
        one
        for one in case.books.posted_at.get((movement.bank, case.line.amount), ())
        if abs(case.days_from(one.date)) <= BOOKED_DAYS and _target(one) not in case.books.gone
    ]
    for one in alike:
        reasons = [reason("booked", decimal_text(case.amount, case.line.currency.decimals), str(one.date))]
        away = abs(case.days_from(one.date))
        if away <= NEAR_DAYS:
            reasons.append(reason("booked_near", str(one.date)))
        elif away > SURE_DAYS:
            reasons.append(reason("booked_far", str(one.date)))
        theirs = [own for code in one.third_parties for own in case.payers.reasons(code)]
        named = named_pieces(case, one.third_parties, one.pieces)
        words = _shared_words(case, one)
        reasons += _best(theirs) + named + words
        known = any(
            not objection(case, code) if named else case.payers.supports(code) and all_understood(case, code)
            for code in one.third_parties
        )
        slip_words = one.deposit and bool({"slip", "cheque"} & case.kinds.keys())
        own = next((case.kinds[kind] for kind in _OWN_BUSINESS if kind in case.kinds), "")
        if own and not one.third_parties:
            reasons.append(reason("booked_own", own))
        if slip_words:
            reasons.append(reason("slip_words", case.kinds.get("slip") or case.kinds["cheque"]))
        yield Candidate(
            "booked",
            reasons,
            frozenset((_target(one),)),
            one.third_parties[0] if len(one.third_parties) == 1 else "",
            transaction=one.transaction,
            booked=(Booked(one.posting, one.line, case.line.amount),),
            exact=True,
            several=len(alike) > 1,
            certain=len(alike) == 1 and away <= SURE_DAYS and (known or slip_words)
            and not somebody_else(case, one.third_parties) and not names_others(case, one.pieces),
            by_name=bool(named),
        )  # fmt: skip


def _target(one: Posted) -> str:
    return f"posting {one.posting}/{one.line}"


def _shared_words(case: Case, one: Posted) -> list[Reason]:
    """The entry's label, where its words stand in the line's text."""
    label = [word for word in folded(one.label).split() if len(word) >= 4]
    text = set(folded(case.line.text).split())
    met = [word for word in label if word in text]
    return [reason("booked_label", " ".join(met))] if len(met) >= 2 or (met and len(label) == 1) else []


def _best(reasons: Sequence[Reason]) -> list[Reason]:
    """The strongest reason of each code: a movement may have several third parties."""
    found: dict[str, Reason] = {}
    for own in reasons:
        found.setdefault(own.code, own)
    return list(found.values())


# ---------------------------------------------------------------- slips


def _slips(case: Case) -> Iterator[Candidate]:
    if case.direction != "encashment":
        return
    near = [
        slip
        for slip in case.books.slips_at.get(case.movement.bank, ())
        if -SLIP_BEFORE <= case.days_from(slip.date) <= SLIP_DAYS and f"slip {slip.number}" not in case.books.gone
    ]
    equal = [slip for slip in near if slip.left == case.amount]
    for slip in equal:
        yield _slip(case, slip, case.amount, (), "slip_total", len(equal) > 1)
    ones = [
        (slip, one)
        for slip in near
        for one in slip.instruments
        if one.amount == case.amount and len(slip.instruments) > 1
    ]
    if not {"slip", "cheque"} & case.kinds.keys() and not any(case.payers.supports(one.third_party) for _, one in ones):
        return
    for slip, one in ones[:6]:
        made = _slip(case, slip, case.amount, (one.id,), "slip_cheque", len(ones) + len(equal) > 1)
        made.reasons += case.payers.reasons(one.third_party)
        made.third_party = one.third_party
        made.targets = frozenset((f"cheque {one.id}",))
        made.certain = made.certain and case.payers.supports(one.third_party)
        yield made


def _slip(case: Case, slip: OpenSlip, amount: int, instruments: tuple[int, ...], told: str, several: bool) -> Candidate:
    """A slip's total, or one of its cheques."""
    reasons = [reason(told, decimal_text(amount, case.line.currency.decimals), slip.number)]
    numbered = _slip_number(case, slip)
    words = case.kinds.get("slip") or case.kinds.get("cheque")
    if numbered:
        reasons.append(reason("slip_number", slip.number))
    if words:
        reasons.append(reason("slip_words", words))
    else:
        reasons.append(reason("slip_no_words"))
    after = case.days_from(slip.date)
    if -SLIP_SURE_BEFORE <= after <= 6:
        reasons.append(reason("slip_near", str(slip.date)))
    elif not -SLIP_SURE_BEFORE <= after <= SLIP_SURE:
        reasons.append(reason("slip_far", str(slip.date)))
    if several and not numbered:
        reasons.append(reason("several_choices"))
    sums = Booked(slip.booked.posting, slip.booked.line, amount)
    others = [one for one in case.references.named if one.proof is Proof.STRONG]
    certain = (numbered or ("slip" in case.kinds and not several)) and not others and not case.references.unknown
    certain = certain and -SLIP_SURE_BEFORE <= after <= SLIP_SURE
    return Candidate(
        "slip", reasons, frozenset((f"slip {slip.number}",)), slip=slip.number, instruments=instruments, booked=(sums,),
        exact=True, several=several and not numbered, certain=certain, by_name=numbered,
    )  # fmt: skip


def _slip_number(case: Case, slip: OpenSlip) -> bool:
    """Whether the line bears the slip's number: whole, or its count after the bank's word for slips."""
    text = bare(f"{case.line.text} {case.line.reference}").replace("-", "").replace("/", "")
    whole = folded(slip.number).replace("-", "").replace("/", "")
    if whole in text:
        return True
    count = whole.removeprefix(folded(slip.bank).replace("-", ""))
    return len(count) >= 8 and count in text


# ---------------------------------------------------------------- charges and transfers


def _charges(case: Case) -> Iterator[Candidate]:
    """What the bank takes, and what goes to another account of the company's own."""
    for kind, told in (("fee", "fee_words"), ("interest", "fee_words")):
        if kind in case.kinds and "return" not in case.kinds:
            account = case.patterns.table[kind].account
            number = getattr(case.company.accounts, account, account)
            reasons = [reason(told, case.kinds[kind])]
            if case.line.name or case.line.iban:
                reasons.append(reason("fee_somebody", case.line.name or case.line.iban))
            yield Candidate("fee", reasons, fees=case.amount, account=number, exact=True)
            break
    own = [bank for bank in case.company.banks.values() if bank.iban and bare(bank.iban) == case.payers.iban]
    named = case.line.name and folded(case.line.name).strip() == folded(case.company.name).strip()
    if own or "transfer" in case.kinds or named:
        reasons = []
        if own:
            reasons.append(reason("own_iban", own[0].code))
        if "transfer" in case.kinds:
            reasons.append(reason("transfer_words", case.kinds["transfer"]))
        if named:
            reasons.append(reason("own_name", case.line.name))
        account = case.patterns.table["transfer"].account
        yield Candidate("transfer", reasons, account=getattr(case.company.accounts, account, account), exact=True)
