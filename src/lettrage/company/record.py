"""The company file as a record: how a later load is merged into it, and how it becomes a `Company`."""

import itertools
from fractions import Fraction
from functools import partial
from typing import Any

import msgspec
from stdnum.eu import at_02

from lettrage.company.accounts import Accounts
from lettrage.company.declarant import declarant_of
from lettrage.company.dossier import (
    AGE_BOUNDS,
    Address,
    Bank,
    Company,
    Establishment,
    Settings,
    Tolerance,
    Year,
    year_names,
)
from lettrage.company.form import Form, shown, unique
from lettrage.company.late import late_payment_of
from lettrage.company.states import (
    DUE,
    MEANS,
    STANDARD_CHANGES,
    STANDARD_STATES,
    Direction,
    State,
    StateChange,
)
from lettrage.company.vat_dates import VAT_DAYS
from lettrage.limits import SETTINGS_MOST
from lettrage.money import Currency
from lettrage.refusal import quoted

# The tables of the company file, and what tells their records apart. The other tables of a load are not kept here.
TABLES = {
    "years": "start",
    "establishments": "code",
    "banks": "code",
    "states": "code",
    "state_changes": "code",
}
NAMES = {
    "code", "name", "currency", "siret", "accounting_file", "uses_prefixes", "allow_other_payer", "tolerances",
    "discount_vat", "discount_limit", "chronological_numbers", "bank_matching", "accounts", "settings", "vat_dates",
    "late_payment", "age_bounds", "declarant", *TABLES,
}  # fmt: skip
# What banks take; the newest unless the record says otherwise.
TRANSFER_FORMATS = ("pain.001.001.03", "pain.001.001.09")
DEBIT_FORMATS = ("pain.008.001.02", "pain.008.001.08")
_KEYED = TABLES | {"ecb": "from"}  # and a table inside one of its objects
_BLANK: tuple[object, ...] = (None, "", [], {})  # the same as an absent key
_DIRECTIONS: tuple[Direction, ...] = ("encashment", "disbursement")


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """A later load over what is there: a key or a record that is absent leaves what is there."""
    result = dict(old)
    for name, value in new.items():
        before = result.get(name)
        if value in _BLANK and not (value == [] and name == "chronological_numbers"):
            continue
        if name in _KEYED and isinstance(value, list) and isinstance(before, list):
            result[name] = _merged_table(before, value, _KEYED[name])
        elif isinstance(value, dict) and isinstance(before, dict):
            result[name] = merged(before, value)
        else:
            result[name] = value
    return result


def _merged_table(old: list[Any], new: list[Any], key: str) -> list[Any]:
    rows: dict[Any, Any] = {_name(row, key, index): row for index, row in enumerate(old)}
    for index, row in enumerate(new, len(old)):
        name = _name(row, key, index)
        before = rows.get(name)
        rows[name] = merged(before, row) if isinstance(before, dict) and isinstance(row, dict) else row
    return list(rows.values())


def _name(row: Any, key: str, index: int) -> Any:
    """What tells a row apart; its index where it has no readable name."""
    name = row.get(key) if isinstance(row, dict) else None
    return name.strip() if isinstance(name, str) else index


def twice(form: Form) -> None:
    """Note the records that one file gives twice in a table of the company file."""
    for table, key in TABLES.items():
        for _ in unique(form.rows(table, key), partial(Form.code, name=key)):
            pass


