"""Which instruments go into a payment file, and every reason against it."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date as Day  # noqa: N812
from datetime import datetime, timedelta

from stdnum.eu import at_02

from lettrage.bank.payments import cfonb160, sepa
from lettrage.bank.payments.calendar import bank_day, is_bank_day
from lettrage.bank.payments.characters import sepa as in_sepa
from lettrage.bank.payments.file import EURO, Candidate, Draft, Facts, File, Order, Wanted
from lettrage.bank.payments.kinds import KINDS, SCHEMES, Kind
from lettrage.company.dossier import Bank, Company
from lettrage.company.payee import is_bic, is_iban
from lettrage.limits import FILE_DAYS, MANDATE_MONTHS, ORDERS
from lettrage.money import Amount
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.fields import whole_number

# Where IBANs are part of SEPA. Outside the European Economic Area its payments name the bank too.
_EEA = frozenset(re.findall("..", "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEISITLILTLULVMTNLNOPLPTROSESISK"))
_OTHERS = frozenset(re.findall("..", "ADALCHGBGGGIIMJEMCMDMEMKRSSMVA"))


def named(wanted: Wanted) -> list[int]:
    """The numbers among the transactions named, each once."""
    return list(dict.fromkeys(known for text in wanted.transactions if (known := whole_number(text))))


def make(wanted: Wanted, facts: Facts, company: Company, at: datetime) -> tuple[File | None, list[Refusal]]:
    """The file that is asked for, rendered; or every reason against it. `at`: now, in Paris."""
    kind, bank, faults = _asked(wanted, company)
    if kind is None or bank is None:
        return None, faults
    unfit: list[Refusal] = []
    chosen = _chosen(wanted, kind, facts, unfit)
    faults = [*checked(wanted, chosen, company, at), *unfit]
    if faults:
        return None, faults
    day = wanted.date or _day(kind, at.date(), chosen)
    return rendered(drafted(wanted, kind, bank, chosen, facts.next, company, day, at)), []


def checked(wanted: Wanted, chosen: Sequence[Candidate], company: Company, at: datetime) -> list[Refusal]:
    """Every reason against a file of these instruments, whether they are there already or would be made for it."""
    kind, bank, faults = _asked(wanted, company)
    if kind is None or bank is None:
        return faults
    faults += bank_against(kind, bank)
    faults += _together_against(chosen, kind, wanted.bank)
    faults += [fault for candidate in chosen for fault in _one_against(candidate, kind, bank)]
    day = wanted.date or _day(kind, at.date(), chosen)
    faults += _days_against(kind, day, at.date(), chosen)
    if kind.key == "debits" and not faults:
        faults += _mandates_over(chosen, day)
    return faults


def rendered(draft: Draft) -> File:
    """A draft as the file that the bank gets: the same bytes whenever it is rendered."""
    content = _RENDERED[draft.kind](draft)
    return File(draft, content, hashlib.sha256(content).hexdigest())


_RENDERED = {"transfers": sepa.transfers, "debits": sepa.debits, "bills": cfonb160.bills}


# ---------------------------------------------------------------- what is asked


def _asked(wanted: Wanted, company: Company) -> tuple[Kind | None, Bank | None, list[Refusal]]:
    """The kind and the bank, and what keeps the bank from taking such files."""
    kind, bank, faults = KINDS.get(wanted.kind), company.banks.get(wanted.bank), []
    if kind is None:
        faults.append(Refusal("malformed_choice", "kind", quoted(wanted.kind), ", ".join(KINDS)))
    if bank is None:
        known = ", ".join(sorted(company.banks)) or "-"
        faults.append(Refusal("unknown_bank" if wanted.bank else "missing_field", "bank", quoted(wanted.bank), known))
    if wanted.scheme and (wanted.scheme not in SCHEMES or wanted.kind != "debits"):
        faults.append(Refusal("malformed_choice", "scheme", quoted(wanted.scheme), ", ".join(SCHEMES)))
    return kind, bank, faults


def bank_against(kind: Kind, bank: Bank) -> Iterator[Refusal]:
    """What an account of the company lacks to have such files."""
    facts = {"bank": bank.code}
    if bank.currency != EURO:
        yield Refusal("payment_bank_currency", "bank", bank.currency.code, EURO.code, facts)
    if not is_iban(bank.iban):
        yield Refusal("payment_bank_iban", "bank", quoted(bank.iban) or "-", "IBAN", facts)
    elif kind.key == "bills" and not _rib(bank.iban):
        yield Refusal("payment_bank_iban", "bank", quoted(bank.iban) or "-", "FR", facts)
    if kind.key == "debits" and not at_02.is_valid(bank.ics):
        yield Refusal("payment_no_ics", "bank", quoted(bank.ics), "FR72ZZZ123456", facts)
    if kind.key == "debits" and bank.debit_format == "pain.008.001.02" and not is_bic(bank.bic):
        yield Refusal("payment_bank_bic", "bank", quoted(bank.bic) or "-", bank.debit_format, facts)


# ---------------------------------------------------------------- which instruments


def _chosen(wanted: Wanted, kind: Kind, facts: Facts, faults: list[Refusal]) -> list[Candidate]:
    """The instruments that go into the file; what speaks against any that is named."""
    if wanted.transactions:
        chosen = _named(wanted, kind, facts, faults)
    else:
        chosen = [c for c in facts.candidates if waits(c, kind, wanted.bank) and _of_scheme(c, wanted.scheme)]
        if not chosen:
            faults.append(Refusal("payment_nothing_waits", "kind", kind.key, _elsewhere(kind, facts)))
    return chosen


def _together_against(chosen: Sequence[Candidate], kind: Kind, bank: str) -> Iterator[Refusal]:
    """What keeps these from going into one file."""
    schemes = sorted({c.payee.mandate.scheme for c in chosen if c.payee.mandate})
    if kind.key == "debits" and len(schemes) > 1:
        yield Refusal("payment_schemes_differ", "scheme", bank, ", ".join(schemes))
    if len(chosen) > ORDERS:
        yield Refusal("payment_too_many", "transactions", str(len(chosen)), str(ORDERS))


def waits(candidate: Candidate, kind: Kind, bank: str) -> bool:
    """Whether an instrument waits for a file of this kind and bank: one that names no bank waits for any."""
    instrument = candidate.instrument
    return (
        instrument.active
        and candidate.filed is None
        and instrument.direction == kind.direction
        and instrument.state in kind.states
        and instrument.bank in ("", bank)
    )


def _of_scheme(candidate: Candidate, scheme: str) -> bool:
    return not scheme or (candidate.payee.mandate is not None and candidate.payee.mandate.scheme == scheme)


def _elsewhere(kind: Kind, facts: Facts) -> str:
    """For which banks something of this kind waits."""
    found = {c.instrument.bank for c in facts.candidates if waits(c, kind, c.instrument.bank)}
    return ", ".join(sorted(filter(None, found))) or "-"


def _named(wanted: Wanted, kind: Kind, facts: Facts, faults: list[Refusal]) -> list[Candidate]:
    """What the transactions named hold for this kind of file; each that holds nothing is told."""
    by_transaction: dict[int, list[Candidate]] = {}
    for candidate in facts.candidates:
        by_transaction.setdefault(candidate.instrument.transaction, []).append(candidate)
    chosen: dict[int, Candidate] = {}
    for text in dict.fromkeys(wanted.transactions):
        asked = whole_number(text)
        own = by_transaction.get(asked, [])
        fit = [c for c in own if waits(c, kind, wanted.bank)]
        chosen |= {c.instrument.id: c for c in fit}
        if asked not in facts.named:
            faults.append(Refusal("unknown_transaction", "transactions", quoted(text)))
        elif not fit:
            faults.append(_not_waiting(asked, own, kind, wanted.bank))
    return [chosen[identity] for identity in sorted(chosen)]


def _not_waiting(number: int, own: Sequence[Candidate], kind: Kind, bank: str) -> Refusal:
    """Why nothing of a transaction goes into the file: it is in one, of another bank, or of another kind."""
    filed = next((c.filed for c in own if c.filed is not None), None)
    if filed is not None:
        return Refusal("payment_in_file", "transactions", str(number), str(filed))
    other = next((c.instrument.bank for c in own if waits(c, kind, c.instrument.bank)), None)
    if other is not None:
        return Refusal("payment_other_bank", "transactions", str(number), bank, {"bank": other})
    states = ", ".join(sorted({c.instrument.state for c in own if c.instrument.active})) or "-"
    return Refusal("payment_not_waiting", "transactions", str(number), " ".join(kind.states), {"states": states})


# ---------------------------------------------------------------- what is against them


def _one_against(one: Candidate, kind: Kind, bank: Bank) -> Iterator[Refusal]:
    instrument, facts = one.instrument, {"third_party": one.payee.code, "name": one.payee.name or one.payee.code}
    if instrument.currency != EURO:
        yield Refusal("payment_currency", one.name, instrument.currency.code, EURO.code, facts)
    elif instrument.amount > kind.most:
        seen, most = (Amount(amount, EURO).text for amount in (instrument.amount, kind.most))
        yield Refusal("payment_too_large", one.name, seen, most, facts)
    yield from _account_against(one, kind, facts)
    if kind.key == "debits" and one.payee.mandate is None:
        yield Refusal("payment_no_mandate", one.name, "", "", facts)
    if one.payee.iban and one.payee.iban == "".join(bank.iban.split()).upper():
        yield Refusal("payment_own_account", one.name, quoted(one.payee.iban), bank.code, facts)


def _account_against(one: Candidate, kind: Kind, facts: dict[str, str]) -> Iterator[Refusal]:
    iban, country = one.payee.iban, one.payee.iban[:2]
    if not iban:
        yield Refusal("payment_no_iban", one.name, "", "", facts)
    elif not is_iban(iban):
        yield Refusal("payment_wrong_iban", one.name, quoted(iban), "modulo 97 = 1", facts)
    elif kind.key == "bills":
        if not _rib(iban):
            yield Refusal("payment_no_rib", one.name, quoted(iban), "FR", facts)
    elif country not in _EEA | _OTHERS:
        yield Refusal("payment_not_sepa", one.name, quoted(iban), "SEPA", facts)
    elif country in _OTHERS and not is_bic(one.payee.bic):
        yield Refusal("payment_bic_wanted", one.name, country, "BIC", facts)


def _rib(iban: str) -> bool:
    """Whether there is a French RIB inside: also Monaco's accounts and those overseas have one."""
    return "".join(iban.split())[:2].upper() in ("FR", "MC")


