"""The company, its establishments, banks, tolerances and accounts by role."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response
from stdnum import iban

from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.records import NEW, Field, Panel, edited
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, HOME, shown
from lettrage.adapters.http.pages.typeset import day
from lettrage.adapters.http.problems import Problem
from lettrage.company.accounts import Accounts
from lettrage.company.declarant import OPEN_RULES, REGIMES, SIZES, Declarant
from lettrage.company.dossier import Bank, Company, Establishment, Settings, Tolerance, Year
from lettrage.company.record import DEBIT_FORMATS, TRANSFER_FORMATS
from lettrage.invoicing.settings import changes
from lettrage.money import Amount, Currency
from lettrage.refusal import Refusal, quoted

router = APIRouter()

Seen = Annotated[Page, seen_by("read_books")]
Posted = Annotated[Page, posted_by("load")]


def flag(value: bool) -> str:
    """As the company file writes it."""
    return "true" if value else "false"


def missing(code: str) -> Problem:
    """What an address names is not there."""
    return Problem(404, Refusal("no_such_address", "", quoted(code)))


# ---------------------------------------------------------------- the company


@router.get(HOME)
def company(page: Seen) -> Response:
    """Name, currency, years, what goes for everybody."""
    found = page.company()
    return edited(page, "company", found, _company_panels(page, found))


@router.post(HOME)
def set_company(page: Posted) -> Response:
    """Change them."""
    return company(page)


def _company_panels(page: Page, c: Company) -> list[Panel]:
    years = [
        Field(
            f"years.{y.start}.closed_until",
            str(y.closed_until or ""),
            "day",
            label=_closed(page, y),
        )
        for y in c.years
    ]
    fresh = [Field(f"years.{NEW}.start", "", "day", 6), Field(f"years.{NEW}.end", "", "day", 6)]
    return [
        Panel("identity", (
            Field("code", c.code, "code", 3, fixed=True), Field("name", c.name, width=9),
            Field("currency", c.currency.code, "code", 3), Field("siret", c.siret, "code", 5),
            Field("accounting_file", c.accounting_file, "code", 4),
        )),
        Panel("rules", (
            Field("uses_prefixes", flag(c.uses_prefixes), "flag", 12),
            Field("allow_other_payer", flag(c.allow_other_payer), "flag", 12),
            Field("chronological_numbers", ", ".join(sorted(c.chronological_callers)), "list", 12),
        )),
        Panel("years", (*years, *fresh)),
        _declarant(page, c.declarant),
    ]  # fmt: skip


def _declarant(page: Page, d: Declarant) -> Panel:
    """Who reports payments, and how often."""

    def choices(name: str, among: Iterable[str]) -> tuple[tuple[str, str], ...]:
        unsaid = ("", page.t("settings.declarant_unsaid" if name != "outcome" else "settings.declarant_table"))
        return (unsaid, *((key, page.t(f"settings.{name}_{key}")) for key in among))

    return Panel("declarant", (
        Field("declarant.vat_regime", d.vat_regime, "choice", 6, choices("vat_regime", REGIMES)),
        Field("declarant.size", d.size, "choice", 6, choices("company_size", SIZES)),
        Field("declarant.siren", d.siren, "code", 4), Field("declarant.name", d.name, width=8),
        Field("declarant.platform", d.platform, "code", 4), Field("declarant.platform_name", d.platform_name, width=8),
        *(Field(f"declarant.outcomes.{rule}", d.outcomes.get(rule, ""), "choice", 12, choices("outcome", among))
          for rule, among in OPEN_RULES.items()),
    ))  # fmt: skip


def _closed(page: Page, y: Year) -> str:
    """The closing day of a year, as its field is called."""
    start, end = (day(one, page.language) for one in (y.start, y.end))
    return page.t("settings.closed_of", year=y.name, start=start, end=end)


# ---------------------------------------------------------------- establishments


@router.get(ADDRESSES["establishments"])
def establishments(page: Seen) -> Response:
    """Each establishment, with the account that its invoices name."""
    with page.books() as books:
        found, rows = books.company, books.chorus_rows()
    ribs = page.house.invoicing.chorus.shape(page.dossier, rows)["establishments"]
    lines = [(e, ribs.get(e.code, {}).get("rib", "")) for e in found.establishments.values()]
    if page.query.flag("csv"):
        names = ("code", "name", "siret", "vat_number", "ape", "rcs", "capital", "phone", "mail", "bank")
        heads = [page.t(f"settings.f_establishments_{name}") for name in names]
        return page.csv("etablissements", heads, ([getattr(e, name) for name in names] for e, _ in lines))
    return shown(page, "establishments", "establishments", found, lines=lines, writing=page.may("load"))


@router.get(ADDRESSES["establishments"] + "/{code:path}")
def establishment(page: Seen, code: str) -> Response:
    """One establishment, or a new one."""
    with page.books() as books:
        found, rows = books.company, books.chorus_rows()
    one = found.establishments.get(code) or (Establishment("") if code == NEW else None)
    if one is None:
        raise missing(code)
    rib = page.house.invoicing.chorus.shape(page.dossier, rows)["establishments"].get(code, {}).get("rib", "")
    title = page.t("settings.new_establishment") if code == NEW else one.name or code
    back = "" if code != NEW else ADDRESSES["establishments"]
    return edited(
        page, "establishments", found, _establishment_panels(page, found, one, code), title=title, back=back,
        template="establishment", code=code, rib=rib, ribs=rib_choices(page, found),
    )  # fmt: skip


@router.post(ADDRESSES["establishments"] + "/{code:path}/rib")
def set_rib(page: Annotated[Page, posted_by("chorus")], code: str) -> Response:
    """The bank account that this establishment's invoices name at Chorus Pro."""
    found, faults = changes({"rib": page.form.text("rib")}, establishment=code)
    said = [fault.say(page.language) for fault in faults]
    if not said:
        done = page.perform(page.house.invoicing.chorus.set(page.dossier, found, page.who.identity.name))
        said = [reason[page.language] for reason in done.reasons]
    if said:
        return shown(page, "establishments", "trouble", page.company(), title=code, errors=[("", s) for s in said])
    return page.go(f"{ADDRESSES['establishments']}/{code}", page.t("settings.rib_kept"))


