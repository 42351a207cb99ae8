"""Clients: who there is, one client's file, what Chorus Pro's directory says of it, what is open, its statement."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage import opening
from lettrage.acts.routing import WORDS, ChooseRoute, choice_of
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.due_items import side
from lettrage.adapters.http.pages.handing import in_fours
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.adapters.http.problems import Problem
from lettrage.adapters.http.routing import directory_of
from lettrage.books.ageing import AGES, Ageing
from lettrage.books.due import Account
from lettrage.company.customer import (
    BUYERS,
    CHORUS_FRAMES,
    CHORUS_NAMES,
    IDENTIFIER_TYPES,
    PLATFORM_FRAMES,
    Customer,
    PublicBuyer,
)
from lettrage.company.file import ADDRESS, FLAGS, PAYING, PLAIN, File, mended
from lettrage.company.payee import MANDATE_NAMES, SCHEMES, SEQUENCES, is_iban, kept
from lettrage.company.states import MEANS
from lettrage.guard.audited import Hand
from lettrage.invoicing.checks.circumstances import NotAsked
from lettrage.invoicing.checks.directory import Inquiry, Kept, Wanted
from lettrage.invoicing.doors import environment_of
from lettrage.invoicing.portal import Service, Structure
from lettrage.invoicing.routing.deciding import known, looked_up
from lettrage.invoicing.routing.route import SILENT, Route
from lettrage.limits import CODE_CHARACTERS, ROWS_EXPORTED
from lettrage.money import Amount
from lettrage.refusal import Language, Refusal, Stop, quoted

router = APIRouter()

ITEMS_SHOWN = 25
SERVICES_SHOWN = 50
_LANGUAGES: Mapping[str, Language] = {"fr": "fr", "en": "en"}
_FIELDS = (*PLAIN, *ADDRESS, *CHORUS_NAMES, *PAYING)
_json = msgspec.json.Encoder().encode
_MEANS_WORDS = {letter: word for word, letter in MEANS.items()}


class Line(msgspec.Struct, frozen=True):
    """A client of the list with what it owes."""

    file: File
    ageing: Ageing
    route: Route | None = None  # of its invoices in general; None of a supplier


class Listed(msgspec.Struct, frozen=True):
    """The client in the directory: as it was kept, and how the directory knows it. `wanted` None: not by Chorus Pro."""

    wanted: Wanted | None
    kept: Kept | None
    services: Sequence[Service] = ()
    hidden: int = 0

    @property
    def structure(self) -> Structure | None:
        """The structure, where the directory has one."""
        return self.kept.structure if self.kept else None


# ---------------------------------------------------------------- the list


@router.get("/clients")
def customers(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """Who there is, by code, with what each owes."""
    cote, ledger = side(page)
    text, public = page.query.text("q"), page.query.flag("public")
    criteria = (cote, text, public)
    exporting = page.query.one("format", ("csv",), "") == "csv"
    with page.books() as books:
        after = () if exporting else page.after(*criteria)
        files, last = books.files(ledger, text, after, ROWS_EXPORTED if exporting else page.rows, public=public)
        owed = _owed(books, page, files)
        home = books.company.currency
        found = known(books, [file.code for file in files], environment_of(books.platform_on()))
    lines = [
        Line(file, owed.get(file.code, Ageing()), found[file.code].route() if file.ledger == "customer" else None)
        for file in files
    ]
    if exporting:
        return _csv(page, lines)
    return page.show(
        "customers/list.html",
        title=page.t("frame.customers"),
        cote=cote,
        text=text,
        public=public,
        lines=lines,
        currency=home,
        pager=page.pager(len(lines), last, *criteria),
        siret=in_groups,
    )


def _owed(books: Readings, page: Page, files: Sequence[File]) -> dict[str, Ageing]:
    """What these third parties owe: the figures of the page of due items."""
    codes = {file.code for file in files}
    ledgers = {file.ledger for file in files}
    return {
        party.third_party: party.ageing
        for ledger in ledgers
        for party in books.ageing_by_party(page.today, ledger)
        if party.third_party in codes
    }


def _csv(page: Page, lines: Sequence[Line]) -> Response:
    home = page.company().currency
    heads = [
        "code",
        "name",
        "siret",
        "vat_number",
        "mail",
        "means",
        "door",
        "address_0225",
        "owes",
        "overdue",
        "unpaid",
    ]
    rows: list[Sequence[Cell]] = [
        [
            line.file.code,
            line.file.customer.name,
            line.file.customer.siret,
            line.file.customer.vat_number,
            line.file.customer.mail,
            means_word(page, line.file.means),
            page.t(f"customers.door_{line.route.door or 'none'}") if line.route is not None else "",
            line.route.address if line.route is not None else "",
            Amount(line.ageing.total, home),
            Amount(line.ageing.overdue, home),
            line.file.unpaid,
        ]
        for line in lines
    ]
    name = "clients" if page.language == "fr" else "customers"
    return page.csv(name, [page.t(f"customers.{head}") for head in heads], rows)


def in_groups(siret: str) -> str:
    """A SIRET as it is read aloud: 219 999 018 00019; anything else as it is."""
    return f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}".replace(" ", "\u00a0") if len(siret) == 14 else siret


def means_word(page: Page, letter: str) -> str:
    """How a third party is to pay, in words; "" where nothing is planned."""
    return page.t(f"customers.means_{_MEANS_WORDS[letter]}") if letter in _MEANS_WORDS else ""


# ---------------------------------------------------------------- one client


@router.get("/clients/{code}")
def customer(page: Annotated[Page, seen_by("read_books")], code: str) -> Response:
    """One client: its file, the directory, what is open."""
    return shown(page, code)


def shown(page: Page, code: str, *, said: str = "", status: int = 200) -> Response:
    """The page of a client; `said`: what Chorus Pro answered instead of what it was asked."""
    with page.books() as books:
        file = file_of(books, code)
        items, home = books.due_of_party(code), books.company.currency
        ageing = _owed(books, page, [file]).get(code, Ageing())
        listed = listed_of(books, file, everything=page.query.flag("services"))
        platform = books.platform_on()
        of = known(books, [code], environment_of(platform)).get(code) if file.ledger == "customer" else None
    account = Account(code, file.name, _address(file.customer), file.ledger, page.today, items)
    return page.show(
        "customers/customer.html",
        status,
        title=file.name,
        file=file,
        items=items[:ITEMS_SHOWN],
        more=max(0, len(items) - ITEMS_SHOWN),
        advances=sum(item.kind == "advance" for item in items),
        account=account,
        ageing=ageing,
        ages=AGES,
        currency=home,
        today=page.today,
        listed=listed,
        known=of,
        route=of.route() if of is not None else None,
        doors=[(one, page.t(f"customers.choose_{one}")) for one in WORDS],
        platform=platform,
        siret=in_groups,
        means=means_word(page, file.means),
        address=_address(file.customer),
        errors=[("", said)] if said else [],
    )


def file_of(books: Readings, code: str) -> File:
    """A third party's file. Raises Problem (404) where there is none."""
    file = books.file(code) if len(code) <= CODE_CHARACTERS and code.isprintable() else None
    if file is None:
        raise Problem(404, Refusal("unknown_third_party", "tiers", quoted(code)))
    return file