def company_of(form: Form) -> Company | None:
    """The company that a complete record describes; None without code, name or currency. Faults are noted."""
    before = len(form.faults)
    code, name = form.code("code", required=True), form.text("name", required=True)
    home = form.currency("currency")
    limit = form.inner("discount_limit").rate("percent")
    banks = {b.code: b for row in unique(form.rows("banks", "code"), _code) if (b := _bank(row, home))}
    states = STANDARD_STATES | {s.code: s for row in unique(form.rows("states", "code"), _code) if (s := _state(row))}
    if home is None or not code or not name:
        return None
    tolerances = form.inner("tolerances")
    company = Company(
        code=code,
        name=name,
        currency=home,
        siret=form.code("siret"),
        accounting_file=form.code("accounting_file"),
        uses_prefixes=form.flag("uses_prefixes"),
        allow_other_payer=form.flag("allow_other_payer"),
        settlement_difference=_tolerance(tolerances, "settlement_difference", home),
        exchange_difference=_tolerance(tolerances, "exchange_difference", home),
        adjust_discount_vat=form.choice("discount_vat", ("gross", "adjust"), "gross") == "adjust",
        discount_limit=Fraction(5, 100) if limit is None else limit / 100,
        chronological_callers=_callers(form),
        years=_years(form),
        establishments={
            e.code: e for row in unique(form.rows("establishments", "code"), _code) if (e := _establishment(row, banks))
        },
        banks=banks,
        states=states,
        changes=STANDARD_CHANGES | _changes(form, states),
        accounts=_accounts(form.inner("accounts")),
        settings=_settings(form.inner("settings")),
        late_payment=late_payment_of(form.inner("late_payment"), home),
        automatic_matching=form.inner("bank_matching").flag("automatic"),
        age_bounds=_age_bounds(form),
        vat_dates=_vat_dates(form.inner("vat_dates")),
        declarant=declarant_of(form.inner("declarant")),
    )
    return None if len(form.faults) > before else company


def _code(form: Form) -> str:
    return form.code("code", required=True)


def _bank(form: Form, home: Currency | None) -> Bank | None:
    held = form.currency("currency", home)
    code, account = _code(form), form.code("account", required=True)
    if held is None or not code or not account:
        return None
    ics = "".join(form.code("ics").split()).upper()
    if ics and not at_02.is_valid(ics):
        form.fault("malformed_ics", "ics", quoted(ics), "FR72ZZZ123456")
    return Bank(
        code,
        account,
        held,
        form.code("iban"),
        form.code("bic"),
        form.flag("reconcilable", default=True),
        form.text("name"),
        ics,
        form.choice("transfer_format", TRANSFER_FORMATS, TRANSFER_FORMATS[-1]),
        form.choice("debit_format", DEBIT_FORMATS, DEBIT_FORMATS[-1]),
        form.flag("batch_booking", default=True),
    )


def _establishment(form: Form, banks: dict[str, Bank]) -> Establishment | None:
    code, bank = _code(form), form.code("bank")
    if bank and bank not in banks:
        form.fault("unknown_bank", "bank", bank, ", ".join(sorted(banks)))
    plain = {name: form.text(name) for name in ("name", "vat_number", "ape", "rcs", "capital", "phone", "mail")}
    siret, address = form.code("siret"), address_of(form)
    return Establishment(code, bank, siret=siret, address=address, **plain) if code else None


def address_of(form: Form) -> Address:
    """The address of whom a record describes."""
    inner = form.inner("address")
    return Address(*(inner.text(part) for part in Address.__struct_fields__))


def _tolerance(form: Form, name: str, home: Currency) -> Tolerance:
    """Nothing declared: zero. Of a declared pair, the bound left out does not limit."""
    inner = form.inner(name)
    if not inner.record:
        return Tolerance()
    percent, amount = inner.rate("percent"), inner.amount("amount", home, required=False)
    if amount is not None and amount < 0:
        inner.fault("negative_total", "amount", inner.text("amount"), ">= 0")
    return Tolerance(amount, None if percent is None else percent / 100)


def _age_bounds(form: Form) -> tuple[int, int, int]:
    """Days late, three bounds that rise."""
    given = form.record.get("age_bounds") or [str(bound) for bound in AGE_BOUNDS]
    texts = [text for text in given if isinstance(text, str)] if type(given) is list else []
    days = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 4]
    if len(days) != 3 or not 0 < days[0] < days[1] < days[2]:
        form.fault("malformed_choice", "age_bounds", shown(given), "[30, 60, 90]")
        return AGE_BOUNDS
    return days[0], days[1], days[2]


def _callers(form: Form) -> frozenset[str]:
    callers = form.record.get("chronological_numbers") or []
    if type(callers) is not list or not all(isinstance(name, str) for name in callers):
        form.fault("not_a_list", "chronological_numbers", shown(callers), "[ ]")
        return frozenset()
    return frozenset(name.strip() for name in callers)


