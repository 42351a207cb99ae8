"""How fast invoices are written and checked, beside the official rules' engine alone on the same files, in one run.

    python -m benchmarks.invoices [--rounds N]

Both judge with the same sheets, take turns, and are given the same file; *own* is the processor time of this process.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from benchmarks.machine import describe
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
SIZES = (1, 10, 200)
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
        from saxonche import PySaxonProcessor  # noqa: PLC0415

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


class Taken(NamedTuple):
    """Medians of seconds: by the clock, and of this process's own work."""

    clock: float
    own: float


def measured(rounds: int, *works: Callable[[], object]) -> list[Taken]:
    """What each takes, in turn."""
    taken: list[list[Taken]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            start, own = time.perf_counter(), time.process_time()
            work()
            times.append(Taken(time.perf_counter() - start, time.process_time() - own))
    return [Taken(*(statistics.median(column) for column in zip(*times, strict=True))) for times in taken]


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def first(official: SheetRules) -> None:
    """What is paid once: the schema and the sheets compiled by the first document of each way."""
    print("| route | syntax | first ms | then ms | MiB so far |")
    print("|---|---|---:|---:|---:|")
    for route, syntax in WAYS:
        xml = _render(syntax)(invoice(1, route), route)
        start = time.perf_counter()
        official.judge(xml, route, syntax)
        once = time.perf_counter() - start
        (then,) = measured(5, lambda xml=xml, route=route, syntax=syntax: official.judge(xml, route, syntax))  # type: ignore[misc]
        print(f"| {route} | {syntax} | {once * 1000:,.0f} | {then.clock * 1000:.1f} | {megabytes():.0f} |")


def _render(syntax: Syntax) -> Callable[[Invoice, Route], bytes]:
    return ubl.render if syntax == "ubl" else cii.render


def compared(route: Route, syntax: Syntax, size: int, rounds: int, official: SheetRules, bare: Bare) -> None:
    """One line: rendered, ours, all of it, the engine alone."""
    made, what, render = invoice(size, route), circumstances(route, syntax), _render(syntax)
    xml = render(made, route)
    root = parse(xml)
    sheets, text = files.sheets(root, route), xml.decode()
    checked = precheck(made, what, official)
    assert not checked.findings, checked.findings
    bare.judge(sheets, text)
    rendered, ours, whole, alone = measured(
        max(5, rounds * 10 // (size + 9)),
        lambda: render(made, route),
        lambda: check(made, what),
        lambda: precheck(made, what, official),
        lambda: bare.judge(sheets, text),
    )
    speeds = f"{1 / rendered.clock:,.0f} | {1 / ours.clock:,.0f} | {1 / whole.clock:,.1f} | {1 / alone.clock:,.1f}"
    ratios = f"{whole.clock / alone.clock:.2f} | {whole.own / alone.own:.2f}"
    print(f"| {route} | {syntax} | {size} | {speeds} | {ratios} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="turns for an invoice of one line")
    rounds = parser.parse_args().rounds
    official, bare = SheetRules(), Bare()
    print(describe())
    first(official)
    print("\n| route | syntax | lines | rendered/s | ours/s | all/s | engine alone/s | ratio | own |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for route, syntax in WAYS:
        for size in SIZES:
            compared(route, syntax, size, rounds, official, bare)


if __name__ == "__main__":
    main()
