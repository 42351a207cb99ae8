"""One invoice: what happened, why, what now. Its rejection explained, lines, due item and entry, files, history."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.histories import history
from lettrage.adapters.http.pages.invoice_case import Case, Directory, came_from, case_of, directory_of
from lettrage.adapters.http.pages.mending import Input, inputs, number_sentence
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.rejection import Fault, faults, report
from lettrage.adapters.http.pages.sentxml import Code, code
from lettrage.adapters.http.pages.states import kind_of, word_of
from lettrage.adapters.http.pages.thread import thread
from lettrage.adapters.http.pages.words import by_door, known
from lettrage.invoicing.checks.precheck import Checked
from lettrage.invoicing.doors import Door, door_of
from lettrage.invoicing.explaining.explain import xml_of
from lettrage.invoicing.explaining.story import story
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.sending.addressed import routes
from lettrage.invoicing.sending.format import file_of
from lettrage.invoicing.sending.format import xml_of as xml_for
from lettrage.money import Figure, decimal_text
from lettrage.refusal import Refusal, Stop

router = APIRouter()
PDF, XML = "application/pdf", "application/xml"
TABS = ("rejet", "lignes", "echeance", "pieces", "historique", "xml")
MOVING = ("intended", "sending", "sent")  # states that end by themselves, soon
_SYNTAXES = {
    "IN_DP_E1_UBL_INVOICE": "UBL 2.1",
    "IN_DP_E1_CII_16B": "CII D16B",
    "IN_DP_E2_CII_FACTURX": "Factur-X",
}


class Told(msgspec.Struct, frozen=True):
    """The tab of a rejection, or of a check: its blocks, the file, what is mended where, and what one may do."""

    faults: Sequence[Fault]
    inputs: Mapping[int, Sequence[Input]]  # by the fault under which they stand; 0 for none
    code: Code | None
    syntax: str
    size: int
    checked: bool
    directory: Directory
    number: str  # the sentence on the number
    reports: Mapping[int, str]  # of faults that nobody knows


@router.get("/factures/{id_:int}")
def invoice(page: Annotated[Page, seen_by("read_books")], id_: int) -> Response:
    """The page of an invoice, by the number of one of its documents."""
    with page.books() as books:
        case = case_of(page, books, id_)
        return shown(page, books, case)


def shown(
    page: Page,
    books: Readings,
    case: Case,
    *,
    checked: Checked | None = None,
    typed: Mapping[str, str] | None = None,
    errors: Sequence[tuple[str, str]] = (),
    said: Sequence[Finding] = (),
) -> Response:
    """The page, after a check with what it found, after a form that cannot be taken with what was typed.

    `said`: what Chorus Pro has just answered instead of doing what it was asked.
    """
    rejected = bool(case.waits_for_us or checked or errors or said)
    default = "rejet" if rejected else "lignes"
    tab = default if checked or errors or said else page.query.one("onglet", TABS, default)
    if tab == "rejet" and not rejected and case.step == "none":
        tab = "lignes"
    values: dict[str, Any] = {"told": None, "items": [], "entry": None, "history": [], "banks": []}
    if tab == "rejet":
        values["told"] = _told(page, books, case, checked, typed or {}, said)
    elif tab == "xml":
        values["told"] = _file(page, books, case)
    elif tab == "echeance" and case.kept.invoice is not None:
        values["items"] = books.invoice_items(case.kept.invoice)
        values["entry"] = books.sales_entry(case.kept.posting) if case.kept.posting is not None else None
    elif tab == "historique":
        told = books.invoice_told(case.kept.kin, case.platform, case.content.frame)
        values["history"] = history(case, story(told), page.language)
        values["banks"] = [(code, f"{code} · {bank.iban}") for code, bank in books.company.banks.items() if bank.iban]
    way = _way(page, books, case)
    door = way.door if way is not None else door_of(case.platform)
    return page.show(
        "invoice/invoice.html",
        way=way,
        door=door,
        of_door=partial(_of_door, page, door),
        title=page.t("invoice.title_credit" if case.content.is_credit_note else "invoice.title", number=_number(case)),
        case=case,
        tab=tab,
        tabs=_tabs(page, case, checked),
        kind=kind_of(case.state),
        word=word_of(case.state, page.language, door),
        steps=thread(case.kept, case.events, case.state, carried=bool(door)),
        moving=case.state in MOVING and case.is_newest,
        back=came_from(page.query.text("de", 1_000)),
        home=books.company.currency,
        errors=list(errors),
        checked=checked is not None,
        customer_too=page.form.flag("customer_too"),
        typed=typed or {},
        key=secrets.token_urlsafe(16),
        siret=_in_groups,
        kilobytes=partial(_kilobytes, page),
        plain=partial(_figure, page),
        unit=partial(_unit, page),
        **values,
    )


def _of_door(page: Page, door: str, key: str, **values: str) -> str:
    """Words of the platform that carries the invoice."""
    return page.t(by_door(key, door), None, **values)


class Way(msgspec.Struct, frozen=True):
    """The door of an invoice: the one that it took, or the one that it will take, and why. `door` "": none."""

    door: Door | Literal[""]
    taken: bool
    address: str = ""
    why: str = ""
    warnings: Sequence[str] = ()


def _way(page: Page, books: Readings, case: Case) -> Way | None:
    """None of what nothing leaves any more: a document that another takes the place of."""
    if any(one.deposit.document == case.document.id for one in case.placed):
        endpoint = case.content.buyer.endpoint
        return Way(door_of(case.platform), True, endpoint.id if endpoint is not None else "")
    if not case.is_newest:
        return None
    found = routes(books, [case.document], case.environment, contents={case.document.id: case.content})
    route = found[case.document.id]
    told = [one.fr if page.language == "fr" else one.en for one in route.warnings]
    return Way(route.door or "", False, route.address, route.fr if page.language == "fr" else route.en, told)


def _number(case: Case) -> str:
    return case.document.number


def _tabs(page: Page, case: Case, checked: Checked | None) -> list[tuple[str, str, int | None, bool]]:
    """The tabs: address, word, count, whether the count is of what stopped."""
    content = case.content
    counts: dict[str, int | None] = {
        "rejet": len(case.findings) or None,
        "lignes": len(content.lines),
        "echeance": None,
        "pieces": len(content.documents),
        "historique": len(case.events),
        "xml": None,
    }
    first = "controle" if case.step == "send" or checked else ""
    if case.waits_for_us:
        first = "rejet" if kind_of(case.state) == "bad" else "demande"
    shown = [name for name in TABS if name != ("rejet" if not first else "xml" if case.waits_for_us else "")]
    return [(name, page.t(f"invoice.tab_{first if name == 'rejet' else name}"), counts[name], name == "rejet")
            for name in shown]  # fmt: skip


def _in_groups(siret: str) -> str:
    """A SIRET as it is read aloud: 219 999 018 00019; anything else as it is."""
    return f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}".replace(" ", "\u00a0") if len(siret) == 14 else siret


def _figure(page: Page, figure: Figure) -> str:
    """A quantity, a price or a rate, with the decimals that it was written with."""
    text = decimal_text(figure.digits, figure.decimals)
    return text.replace(".", ",") if page.language == "fr" else text


def _kilobytes(page: Page, size: int) -> str:
    tenths = decimal_text(round(size / 100), 1)
    return page.t("invoice.kilobytes", size=tenths.replace(".", ",") if page.language == "fr" else tenths)


def _unit(page: Page, code: str) -> str:
    """A unit by its word; a code without one as it is."""
    return page.t(key) if known(key := f"invoice.unit_{code}") else code


# ---------------------------------------------------------------- the rejection


def _told(
    page: Page,
    books: Readings,
    case: Case,
    checked: Checked | None,
    typed: Mapping[str, str],
    said: Sequence[Finding],
) -> Told:
    """Everything of the tab that explains."""
    findings = list(checked.findings) if checked is not None else [*said, *case.findings]
    xml = checked.xml if checked is not None else _xml(page, books, case)
    blocks, spots = faults(findings, xml, page.language, page.t, checked=checked is not None)
    fields = [field for block in blocks for field in block.fields]
    wanted = "service" in (*fields, *typed) or case.step in ("recycle", "new_number")
    directory = directory_of(books, case, page.today) if wanted else Directory()
    whole = page.query.text("fichier") == "entier"
    return Told(
        blocks,
        inputs(page, case, blocks, directory, typed),
        code(xml.decode("utf-8", "replace"), spots, whole=whole) if xml else None,
        _syntax_of(case) if checked is None else "",
        len(xml),
        checked is not None or not case.papers.file,
        directory,
        number_sentence(case, page.t),
        {block.number: report(block, case.content, case.state) for block in blocks if block.guess},
    )


def _xml(page: Page, books: Readings, case: Case) -> bytes:
    """The XML that was sent; before that, the one that would be."""
    if case.papers.file:
        return xml_of(case.papers.file)
    return file_of(books, case.document, "", page.house.invoicing.rendered, case.environment)


def _file(page: Page, books: Readings, case: Case) -> Told:
    """The whole file, where nothing is at fault in it."""
    xml = _xml(page, books, case)
    whole = code(xml.decode("utf-8", "replace"), (), whole=True)
    return Told((), {}, whole, _syntax_of(case), len(xml), not case.papers.file, Directory(), "", {})


def _syntax_of(case: Case) -> str:
    sent = next((one.sent for one in case.placed if one.deposit.document == case.document.id), None)
    return _SYNTAXES.get(sent.syntax, "") if sent is not None else ""


# ---------------------------------------------------------------- parts and files


@router.get("/factures/{id_:int}/suivi")
def progress(page: Annotated[Page, seen_by("read_books")], id_: int) -> Response:
    """Asked every few seconds while an invoice is on its way: the page is shown anew once anything has changed."""
    with page.books() as books:
        case = case_of(page, books, id_)
    if case.state == page.query.text("etat"):
        return Response(status_code=204)
    return Response(headers={"HX-Refresh": "true"})


@router.get("/factures/{id_:int}/xml")
def xml(page: Annotated[Page, seen_by("read_books")], id_: int) -> Response:
    """The XML that was sent; before that, the one that would be."""
    with page.books() as books:
        case = case_of(page, books, id_)
        data = xml_for(books, case.document, case.platform, "", page.house.invoicing.rendered, sent=False)
    return page.file(data, f"facture-{case.document.number}.xml", XML)


@router.get("/factures/{id_:int}/pdf")
def pdf(page: Annotated[Page, seen_by("read_books")], id_: int) -> Response:
    """The invoice for people to read, with its data inside."""
    with page.books() as books:
        case = case_of(page, books, id_)
        data = file_of(books, case.document, "facturx", page.house.invoicing.rendered)
    return page.file(data, f"facture-{case.document.number}.pdf", PDF)


@router.get("/factures/{id_:int}/pieces/{at:int}")
def attachment(page: Annotated[Page, seen_by("read_books")], id_: int, at: int) -> Response:
    """A file that goes with the invoice, as something to keep: never shown as a page of ours."""
    with page.books() as books:
        documents = case_of(page, books, id_).content.documents
    if not 0 < at <= len(documents) or not documents[at - 1].content:
        raise Stop(Refusal("no_such_invoice", "N", f"{id_}/{at}"))
    found = documents[at - 1]
    return page.file(found.content, found.filename or found.id, "application/octet-stream")