def _mandates_over(chosen: Sequence[Candidate], day: Day) -> Iterator[Refusal]:
    """Mandates that allow no collection any more: too old, or of a single one that has been."""
    met: set[str] = set()
    for one in chosen:
        mandate = one.payee.mandate
        if mandate is None:
            continue
        facts = {"third_party": one.payee.code, "name": one.payee.name or one.payee.code, "mandate": mandate.id}
        last = one.used.last if one.used else mandate.signed
        if last <= _months_before(day, MANDATE_MONTHS):
            yield Refusal("payment_mandate_expired", one.name, str(last), str(MANDATE_MONTHS), facts)
        if mandate.signed > day:
            yield Refusal("payment_mandate_later", one.name, str(mandate.signed), str(day), facts)
        once = mandate.sequence in ("OOFF", "FNAL")
        if _used_up(one, once=mandate.sequence == "OOFF") or (once and mandate.id in met):
            yield Refusal("payment_mandate_used", one.name, mandate.sequence, "", facts)
        met.add(mandate.id)


def _used_up(one: Candidate, *, once: bool) -> bool:
    return one.used is not None and (one.used.final or once)


def _months_before(day: Day, months: int) -> Day:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return Day(year, month + 1, min(day.day, 28))


# ---------------------------------------------------------------- when


