"""Getting started: five steps from empty books to the first settlement. Where one stands is read from the books."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response
from stdnum import iban

from lettrage import opening
from lettrage.adapters.http.pages.admission import CompanyWanted, posted_by, seen_by
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.page import Page
from lettrage.books.today import Begun
from lettrage.company.dossier import Bank, Company
from lettrage.company.form import Form as Record
from lettrage.invoicing.connecting.tested import Tested
from lettrage.opening.example import code as example_code
from lettrage.opening.example import example
from lettrage.opening.read import parse
from lettrage.refusal import Refusal, Stop, quoted

router = APIRouter()

Errors = list[tuple[str, str]]  # the id of the field, and what is wrong there
_PLACE = "dossiers[0]."
_SIRET_DIGITS = 14


class Step(msgspec.Struct, frozen=True):
    """A step of the guide. `told`: what the books say of it, or what it will ask for."""

    key: str
    done: bool
    told: str
    href: str


# ---------------------------------------------------------------- the guide


@router.get("/mise-en-route")
def guide(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """The five steps, with what the books say of each."""
    steps = steps_of(page)
    known = page.house.base.dossiers()
    return page.show(
        "setup/page.html",
        title=page.t("setup.title"),
        steps=steps,
        now=next((step.key for step in steps if not step.done), ""),
        example=not page.dossier
        and example_code() not in known
        and page.may("load")
        and _allowed(page, example_code()),
    )


def steps_of(page: Page) -> list[Step]:
    """The steps; nothing is kept but what the books themselves hold."""
    if not page.dossier:
        return [Step(key, done=False, told="", href=href) for key, href in _ADDRESSES.items()]
    with page.books() as books:
        company, rows, begun, tests = books.company, books.chorus_rows(), books.begun(), books.tests()
    shown = page.house.invoicing.chorus.shape(page.dossier, rows)
    told = {
        "company": _company_told(page, company),
        "establishment": _establishment_told(page, company),
        "chorus": _chorus_told(page, shown, [test for test in tests.values() if test.stands(rows)]),
        "files": _files_told(page, begun),
        "settlement": page.t("setup.settled") if begun.settlements else "",
    }
    return [Step(key, bool(told[key]), told[key], href) for key, href in _ADDRESSES.items()]


_ADDRESSES = {
    "company": "/mise-en-route/societe",
    "establishment": "/mise-en-route/etablissement",
    "chorus": "/mise-en-route/chorus",
    "files": "/mise-en-route/factures",
    "settlement": "/reglements/saisie",
}


def _company_told(page: Page, company: Company) -> str:
    year = company.year_of(page.today)
    return " · ".join((company.name, page.t("setup.year", year=year.name if year else "–"), company.currency.code))


def _establishment_told(page: Page, company: Company) -> str:
    """The first establishment with its bank; "" where either is not there yet."""
    establishment = next((e for e in company.establishments.values() if e.siret), None)
    bank = _bank_of(company, establishment.bank if establishment else "")
    if establishment is None or bank is None or not iban.is_valid(bank.iban):
        return ""
    place = establishment.address.city or establishment.name or establishment.code
    return page.t("setup.placed", place=place, siret=establishment.siret, bank=bank.code)


def _chorus_told(page: Page, shown: Mapping[str, Any], tests: Sequence[Tested]) -> str:
    """The platform that is on and how its last test ended; "" until its credentials are set."""
    on = shown["platform"]
    settings = shown["platforms"][on]
    if not all(settings[name]["set"] for name in ("client_id", "client_secret", "login", "password")):
        return ""
    worked = next((test.works for test in tests if test.platform == on), None)
    ended = {True: "test_works", False: "test_fails", None: "not_tested"}[worked]
    return page.t(f"setup.connected_{on}", address=settings["api_url"]) + " · " + page.t(f"setup.{ended}")


def _files_told(page: Page, begun: Begun) -> str:
    if not begun.items:
        return ""
    return f"{page.t('setup.customers', begun.customers)} · {page.t('setup.items', begun.items)}"


def _bank_of(company: Company, code: str) -> Bank | None:
    return company.banks.get(code) or next(iter(company.banks.values()), None)


# ---------------------------------------------------------------- company and financial year


@router.get("/mise-en-route/societe")
def company(page: Annotated[Page, seen_by("load")]) -> Response:
    """The company, its currency, its financial year."""
    return _company_page(page, _company_typed(page))


@router.post("/mise-en-route/societe")
def set_company(page: Annotated[Page, posted_by("load")]) -> Response:
    """Make the company file, or mend it."""
    typed = _typed(page, "code", "nom", "siret", "devise", "debut", "fin")
    typed["code"] = page.dossier or typed["code"]
    record: dict[str, Any] = {
        "code": typed["code"],
        "name": typed["nom"],
        "currency": typed["devise"].upper(),
        "siret": _digits(typed["siret"]),
    }
    errors = [*_needed(page, typed, "code", "nom", "devise"), *_siret_fault(page, typed["siret"])]
    if typed["debut"] or typed["fin"]:
        days = {name: day_of(typed[name]) for name in ("debut", "fin")}
        errors += [(name, page.t("setup.malformed_day")) for name, day in days.items() if day is None]
        record["years"] = [{"start": str(days["debut"]), "end": str(days["fin"])}]
    errors = errors or _loaded(page, record, {"code": "code", "name": "nom", "currency": "devise", "years": "debut"})
    if errors:
        return _company_page(page, typed, errors)
    page.house.base.sign_ins.look_at(page.who.sign_in, typed["code"])
    return page.go("/mise-en-route", page.t("setup.company_kept", name=typed["nom"]))


def _company_typed(page: Page) -> dict[str, str]:
    if not page.dossier:
        return {"devise": "EUR"}
    company = page.company()
    year = company.years[-1] if company.years else None
    return {
        "code": company.code,
        "nom": company.name,
        "siret": company.siret,
        "devise": company.currency.code,
        "debut": str(year.start) if year else "",
        "fin": str(year.end) if year else "",
    }


def _company_page(page: Page, typed: Mapping[str, str], errors: Sequence[tuple[str, str]] = ()) -> Response:
    title = page.t("setup.step_company")
    return page.show("setup/company.html", 422 if errors else 200, title=title, typed=typed, errors=list(errors))


# ---------------------------------------------------------------- establishment and bank


_ESTABLISHMENT = ("etab", "nom", "siret", "tva", "rue", "cp", "ville", "banque", "iban", "bic", "compte")


@router.get("/mise-en-route/etablissement")
def establishment(page: Annotated[Page, seen_by("load")]) -> Response:
    """The establishment that invoices, and the account that it is paid to."""
    _need_company(page)
    return _establishment_page(page, _establishment_typed(page))


@router.post("/mise-en-route/etablissement")
def set_establishment(page: Annotated[Page, posted_by("load")]) -> Response:
    """Keep both."""
    _need_company(page)
    typed = _typed(page, *_ESTABLISHMENT)
    account = iban.compact(typed["iban"]) if typed["iban"] else ""
    errors = [
        *_needed(page, typed, "etab", "nom", "siret", "banque", "iban", "compte"),
        *_siret_fault(page, typed["siret"]),
    ]
    if account and not iban.is_valid(account):
        errors.append(("iban", page.t("setup.wrong_iban")))
    record = {
        "code": page.dossier,
        "banks": [
            {"code": typed["banque"], "iban": account, "bic": typed["bic"].upper(), "account": typed["compte"]},
        ],
        "establishments": [
            {
                "code": typed["etab"],
                "name": typed["nom"],
                "siret": _digits(typed["siret"]),
                "vat_number": typed["tva"].replace(" ", ""),
                "address": {"street": typed["rue"], "zip": typed["cp"], "city": typed["ville"], "country": "FR"},
                "bank": typed["banque"],
            }
        ],
    }
    errors = errors or _loaded(page, record, {"banks": "banque", "establishments": "etab"})
    if errors:
        return _establishment_page(page, typed, errors)
    return page.go("/mise-en-route", page.t("setup.establishment_kept", name=typed["nom"], bank=typed["banque"]))


def _establishment_typed(page: Page) -> dict[str, str]:
    company = page.company()
    first = next(iter(company.establishments.values()), None)
    bank = _bank_of(company, first.bank if first else "")
    typed = {"etab": "1", "nom": company.name, "siret": company.siret, "compte": "512100"}
    if first is not None:
        typed |= {"etab": first.code, "nom": first.name or company.name, "siret": first.siret or company.siret}
        typed |= {"tva": first.vat_number, "rue": first.address.street, "cp": first.address.zip}
        typed |= {"ville": first.address.city}
    if bank is not None:
        typed |= {"banque": bank.code, "iban": iban.format(bank.iban), "bic": bank.bic, "compte": bank.account}
    return typed


def _establishment_page(page: Page, typed: Mapping[str, str], errors: Sequence[tuple[str, str]] = ()) -> Response:
    title = page.t("setup.step_establishment")
    return page.show("setup/establishment.html", 422 if errors else 200, title=title, typed=typed, errors=list(errors))


# ---------------------------------------------------------------- customers and open invoices


@router.get("/mise-en-route/factures")
def files(page: Annotated[Page, seen_by("load")]) -> Response:
    """Customers and open invoices, from a file."""
    return _files_page(page)


@router.post("/mise-en-route/factures")
def take_file(page: Annotated[Page, posted_by("load")]) -> Response:
    """Load a file: whole, or not at all."""
    file = page.form.file("fichier")
    if file is None:
        return _files_page(page, [("fichier", page.t("setup.no_file"))])
    name, content = file
    return _taken(page, content, name)


@router.post("/mise-en-route/exemple")
def take_example(page: Annotated[Page, posted_by("load")]) -> Response:
    """Load the example company, and look at it from now on."""
    return _taken(page, example(page.today), "load.json")


def _taken(page: Page, content: bytes, name: str) -> Response:
    """A load file, taken; or every fault of it."""
    try:
        _check_own(page, content, name)
        with page.house.working(content):
            loaded = opening.load(content, name, page.dossier, page.house.base, page.clock, page.hand)
    except Stop as stop:
        return _files_page(page, [("fichier", stop.refusal.say(page.language))])
    if loaded.faults:
        return _files_page(page, [("fichier", fault.say(page.language)) for fault in loaded.faults[:_FAULTS_TOLD]])
    if len(loaded.counts) == 1:
        page.house.base.sign_ins.look_at(page.who.sign_in, next(iter(loaded.counts)))
    counts = loaded.counts.values()
    said = " · ".join(
        page.t(f"setup.taken_{name}", sum(count.get(name, 0) for count in counts))
        for name in ("third_parties", "invoices")
    )
    return page.go("/mise-en-route", page.t("setup.taken", said=said))


_FAULTS_TOLD = 20


def _files_page(page: Page, errors: Sequence[tuple[str, str]] = ()) -> Response:
    title = page.t("setup.step_files")
    return page.show("setup/files.html", 422 if errors else 200, title=title, errors=list(errors))


# ---------------------------------------------------------------- what the forms share


def _need_company(page: Page) -> None:
    """Raises CompanyWanted where there is none yet, or none was chosen."""
    if not page.dossier:
        raise CompanyWanted(bool(page.house.base.dossiers()))


def _typed(page: Page, *names: str) -> dict[str, str]:
    return {name: page.form.text(name) for name in names}


def _needed(page: Page, typed: Mapping[str, str], *names: str) -> Errors:
    return [(name, page.t("setup.needed", field=page.t(f"setup.{name}"))) for name in names if not typed[name]]


def _digits(text: str) -> str:
    return "".join(text.split())


def _siret_fault(page: Page, typed: str) -> Errors:
    """A SIRET has 14 digits. Its key is not asked for: the numbers of the qualification platform have none."""
    siret = _digits(typed)
    sound = not siret or (len(siret) == _SIRET_DIGITS and siret.isascii() and siret.isdecimal())
    return [] if sound else [("siret", page.t("setup.wrong_siret"))]


def _loaded(page: Page, record: Mapping[str, Any], fields: Mapping[str, str]) -> Errors:
    """Load one company file; what speaks against it, each at its field. `fields`: of a name in the record."""
    content = json.dumps({"dossiers": [record]}).encode()
    _check_own(page, content, "load.json")
    loaded = opening.load(content, "load.json", "", page.house.base, page.clock, page.hand)
    return [(_field(fault, fields), fault.say(page.language)) for fault in loaded.faults]


def _field(fault: Refusal, fields: Mapping[str, str]) -> str:
    name = fault.path.removeprefix(_PLACE).partition(".")[0].partition("[")[0]
    return fields.get(name, "")


def _check_own(page: Page, content: bytes, name: str) -> None:
    """Raises Stop (403) where a file is about a dossier that the reader may not use."""
    for record in parse(content, name, page.dossier):
        code = Record(record, "", []).code("code")
        if code and not _allowed(page, code):
            raise Stop(Refusal("unknown_dossier", "dossiers", quoted(code)), error=403)


def _allowed(page: Page, code: str) -> bool:
    own = page.caller().dossiers
    return own is None or code in own