@router.post(ADDRESSES["establishments"] + "/{code:path}")
def set_establishment(page: Posted, code: str) -> Response:
    """Keep it."""
    return establishment(page, code)


def _establishment_panels(page: Page, c: Company, e: Establishment, key: str) -> list[Panel]:
    at = f"establishments.{key}"
    banks = tuple((code, f"{code} · {bank.account}") for code, bank in c.banks.items())
    plain = {"name": 9, "siret": 4, "vat_number": 4, "ape": 4, "rcs": 6, "capital": 6}
    return [
        Panel("establishment", (
            Field(f"{at}.code", e.code, "code", 3, fixed=key != NEW),
            *(Field(f"{at}.{name}", getattr(e, name), width=width) for name, width in plain.items()),
            Field(f"{at}.bank", e.bank, "choice", 12, (("", page.t("settings.no_bank")), *banks)),
        )),
        Panel("address", (
            Field(f"{at}.address.street", e.address.street, width=12),
            *(Field(f"{at}.address.{part}", getattr(e.address, part), width=4) for part in ("zip", "city", "country")),
            Field(f"{at}.phone", e.phone), Field(f"{at}.mail", e.mail),
        )),
    ]  # fmt: skip


def rib_choices(page: Page, c: Company) -> list[tuple[str, str]]:
    """The bank accounts that may be sent to Chorus Pro: reconcilable, with a sound IBAN."""
    fit = [b for b in c.banks.values() if b.reconcilable and iban.is_valid(b.iban)]
    return [("", page.t("settings.no_rib")), *((b.code, f"{b.code} · {b.account}") for b in fit)]


# ---------------------------------------------------------------- banks


@router.get(ADDRESSES["banks"])
def banks(page: Seen) -> Response:
    """Each bank account."""
    found = page.company()
    if page.query.flag("csv"):
        names = ("code", "account", "currency", "iban", "bic", "reconcilable")
        heads = [page.t(f"settings.f_banks_{name}") for name in names]
        rows = ([b.code, b.account, b.currency.code, b.iban, b.bic, flag(b.reconcilable)] for b in found.banks.values())
        return page.csv("banques", heads, rows)
    lines = [(bank, iban.format(bank.iban), iban.is_valid(bank.iban)) for bank in found.banks.values()]
    return shown(page, "banks", "banks", found, lines=lines, writing=page.may("load"))


