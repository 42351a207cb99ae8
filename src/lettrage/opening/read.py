"""A load file -> one `Load` per dossier, with every fault at its place."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import PurePath
from typing import Any, NoReturn, TypeVar, cast

import msgspec

from lettrage.company.customer import CHORUS_NAMES, customer_of
from lettrage.company.dossier import Address, nearest
from lettrage.company.form import Form, unique
from lettrage.company.payee import MANDATE_NAMES, doubtful, payee_of
from lettrage.company.record import NAMES, company_of, merged, twice
from lettrage.company.states import MEANS, Direction
from lettrage.limits import LOAD
from lettrage.money import Amount, Currency
from lettrage.opening.document import (
    Load,
    LoadedDueItem,
    LoadedInstrument,
    LoadedInvoice,
    LoadedParty,
    LoadedRate,
)
from lettrage.opening.table import records_of
from lettrage.refusal import Refusal, Unreadable, quoted
from lettrage.settlement import dialect
from lettrage.settlement.dialect import Pairs
from lettrage.settlement.document import Vat

DATA_TABLES = ("third_parties", "rates", "invoices", "portfolio", "advances")
_encode = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
_T = TypeVar("_T")


def parse(data: bytes, name: str, dossier: str) -> list[Any]:
    """The dossiers' records of a JSON load file, or of one CSV table (`name` tells which). Raises Unreadable."""
    text = dialect.decode(data, LOAD)
    table = PurePath(name)
    if table.suffix.lower() == ".csv":
        return [records_of(text, table.stem.lower(), dossier)]
    tree = dialect.parse(text, LOAD).tree
    rows = tree.get("dossiers") if type(tree) is dict else None
    if not isinstance(rows, list) or not rows:
        _stop("not_a_load_file", "dossiers")
    return rows


def _stop(code: str, path: str) -> NoReturn:
    raise Unreadable(Refusal(code, path))


def read(
    record: Any, path: str, known: dict[str, Any] | None, faults: list[Refusal], strangers: list[Refusal]
) -> Load | None:
    """One dossier of the file over the record that is there (`known`); None when its company file is not sound.

    Names that mean nothing are told in `strangers`, never silently dropped.
    """
    form = Form(record, path, faults)
    if not isinstance(record, dict | Pairs):
        return None
    strangers += _strangers(form)
    settings = {name: value for name, value in form.record.items() if name in NAMES}
    twice(form)
    whole = Form(merged(known or {}, settings), path, faults)
    company, home = company_of(whole), whole.currency("currency")
    if company is None and known is not None:
        company = company_of(Form(known, path, []))  # refused anyhow: only to look at the rest as well
    if home is None:
        return None
    parties = tuple(_kept(unique(form.rows("third_parties"), _code), _party))
    strangers += (remark for row in form.rows("third_parties") for remark in doubtful(row))
    rates = tuple(_kept(form.rows("rates"), _rate))
    invoices = tuple(_kept(form.rows("invoices"), lambda row: _invoice(row, home)))
    portfolio = tuple(_kept(form.rows("portfolio"), lambda row: _instrument(row, home, advance=False)))
    advances = tuple(_kept(form.rows("advances"), lambda row: _instrument(row, home, advance=True)))
    if company is None:
        return None
    return Load(company.code, path, whole.record, company, parties, rates, invoices, portfolio, advances)


def _kept(rows: Iterator[Form], reader: Callable[[Form], _T | None]) -> Iterator[_T]:
    return (value for row in rows if (value := reader(row)) is not None)


# The names of each table's records; what another part of Lettrage reads is known here too.
_ADDRESS = ("address", "phone", "mail")
_COLUMNS = {
    "years": ("start", "end", "closed_until"),
    "establishments": ("code", "name", "siret", "vat_number", "ape", "rcs", "capital", "bank", *_ADDRESS),
    "banks": (
        "code", "name", "iban", "bic", "account", "currency", "reconcilable", "ics", "transfer_format", "debit_format",
        "batch_booking",
    ),
    "states": ("code", "encashment", "disbursement"),
    "state_changes": ("code", "direction", "from", "to", "default", "bank", "slip"),
    "third_parties": (
        "code", "kind", "name", "siret", "vat_number", "means", "ibans", "bic", "mandate", "chorus", "buyer", "routing",
        *_ADDRESS,
    ),
    "rates": ("currency", "date", "rate"),
    "invoices": (
        "third_party", "prefix", "number", "date", "currency", "rate", "vat_due", "vat", "due_items",
    ),
    "portfolio": (
        "transaction", "order", "third_party", "state", "direction", "currency", "amount", "amount_home", "date",
        "bank", "awaiting_slip",
    ),
    "advances": ("transaction", "order", "third_party", "currency", "amount", "amount_home", "date"),
    "vat": ("rate", "base", "amount"),
    "due_items": ("due_date", "amount", "open", "disputed"),
    "address": Address.__struct_fields__,
    "chorus": CHORUS_NAMES,
    "mandate": MANDATE_NAMES,
}  # fmt: skip
_NESTED = frozenset(("vat", "due_items", "address", "chorus", "mandate"))


def _strangers(form: Form, known: Iterable[str] = (*NAMES, *DATA_TABLES)) -> Iterator[Refusal]:
    """The names that mean nothing, in this object and in the records of its tables."""
    for name in form.strangers(known):
        yield Refusal("unknown_name", form.at(name), quoted(name), nearest(name, sorted(known)))
    for table, columns in _COLUMNS.items():
        rows = form.record.get(table) if table in known else None
        several = rows if isinstance(rows, list) else [rows]
        for index, row in enumerate(several):
            if isinstance(row, dict) and not (row.keys() <= set(columns) and _NESTED.isdisjoint(row)):
                place = f"{form.at(table)}[{index}]" if several is rows else form.at(table)
                yield from _strangers(Form(row, place, []), columns)


