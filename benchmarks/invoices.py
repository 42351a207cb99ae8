"""Invoices made and checked, beside factur-x, drafthorse and the official rules' engine alone, in one run.

*Made*: the invoice's data are in memory, its text is wanted. Both libraries are given the data by their own reading of
our text, and what each makes is compared with ours, value for value. factur-x takes turns with us in this process;
drafthorse runs in the environment of the peers. *Checked*: ours and the engine alone judge with the same sheets, take
turns, and are given the same file. Processor time throughout; memory is of a process for each.
"""

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from lxml import etree

from benchmarks.machine import apart
from benchmarks.part import Measuring, Options
from benchmarks.peers import run
from benchmarks.tables import Bar, Cell, Table
from lettrage.adapters.rules import SheetRules, files
from lettrage.guard.xml_safe import parse
from lettrage.invoicing.checks.check import check
from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.precheck import precheck
from lettrage.invoicing.document import (
    EN16931,
    Account,
    Identifier,
    Invoice,
    Item,
    Line,
    Note,
    Party,
    PaymentMeans,
    PostalAddress,
    Price,
    Route,
    Syntax,
    Totals,
    VatBreakdown,
)
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.portal import Service, Structure
from lettrage.money import Currency, Figure

SUPPLIER, BUYER = "45021910000010", "26590671900017"
WAYS: tuple[tuple[Route, Syntax], ...] = (
    ("chorus", "ubl"),
    ("chorus", "cii"),
    ("platform", "ubl"),
    ("platform", "cii"),
)
SYNTAXES: tuple[Syntax, ...] = ("ubl", "cii")
SIZES = (1, 10, 200)
ROUNDS, SHORT_ROUNDS = 60, 5
SHORT_SIZES = 2  # checked, and ways told of their first document
RATE = Figure(2000, 2)


def invoice(lines: int, route: Route) -> Invoice:
    net, vat = lines * 100_00, lines * 20_00
    address = PostalAddress("2 rue Jean Rostand", city="Orsay", zip="91400", country="FR")
    return Invoice(
        "FA-2026-0187",
        "380",
        date(2026, 11, 20),
        Currency("EUR", 2),
        _party("Universelle", SUPPLIER, address, "FR18450219100"),
        _party("Centre hospitalier", BUYER, address, ""),
        tuple(
            Line(str(n), Figure(2, 0), "C62", 100_00, Price(Figure(5000, 2)), "S", RATE, Item(f"Article {n}"))
            for n in range(1, lines + 1)
        ),
        (VatBreakdown("S", RATE, net, vat),),
        Totals(net, net, net + vat, net + vat, vat=vat),
        due_date=date(2026, 12, 20),
        service="FACTURES",
        engagement="1400000001",
        frame="A1" if route == "chorus" else "S1",
        profile=EN16931,
        notes=tuple(Note("Mention légale", code) for code in ("PMT", "PMD", "AAB")),
        means=PaymentMeans("30", accounts=(Account("FR7630006000011234567890189", bic="AGRIFRPP"),)),
    )


def _party(name: str, siret: str, address: PostalAddress, vat_number: str) -> Party:
    ids, siren = (Identifier(siret, "0009"),), siret[:9]
    return Party(name, "", ids, Identifier(siren, "0002"), vat_number, "", "", Identifier(siren, "0225"), address)


def circumstances(route: Route, syntax: Syntax) -> Circumstances:
    service = Service("FACTURES", engagement_required=False)
    return Circumstances(
        date(2026, 11, 22),
        route=route,
        syntax=syntax,
        siret=SUPPLIER,
        buyer=Structure("1", BUYER, services=(service,)),
        supplier=Structure("2", SUPPLIER),
        uses=(),
    )