def _address(customer: Customer) -> list[str]:
    where = customer.address
    lines = [where.street, f"{where.zip} {where.city}".strip(), where.country]
    return [line for line in lines if line]


def listed_of(books: Readings, file: File, *, everything: bool = False) -> Listed:
    """What the copy of the directory has of a client: its own service first, then the active ones."""
    chorus = file.customer.chorus
    if chorus is None or not file.customer.identifier:
        return Listed(None, None)
    wanted = Wanted(file.customer.identifier, chorus.identifier_type)
    kept = books.kept_structures(books.platform_on(), [wanted]).get(wanted)
    services = sorted(
        kept.structure.services if kept and kept.structure else (),
        key=lambda one: (one.code != chorus.service, not one.active, one.code),
    )
    most = len(services) if everything else SERVICES_SHOWN
    return Listed(wanted, kept, services[:most], max(0, len(services) - most))


@router.get("/clients/{code}/releve")
def statement(page: Annotated[Page, seen_by("read_books")], code: str) -> Response:
    """What is open of a client today, or was on a day, as a PDF to send."""
    as_of = page.query.day("au")
    day, language = as_of or page.today, _LANGUAGES.get(page.query.text("langue"), page.language)
    with page.books() as books:
        file, items, company = file_of(books, code), books.due_of_party(code, as_of), books.company
    account = Account(code, file.name, _address(file.customer), file.ledger, day, items)
    name = "releve" if language == "fr" else "statement"
    printed = page.house.statement_pdf(account, company, language)
    return page.file(printed, f"{name}-{code}-{day:%Y%m%d}.pdf", "application/pdf", inline=True)