@router.get(ADDRESSES["banks"] + "/{code:path}")
def bank(page: Seen, code: str) -> Response:
    """One bank account, or a new one."""
    found = page.company()
    one = found.banks.get(code) or (Bank("", "", found.currency) if code == NEW else None)
    if one is None:
        raise missing(code)
    at, title = f"banks.{code}", page.t("settings.new_bank") if code == NEW else code
    panel = Panel("bank", (
        Field(f"{at}.code", one.code, "code", 3, fixed=code != NEW), Field(f"{at}.account", one.account, "code", 5),
        Field(f"{at}.currency", one.currency.code, "code", 4), Field(f"{at}.iban", iban.format(one.iban), width=8),
        Field(f"{at}.bic", one.bic, "code", 4), Field(f"{at}.reconcilable", flag(one.reconcilable), "flag", 12),
    ))  # fmt: skip
    paying = Panel("payments", (
        Field(f"{at}.name", one.name, width=6), Field(f"{at}.ics", one.ics, "code", 6),
        Field(f"{at}.transfer_format", one.transfer_format, "choice", 6, tuple((x, x) for x in TRANSFER_FORMATS)),
        Field(f"{at}.debit_format", one.debit_format, "choice", 6, tuple((x, x) for x in DEBIT_FORMATS)),
        Field(f"{at}.batch_booking", flag(one.batch_booking), "choice", 12, tuple(
            (key, page.t(f"settings.batch_booking_{key}")) for key in ("true", "false")
        )),
    ))  # fmt: skip
    return edited(page, "banks", found, [panel, paying], title=title, back=ADDRESSES["banks"])


@router.post(ADDRESSES["banks"] + "/{code:path}")
def set_bank(page: Posted, code: str) -> Response:
    """Keep it."""
    return bank(page, code)


# ---------------------------------------------------------------- tolerances, accounts


@router.get(ADDRESSES["tolerances"])
def tolerances(page: Seen) -> Response:
    """How much may be written off, and the figures that the source leaves open."""
    c = page.company()
    panels = [
        Panel("settlement_difference", _tolerance("settlement_difference", c.settlement_difference, c.currency)),
        Panel("exchange_difference", _tolerance("exchange_difference", c.exchange_difference, c.currency)),
        Panel("discount", (
            Field("discount_limit.percent", _percent(c.discount_limit), "amount"),
            Field("discount_vat", "adjust" if c.adjust_discount_vat else "gross", "choice", 6, tuple(
                (key, page.t(f"settings.discount_vat_{key}")) for key in ("gross", "adjust")
            )),
        )),
        Panel("figures", tuple(
            Field(f"settings.{name}", str(getattr(c.settings, name)), "amount", 6)
            for name in Settings.__struct_fields__
        )),
    ]  # fmt: skip
    return edited(page, "tolerances", c, panels)


@router.post(ADDRESSES["tolerances"])
def set_tolerances(page: Posted) -> Response:
    """Change them."""
    return tolerances(page)


def _tolerance(name: str, given: Tolerance, home: Currency) -> tuple[Field, ...]:
    amount = "" if given.amount is None else Amount(given.amount, home).text
    percent = "" if given.percent is None else _percent(given.percent)
    return (
        Field(f"tolerances.{name}.amount", amount, "amount", 6),
        Field(f"tolerances.{name}.percent", percent, "amount", 6),
    )


def _percent(share: Fraction) -> str:
    """A share as a percentage, exactly: what is declared has few decimals."""
    hundred = share * 100
    return f"{float(hundred):.6f}".rstrip("0").rstrip(".")


@router.get(ADDRESSES["accounts"])
def accounts(page: Seen) -> Response:
    """The account that each role of an entry posts to."""
    c = page.company()
    roles: Sequence[str] = Accounts.__struct_fields__
    if page.query.flag("csv"):
        heads = [page.t("settings.role_of_account"), page.t("frame.account")]
        return page.csv("comptes", heads, ((page.t(f"settings.f_accounts_{r}"), getattr(c.accounts, r)) for r in roles))
    third = ("customer", "supplier", "customer_advance", "supplier_advance", "doubtful")
    kinds = {
        "third_parties": third,
        "differences": (
            "settlement_loss", "settlement_gain", "exchange_loss", "exchange_gain", "discount_granted",
            "discount_obtained", "bank_fees",
        ),
        "vat_and_trade": ("vat_collected", "vat_deductible", "vat_parked", "sales", "purchases"),
        "of_years": ("opening", "profit", "loss"),
    }  # fmt: skip
    panels = [
        Panel(key, tuple(Field(f"accounts.{role}", getattr(c.accounts, role), "code", 6) for role in of))
        for key, of in kinds.items()
    ]
    return edited(page, "accounts", c, panels, exports=True)


@router.post(ADDRESSES["accounts"])
def set_accounts(page: Posted) -> Response:
    """Change them, as long as nothing was posted."""
    return accounts(page)
