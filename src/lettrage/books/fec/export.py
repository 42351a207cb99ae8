"""An FEC exported: the year's entries written into a file, the file judged, a description beside it.

What does not conform is never handed out: whoever asked gets the findings instead.
"""

import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import BinaryIO, Protocol

import msgspec

from lettrage.books.fec.description import Facts, described
from lettrage.books.fec.judge import Verdict, judge
from lettrage.books.fec.name import file_name, is_siren
from lettrage.books.fec.piles import NewPile
from lettrage.books.fec.writing import Numbered, Style, Writer
from lettrage.books.head import Head
from lettrage.company.dossier import Company, Year
from lettrage.refusal import Refusal, Stop, quoted

STEP = 1_000  # entries between two looks at how far it has come


class Books(Protocol):
    """What an export asks of the books."""

    @property
    def company(self) -> Company:
        """The company file."""

    def fec_entries(self, year: Year) -> Iterator[Numbered]:
        """What a year opens with, then its entries in the order of their validation."""

    def head(self) -> Head:
        """Where the chain of entries stands."""


class Export(msgspec.Struct, frozen=True):
    """What was exported. `provisional`: the year is open, so that entries may still come."""

    name: str
    description_name: str
    description: str
    verdict: Verdict
    provisional: bool

    @property
    def shape(self) -> dict[str, object]:
        """As commands and the API give it."""
        return {**self.verdict.shape, "written": self.verdict.conform, "provisional": self.provisional}


class Wanted(msgspec.Struct, frozen=True):
    """Which FEC is wanted: a financial year by its name. `siren`: where the company file has none."""

    year: str
    style: Style = Style()
    siren: str = ""


def export(
    books: Books,
    wanted: Wanted,
    day: date,
    file: BinaryIO,
    pile: NewPile,
    begun: Callable[[], object] = lambda: None,
) -> Export:
    """Write an FEC into a file, and judge it. Raises Stop. `begun` is called at each `STEP` entries."""
    year = books.company.year_named(wanted.year)
    if year is None:
        raise Stop(Refusal("unknown_year", "--year", quoted(wanted.year)))
    of = file_name(_siren(books.company, wanted.siren), year.end)
    writer = Writer(books.company, wanted.style)
    text = io.TextIOWrapper(file, encoding=wanted.style.encoding, newline="")
    text.write(writer.heading())
    for count, entry in enumerate(books.fec_entries(year)):
        if count % STEP == 0:
            begun()
        text.writelines(writer.lines(entry))
    text.flush()
    text.detach()
    verdict = judge(file, of, pile)
    file.seek(0)
    closed = books.company.closed_until
    provisional = closed is None or closed < year.end
    facts = Facts(of, year, wanted.style, provisional, day, books.head(), tuple(sorted(writer.journals)))
    beside = f"descriptif-{of.removesuffix('.txt').replace('FEC', '-')}.md"  # its name is not that of an FEC
    return Export(of, beside, described(books.company, facts, verdict), verdict, provisional)


def _siren(company: Company, given: str) -> str:
    """The company's SIREN: what is given, else of its own SIRET, else of the one that all its establishments share."""
    if given:
        if not is_siren(given):
            raise Stop(Refusal("malformed_option", "--siren", quoted(given), "SIREN: 9 × 0-9"))
        return given
    sirets = [company.siret] if company.siret else [e.siret for e in company.establishments.values() if e.siret]
    sirens = {"".join(siret.split())[:9] for siret in sirets}
    if len(sirens) == 1:
        (only,) = sirens
        if len(only) == 9 and only.isascii() and only.isdecimal():
            return only
    raise Stop(Refusal("no_siren", "siret", quoted(", ".join(sorted(sirens))) or "-"))