def _years(form: Form) -> tuple[Year, ...]:
    spans = []
    for row in form.rows("years", "start"):
        start, end = row.day("start", required=True), row.day("end", required=True)
        closed = row.day("closed_until")
        if start and end and start > end:
            row.fault("malformed_date", "end", str(end), f"> {start}")
        elif start and end:
            spans.append((start, end, closed, row))
    spans.sort(key=lambda span: span[0])
    for (_, end, _, _), (start, _, _, row) in itertools.pairwise(spans):
        if start <= end:
            row.fault("years_overlap", "start", str(start), f"> {end}")
    names = year_names([(start, end) for start, end, _, _ in spans])
    return tuple(Year(name, start, end, closed) for name, (start, end, closed, _) in zip(names, spans, strict=True))


def _state(form: Form) -> State | None:
    code = _code(form)
    standard = STANDARD_STATES.get(code, State(code, "", ""))
    encashment = form.code("encashment", standard.encashment)
    return State(code, encashment, form.code("disbursement", standard.disbursement)) if code else None


def _changes(form: Form, states: dict[str, State]) -> dict[str, StateChange]:
    changes = {}
    for row in unique(form.rows("state_changes", "code"), _code):
        change = _change(row, states)
        if change is not None:
            changes[change.code] = change
    return changes


def _change(form: Form, states: dict[str, State]) -> StateChange | None:
    code = _code(form)
    standard = STANDARD_CHANGES.get(code)
    direction = form.choice("direction", _DIRECTIONS, standard.direction if standard else "encashment")
    target = form.code("to", standard.target if standard else "", required=standard is None)
    sources = form.record.get("from") or (list(standard.sources) if standard else [DUE])
    if type(sources) is not list or not all(isinstance(s, str) and (s == DUE or s in states) for s in sources):
        form.fault("unknown_state", "from", shown(sources), ", ".join(sorted(states)))
        return None
    if target and target not in states:
        form.fault("unknown_state", "to", target, ", ".join(sorted(states)))
        return None
    _accounts_of(form, direction, target, sources, states)
    return StateChange(
        code,
        "encashment" if direction == "encashment" else "disbursement",
        tuple(sources),
        target,
        default=form.flag("default", default=bool(standard and standard.default)),
        bank=form.flag("bank", default=bool(standard and standard.bank)),
        slip=form.flag("slip", default=bool(standard and standard.slip)),
        step=standard.step if standard else ("settle" if sources == [DUE] else "move"),
    )


def _accounts_of(form: Form, direction: str, target: str, sources: list[str], states: dict[str, State]) -> None:
    """The states that a change of ours moves between have an account in its direction."""
    way: Direction = "encashment" if direction == "encashment" else "disbursement"
    for code in [target, *(source for source in sources if source != DUE)]:
        if code and form.code("code") not in STANDARD_CHANGES and not states[code].account(way):
            form.fault("state_without_account", "to" if code == target else "from", code)


def _accounts(form: Form) -> Accounts:
    roles = Accounts.__struct_fields__
    for name in form.strangers(roles):
        form.fault("unknown_role", name, name, ", ".join(roles))
    return Accounts(**{name: form.code(name) for name in roles if form.has(name)})


def _settings(form: Form) -> Settings:
    names = Settings.__struct_fields__
    for name in form.strangers(names):
        form.fault("unknown_role", name, name, ", ".join(names))
    values = {name: form.number(name) for name in names if form.has(name)}
    for name, value in values.items():
        if value > SETTINGS_MOST[name]:
            form.fault("malformed_number", name, str(value), f"1-{SETTINGS_MOST[name]}")
    return Settings(**values)


def _vat_dates(form: Form) -> dict[str, str]:
    """Which day counts for VAT on receipts, by the letter of the means; those that the file names."""
    for name in form.strangers(MEANS):
        form.fault("unknown_role", name, name, ", ".join(MEANS))
    return {letter: form.choice(name, VAT_DAYS, "received") for name, letter in MEANS.items() if form.has(name)}


def stored(record: str) -> Company:
    """The company of a stored record, which was checked when it was loaded."""
    form = Form(msgspec.json.decode(record), "", [])
    company = company_of(form)
    assert company is not None, form.faults
    return company