def _day(kind: Kind, today: Day, chosen: Sequence[Candidate]) -> Day:
    """The next day on which the bank can do it: a debit is asked for at least a day before."""
    if kind.key == "bills":
        return today
    earliest = max([today, *(c.instrument.date for c in chosen)])
    return bank_day(earliest if kind.key == "transfers" else max(earliest, today + timedelta(days=1)))


def _days_against(kind: Kind, day: Day, today: Day, chosen: Sequence[Candidate]) -> Iterator[Refusal]:
    first, last = _day(kind, today, ()), today + timedelta(days=FILE_DAYS)
    if not first <= day <= last:
        yield Refusal("payment_day", "date", str(day), f"{first}..{last}")
    elif kind.key != "bills" and not is_bank_day(day):
        yield Refusal("payment_no_bank_day", "date", str(day), str(bank_day(day)))
    for one in chosen:
        if one.instrument.date > day:
            yield Refusal("date_before", "date", str(day), f">= {one.instrument.date}", {"piece": one.name})


# ---------------------------------------------------------------- the file to be rendered


def drafted(
    wanted: Wanted, kind: Kind, bank: Bank, chosen: Sequence[Candidate], number: int, company: Company, day: Day,
    at: datetime,
) -> Draft:  # fmt: skip
    """The file's lines in their order, each with its identification; of a debit, its place in the mandate's life."""
    short = re.sub(r"[^A-Za-z0-9]", "", company.code)[:14] or "L"
    version = {"transfers": bank.transfer_format, "debits": bank.debit_format, "bills": "cfonb160"}[kind.key]
    sequenced = _sequences(chosen) if kind.key == "debits" else [""] * len(chosen)
    blocks = list(dict.fromkeys(sequenced)) if bank.batch_booking else []
    pairs = sorted(zip(chosen, sequenced, strict=True), key=lambda pair: blocks.index(pair[1]) if blocks else 0)
    orders = []
    for position, (one, sequence) in enumerate(pairs, 1):
        mandate = one.payee.mandate if kind.key == "debits" else None
        orders.append(
            Order(
                position,
                blocks.index(sequence) + 1 if blocks else position,
                one.instrument.id,
                f"{number:05}{position:05}" if kind.key == "bills" else f"{short}-{number:06}-{position:05}",
                one.instrument.amount,
                one.payee,
                in_sepa(one.about, 140) or one.name,
                one.due,
                mandate.id if mandate else "",
                sequence,
                mandate.scheme if mandate else "",
            )
        )
    siren = company.siret[:9]
    message = f"{short}-{at:%Y%m%d}-{number:06}"
    return Draft(number, kind.key, version, company.name, siren, bank, message, at, day, wanted.urgent, tuple(orders))


def _sequences(chosen: Sequence[Candidate]) -> list[str]:
    """First, recurrent, final or one-off: a mandate whose first collection no bank rejected goes on as recurrent."""
    met: set[str] = set()
    found: list[str] = []
    for one in chosen:
        mandate = one.payee.mandate
        assert mandate is not None, one.name
        first = mandate.sequence == "FRST" and one.used is None and mandate.id not in met
        found.append(mandate.sequence if mandate.sequence != "FRST" or first else "RCUR")
        met.add(mandate.id)
    return found