# ---------------------------------------------------------------- the door


@router.post("/clients/{code}/porte")
def choose(page: Annotated[Page, posted_by("route")], code: str) -> Response:
    """Choose the door of a client's invoices, or leave it to the directory again."""
    with page.books() as books:
        file, on = file_of(books, code), environment_of(books.platform_on())
    chosen = page.form.text("door")
    if chosen not in WORDS:
        raise Problem(422, Refusal("malformed_choice", "door", quoted(chosen), ", ".join(WORDS)))
    hand = Hand(page.who.identity.name, page.request.client.host if page.request.client else "")
    done = page.perform(ChooseRoute(code, choice_of(chosen), on, hand), "")
    if done.result is None:
        return shown(page, code, said=done.reasons[0][page.language], status=409)
    return page.go(f"{_href(code)}#porte", page.t("customers.door_kept", name=file.name))


@router.post("/clients/{code}/porte/annuaire")
def read_directory(page: Annotated[Page, posted_by("check")], code: str) -> Response:
    """Have the approved platform's directory read anew; without an answer the last copy holds, and that is said."""
    with page.books() as books:
        file, on = file_of(books, code), environment_of(books.platform_on())
    connect = directory_of(page.house, page.dossier, on)
    found = looked_up(page.house.base, page.dossier, [code], on, connect, page.clock.now(), anew=True)
    silent = found[code].silent
    if silent is not None:
        said = next((one for one in found[code].route().warnings if one.code in SILENT), None)
        text = page.t("customers.door_unread") if said is None else said.fr if page.language == "fr" else said.en
        # Nobody was asked where no platform is set up: that is mended here, by its settings.
        return shown(page, code, said=text, status=409 if silent == "not_connected" else 502)
    return page.go(f"{_href(code)}#porte", page.t("customers.refreshed", name=file.name))


# ---------------------------------------------------------------- the directory


@router.post("/clients/{code}/annuaire")
def refresh(page: Annotated[Page, posted_by("check")], code: str) -> Response:
    """Read the client in Chorus Pro's directory anew, or one service of it with what it demands."""
    with page.books() as books:
        file = file_of(books, code)
        listed, platform = listed_of(books, file), books.platform_on()
    if listed.wanted is None:
        raise Stop(Refusal("unknown_third_party", "tiers", quoted(code)))
    asked = page.form.text("service")
    service = asked or (file.customer.chorus.service if file.customer.chorus else "")
    now = page.clock.now()
    try:
        portal = page.house.invoicing.chorus.portal(page.house.base, page.dossier)
    except Stop as stop:
        return shown(page, code, said=stop.refusal.say(page.language), status=409)
    inquiry = Inquiry(portal, now)
    told = inquiry.told(msgspec.structs.replace(listed.wanted, service=service), listed.kept if asked else None)
    if isinstance(told, NotAsked):
        return shown(page, code, said=page.t(f"customers.silent_{told.why}"), status=502)
    with page.house.base.books(page.dossier, writing=True) as books:
        books.keep_structures(platform, inquiry.news, now)
    return page.go(f"{_href(code)}#chorus", page.t("customers.refreshed", name=file.name))


# ---------------------------------------------------------------- the file, mended