class Bare:
    """The engine alone: the same sheets as the package has them, the file parsed, the report as text."""

    def __init__(self) -> None:
        from saxonche import PySaxonProcessor  # noqa: PLC0415 — not in processes that do without

        self._processor: Any = PySaxonProcessor(license=False)
        self._compiled: dict[str, Any] = {}

    def judge(self, sheets: tuple[str, ...], xml: str) -> None:
        for name in sheets:
            self.sheet(name).transform_to_string(xdm_node=self._processor.parse_xml(xml_text=xml))

    def sheet(self, name: str) -> Any:
        if name not in self._compiled:
            compiler = self._processor.new_xslt30_processor()
            self._compiled[name] = compiler.compile_stylesheet(stylesheet_file=str(files.path(name)))
        return self._compiled[name]


def measured_in_turn(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The median milliseconds of this process's own work, of each in turn."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            start = time.process_time()
            work()
            times.append(1_000 * (time.process_time() - start))
    return [statistics.median(times) for times in taken]


def fewer(rounds: int, size: int) -> int:
    """Turns for an invoice of so many lines."""
    return max(3, rounds * 10 // (size + 9))


def _render(syntax: Syntax) -> Callable[[Invoice, Route], bytes]:
    return ubl.render if syntax == "ubl" else cii.render


# ---------------------------------------------------------------- made

FLAVORS = {"ubl": "ubl-2.1", "cii": "factur-x"}
OURS_ALONE = "UBLVersionID"  # which factur-x adds, and nobody asks for
MAKERS = ("lettrage", "factur-x")


def maker(who: str, syntax: Syntax, size: int) -> Callable[[], bytes]:
    """What makes the text of an invoice whose data are in memory."""
    made, render = invoice(size, "platform"), _render(syntax)
    if who == "lettrage":
        return lambda: render(made, "platform")
    from facturx.generate_xml import generate_xml  # noqa: PLC0415
    from facturx.parse_xml import parse_ubl_cii_xml  # noqa: PLC0415

    logging.getLogger("factur-x").setLevel(logging.CRITICAL)
    read = parse_ubl_cii_xml(render(made, "platform"), check_xsd=False)
    data = read[0] if isinstance(read, tuple) else read
    make = partial(generate_xml, data, flavor=FLAVORS[syntax], check_xsd=False, check_schematron=False)
    return lambda: bytes(make())


def made_often(who: str, syntax: Syntax, size: int) -> None:
    """For the memory of it."""
    make = maker(who, syntax, size)
    for _ in range(10):
        make()


def values(xml: bytes) -> list[tuple[str, str]]:
    """The values of an invoice, wherever they stand."""
    elements = ((etree.QName(e).localname, (e.text or "").strip()) for e in parse(xml).iter(etree.Element))
    return sorted((name, text) for name, text in elements if text and name != OURS_ALONE)


def drafthorse(rounds: int) -> dict[str, Any]:
    """What drafthorse says of our invoices without their remarks, which it does not take."""
    with tempfile.TemporaryDirectory() as folder:
        files_ = []
        for size in SIZES:
            root = parse(cii.render(invoice(size, "platform"), "platform"))
            etree.strip_tags(root, etree.Comment)
            files_.append(Path(folder) / f"{size}.xml")
            files_[-1].write_bytes(etree.tostring(root))
        said: dict[str, Any]
        (said,) = run.lines("invoices", str(rounds), *map(str, files_))
    return said


def making(options: Options) -> list[tuple[Cell, ...]]:
    """The lines of what is made."""
    rounds = SHORT_ROUNDS if options.short else ROUNDS
    others, rows = drafthorse(rounds), []
    for syntax in SYNTAXES:
        for size in SIZES:
            ours, theirs = (maker(who, syntax, size) for who in MAKERS)
            text = ours()
            assert values(theirs()) == values(text)
            taken: list[Cell] = [*measured_in_turn(fewer(rounds, size), ours, theirs)]
            memory: list[Cell] = ["", ""]
            if size == SIZES[-1]:
                memory = [apart(made_often, who, syntax, size)[1] for who in MAKERS]
            if syntax == "cii":
                other = others[str(size)]
                assert values(other["text"].encode()) == values(text)
                taken, memory = [*taken, other["ms"]], [*memory, other["mib"] if memory[0] else ""]
            else:
                taken, memory = [*taken, ""], [*memory, ""]
            rows.append((syntax, size, len(text), *taken, *memory))
    return rows


MAKING = (
    "syntax",
    "lines",
    "bytes",
    "ours ms",
    "factur-x ms",
    "drafthorse ms",
    "ours MiB",
    "factur-x MiB",
    "drafthorse MiB",
)


def made_table(rows: list[tuple[Cell, ...]]) -> Table:
    bars = []
    for syntax, size, _, *taken in rows:
        label = f"{str(syntax).upper()}, {size} line{'s' * (size != 1)}"
        for who, ms in zip((label, "factur-x", "drafthorse"), taken[:3], strict=True):
            if isinstance(ms, float):
                bars.append(Bar(who, ms, ours=who == label))
    return Table("making", "Invoices made, data in memory", MAKING, tuple(rows), "milliseconds", tuple(bars))


# ---------------------------------------------------------------- checked


def checked(route: Route, syntax: Syntax, size: int, rounds: int, official: SheetRules, bare: Bare) -> list[Cell]:
    """Ours, all of it, the engine alone on the same file, factur-x's check by the schema alone."""
    from facturx.facturx import xml_check_xsd  # noqa: PLC0415

    made, what, xml = invoice(size, route), circumstances(route, syntax), _render(syntax)(invoice(size, route), route)
    sheets, text = files.sheets(parse(xml), route), xml.decode()
    found = precheck(made, what, official)
    assert not found.findings, found.findings
    bare.judge(sheets, text)
    ours, whole, alone, schema = measured_in_turn(
        fewer(rounds, size),
        lambda: check(made, what),
        lambda: precheck(made, what, official),
        lambda: bare.judge(sheets, text),
        lambda: xml_check_xsd(xml, flavor=FLAVORS[syntax]),
    )
    return [ours, whole, alone, whole / alone, schema]


def first(route: Route, syntax: Syntax) -> float:
    """Milliseconds of the first document of a process: the schema and the sheets are compiled."""
    official = SheetRules()
    xml = _render(syntax)(invoice(1, route), route)
    start = time.perf_counter()
    official.judge(xml, route, syntax)
    return 1_000 * (time.perf_counter() - start)


def first_alone(route: Route, syntax: Syntax) -> float:
    """The same of the engine alone."""
    bare = Bare()
    xml = _render(syntax)(invoice(1, route), route)
    sheets = files.sheets(parse(xml), route)
    start = time.perf_counter()
    bare.judge(sheets, xml.decode())
    return 1_000 * (time.perf_counter() - start)


CHECKING = (
    "route",
    "syntax",
    "lines",
    "our rules ms",
    "all ms",
    "engine alone ms",
    "ratio",
    "factur-x, schema alone ms",
)
ONCE = ("route", "syntax", "first ms", "MiB", "engine alone: first ms", "engine alone: MiB")


def measured(options: Options) -> Measuring:
    """What is made, what is paid once, what is checked."""
    made = made_table(making(options))
    yield (made,), ()
    once: list[tuple[Cell, ...]] = []
    for route, syntax in WAYS[:SHORT_SIZES] if options.short else WAYS:
        ours, alone = (apart(work, route, syntax) for work in (first, first_alone))
        once.append((route, syntax, *ours, *alone))
    paid_once = Table("first", "The first check of a process", ONCE, tuple(once))
    official, bare, rows, bars = SheetRules(), Bare(), [], []
    for route, syntax in WAYS:
        for size in SIZES[:SHORT_SIZES] if options.short else SIZES:
            cells = checked(route, syntax, size, SHORT_ROUNDS if options.short else ROUNDS, official, bare)
            rows.append((route, syntax, size, *cells))
            bars.append(Bar(f"{route}, {syntax.upper()}, {size} line{'s' * (size != 1)}", float(cells[1])))
            bars.append(Bar("the engine alone", float(cells[2]), ours=False))
            title = "Invoices checked by all the rules"
            yield (made, paid_once, Table("checking", title, CHECKING, tuple(rows), "milliseconds", tuple(bars))), ()