def _code(form: Form) -> str:
    return form.code("code", required=True)


def _party(form: Form) -> LoadedParty | None:
    code, ledger = _code(form), form.choice("kind", ("customer", "supplier"), "customer")
    customer_of(form)  # these two note what could not be read of it later
    payee_of(form)
    if not form.has("kind"):
        form.fault("missing_field", "kind", "", "customer, supplier")
    means = form.text("means")
    if means and means not in MEANS:
        form.fault("malformed_choice", "means", quoted(means), ", ".join(MEANS))
    letter = MEANS.get(means, "")
    return LoadedParty(code, "customer" if ledger == "customer" else "supplier", letter, form.record)


def _rate(form: Form) -> LoadedRate | None:
    held, day, rate = form.currency("currency"), form.day("date", required=True), form.rate("rate", required=True)
    if rate is not None and rate == 0:
        form.fault("malformed_rate", "rate", form.text("rate"), "> 0")
    return LoadedRate(held.code, day, form.text("rate")) if held and day and rate else None


def _invoice(form: Form, home: Currency) -> LoadedInvoice | None:
    before = len(form.faults)
    party, number = form.code("third_party", required=True), form.code("number", required=True)
    day, held = form.day("date", required=True), form.currency("currency", home)
    rate = "" if form.record.get("rate") in (None, "") else form.text("rate")
    if rate and form.rate("rate") == 0:
        form.fault("malformed_rate", "rate", quoted(rate), "> 0")
    vat_due = form.choice("vat_due", ("debits", "receipts"), "debits")
    if held is None or day is None or len(form.faults) > before:
        return None
    vat = tuple(_kept(form.rows("vat"), lambda row: _vat(row, held)))
    items = tuple(_kept(form.rows("due_items"), lambda row: _due_item(row, held)))
    if len(form.faults) == before:
        _whole(form, vat, items, held)
    if len(form.faults) > before:
        return None
    return LoadedInvoice(
        path=form.path,
        third_party=party,
        prefix=form.code("prefix"),
        number=number,
        date=day,
        currency=held,
        rate=rate,
        vat_due="debits" if vat_due == "debits" else "receipts",
        vat=vat,
        due_items=items,
        digest=digest_of(party, form.code("prefix"), number, day, held.code, rate, vat_due, vat, items),
    )


def _whole(form: Form, vat: tuple[Vat, ...], items: tuple[LoadedDueItem, ...], held: Currency) -> None:
    """Due items of one sign, and VAT lines that add up to them."""
    total = sum(item.amount for item in items)
    if not items:
        form.fault("no_due_items", "due_items")
    elif len({item.amount > 0 for item in items}) > 1:
        form.fault("mixed_signs", "due_items")
    if vat and sum(line.base + line.amount for line in vat) != total:
        seen = Amount(sum(line.base + line.amount for line in vat), held)
        form.fault("vat_differs", "vat", seen.text, Amount(total, held).text, currency=held.code)


def _vat(form: Form, held: Currency) -> Vat | None:
    rate = form.rate("rate", required=True)
    base, amount = form.amount("base", held), form.amount("amount", held)
    return None if rate is None or base is None or amount is None else Vat(rate, base, amount)


def _due_item(form: Form, held: Currency) -> LoadedDueItem | None:
    day, amount = form.day("due_date", required=True), form.amount("amount", held)
    left = form.amount("open", held, required=False)
    if amount == 0:
        form.fault("zero_amount", "amount", "0")
        return None
    if amount is None or day is None:
        return None
    left = amount if left is None else left
    if not 0 <= left * amount <= amount * amount:
        form.fault("open_beyond_amount", "open", form.text("open"), form.text("amount"))
    return LoadedDueItem(day, amount, left, form.flag("disputed"))


def _instrument(form: Form, home: Currency, *, advance: bool) -> LoadedInstrument | None:
    before = len(form.faults)
    number, order = form.number("transaction", required=True), form.number("order", default=1)
    party, day, held = (
        form.code("third_party", required=True),
        form.day("date", required=True),
        form.currency("currency", home),
    )
    state = "" if advance else form.code("state", required=True)
    direction = form.choice("direction", ("encashment", "disbursement", ""), "")
    if held is None or day is None or not number or len(form.faults) > before:
        return None
    amount = form.amount("amount", held)
    worth = amount if held == home else form.amount("amount_home", home)
    for name, value in (("amount", amount), ("amount_home", worth)):
        if value is not None and value <= 0:
            form.fault("negative_total", name, form.text(name) or form.text("amount"), "> 0")
    if amount is None or worth is None:
        return None
    return LoadedInstrument(
        form.path,
        number,
        order,
        party,
        state,
        cast("Direction | None", direction or None),
        held,
        amount,
        worth,
        day,
        form.code("bank"),
        form.flag("awaiting_slip"),
        digest_of(
            number, order, party, state, direction, held.code, amount, worth, day, form.code("bank"),
            form.flag("awaiting_slip"),
        ),
    )  # fmt: skip


def digest_of(*content: object) -> str:
    """Tells an equal record from a different one, whatever its spelling."""
    plain = [str(part) if isinstance(part, date) else part for part in content]
    return hashlib.sha256(_encode(plain)).hexdigest()