@router.get("/clients/{code}/fiche")
def form(page: Annotated[Page, seen_by("load")], code: str) -> Response:
    """The form of a client's file."""
    with page.books() as books:
        file, listed = _with_directory(books, code)
    return _form(page, file, listed, _typed(file))


@router.post("/clients/{code}/fiche")
def mend(page: Annotated[Page, posted_by("load")], code: str) -> Response:
    """Write what the form says of a client's file, as a load of it would; what the form does not know stays."""
    with page.books() as books:
        file, listed = _with_directory(books, code)
    typed = {name: page.form.text(name) for name in (*_FIELDS, "public")}
    if typed["iban"] and not is_iban(typed["iban"]):
        return _form(page, file, listed, typed, [("iban", page.t("customers.wrong_iban"))])
    record = mended(file.record, code, file.ledger, typed)
    content = _json({"dossiers": [{"code": page.dossier, "third_parties": [record]}]})
    loaded = opening.load(content, "load.json", page.dossier, page.house.base, page.clock)
    if loaded.faults:
        return _form(page, file, listed, typed, [(_field(fault), fault.say(page.language)) for fault in loaded.faults])
    return page.go(f"{_href(code)}", page.t("customers.mended", name=typed["name"] or code))


def _with_directory(books: Readings, code: str) -> tuple[File, Listed]:
    file = file_of(books, code)
    return file, listed_of(books, file, everything=True)


def _field(fault: Refusal) -> str:
    """The field that a fault is about, "" where it is none of the form's."""
    name = fault.path.rpartition(".")[2]
    name = f"mandate_{name}" if ".mandate." in fault.path else name
    return name if name in _FIELDS else ""


def _typed(file: File) -> dict[str, str]:
    """The form as the file fills it."""
    customer = file.customer
    chorus = customer.chorus or PublicBuyer()
    told = msgspec.structs.asdict(customer) | msgspec.structs.asdict(customer.address) | msgspec.structs.asdict(chorus)
    filled = {name: told.get(name, "") for name in _FIELDS} | {"means": _MEANS_WORDS.get(file.means, "")}
    filled |= {name: "1" if told[name] else "" for name in FLAGS} | _paid(file)
    return filled | {"public": "1" if customer.chorus else ""}


def _paid(file: File) -> dict[str, str]:
    """The account and the mandate, as the file fills the form."""
    found = kept(file.record)
    said = msgspec.structs.asdict(found.mandate) if found.mandate else {}
    filled = {f"mandate_{name}": str(said.get(name, "")) for name in MANDATE_NAMES}
    return filled | {"iban": in_fours(found.iban), "bic": found.bic}


def _form(
    page: Page,
    file: File,
    listed: Listed,
    typed: Mapping[str, str],
    errors: Sequence[tuple[str, str]] = (),
) -> Response:
    frames = [(code, code) for code in (*CHORUS_FRAMES, *PLATFORM_FRAMES)]
    choices: dict[str, Sequence[tuple[str, str]]] = {
        "means": [("", page.t("customers.means_none")), *((one, page.t(f"customers.means_{one}")) for one in MEANS)],
        "buyer": [("", page.t("customers.buyer_none")), *((one, page.t(f"customers.buyer_{one}")) for one in BUYERS)],
        "identifier_type": [(one, page.t(f"customers.type_{one}")) for one in IDENTIFIER_TYPES],
        "frame": [("", page.t("customers.frame_none")), *frames],
        "mandate_sequence": [("", ""), *((one, page.t(f"customers.sequence_{one}")) for one in SEQUENCES)],
        "mandate_scheme": [("", ""), *((one, page.t(f"customers.scheme_{one}")) for one in SCHEMES)],
    }
    return page.show(
        "customers/form.html",
        422 if errors else 200,
        title=page.t("customers.form_title", name=file.name),
        file=file,
        listed=listed,
        typed=typed,
        choices=choices,
        errors=list(errors),
        told=dict(reversed(errors)),
    )


def _href(code: str) -> str:
    return f"/clients/{quote(code, safe='')}"
