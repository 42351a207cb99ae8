"""The archive of a financial year: books, documents and proofs as open files, for ten years on a shelf."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer

from lettrage import terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.http.pages.sheet import marked
from lettrage.adapters.packing import Packer, packing
from lettrage.adapters.store.archives import DUE_HEADS, LINE_HEADS, ArchiveReader, YearFile
from lettrage.adapters.store.books import SqlBooks
from lettrage.books.fec.export import Wanted, export
from lettrage.books.fec.writing import Numbered
from lettrage.books.head import Head
from lettrage.books.vat_report import row_shape
from lettrage.commands.shared import app, context, only, plain, print_json
from lettrage.company.dossier import Company, Year
from lettrage.dates import PARIS
from lettrage.limits import PATH_CHARACTERS
from lettrage.piles import Pile
from lettrage.refusal import Refusal, Stop, quoted

_json = msgspec.json.Encoder().encode
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)

_FORMATS = (
    "Formats ouverts : CSV (point décimal ; ' devant ce qui serait une formule), JSON, XML, PDF, texte ; UTF-8.",
    "Open formats: CSV (decimal points; ' before what would be a formula), JSON, XML, PDF, text; UTF-8.",
)
# folder or file -> what it is
_TOLD = (
    ("books/fec/", "le fichier des écritures comptables et son descriptif", "the FEC and its description"),
    ("books/entry_lines.csv", "toutes les lignes d'écriture", "every line of every entry"),
    (
        "books/entries.jsonl",
        "les écritures chaînées : hash est le SHA-256 de before suivi de chained",
        "entries as they are chained: hash is SHA-256 of before followed by chained",
    ),
    ("books/third_parties.jsonl", "les tiers que les écritures nomment", "the third parties that entries name"),
    ("books/due_items.csv", "les échéances et acomptes nés dans l'exercice", "due items and advances of the year"),
    (
        "books/vat_on_receipts.csv",
        "la TVA sur les encaissements, par taux et date",
        "VAT on receipts, by rate and date",
    ),
    ("books/company.json", "la fiche de la société", "the company file"),
    ("documents/received", "les documents reçus, mot pour mot", "documents as received, and outcomes"),
    ("documents/invoices", "les factures émises : original et fichiers déposés", "invoices: original and files sent"),
    ("documents/slips", "les bordereaux de remise", "deposit slips"),
    ("documents/bank", "les relevés tels que reçus des banques", "statements as the banks gave them"),
    ("documents/payments", "les fichiers remis aux banques", "files given to the banks"),
    ("proofs/chain.json", "où en était la chaîne des empreintes", "where the chain of hashes stood"),
    ("proofs/closing.json", "la clôture : empreinte, à-nouveaux", "the closing: hash, opening balances"),
    ("proofs/verify.json", "le contrôle d'intégrité", "the integrity check"),
    ("proofs/fec.json", "le contrôle du FEC", "what judging the FEC found"),
    ("manifest.json", "chaque fichier, sa taille, son SHA-256", "each file, its size, its SHA-256"),
)


class _AsOfTheYear:
    """Books whose chain ends with the year: what is described then does not change when more is posted."""

    def __init__(self, books: SqlBooks, head: Head) -> None:
        self._books = books
        self._head = head

    @property
    def company(self) -> Company:
        """The company file."""
        return self._books.company

    def fec_entries(self, year: Year) -> Iterator[Numbered]:
        """What a year opens with, then its entries."""
        return self._books.fec_entries(year)

    def head(self) -> Head:
        """Where the chain stood with the year's last entry."""
        return self._head


@app.command()
def archive(
    year: Annotated[str, typer.Option(help="The financial year, by its name: 2025")],
    out: Annotated[str, typer.Option(metavar="FILE", help="The archive, a zip; it is replaced if there")],
    siren: Annotated[str, typer.Option(help="For the FEC, where the company file has no SIRET")] = "",
) -> None:
    """A year's books, documents and proofs as open files. / Archiver un exercice."""
    path = Path(plain(out, "--out"))
    if not path.name or path.is_dir():
        raise Stop(Refusal("malformed_option", "--out", quoted(out, PATH_CHARACTERS), "FILE"))
    store = context.store()
    dossier = context.dossier or only(store)
    findings = [{"code": f.code, "message": f.message, "where": f.where} for f in store.audit(dossier)]
    with store.books(dossier, writing=False) as books:
        of = books.company.year_named(plain(year, "--year"))
        if of is None:
            raise Stop(Refusal("unknown_year", "--year", quoted(year)))
        with packing(path, "--out") as packer:
            made = _Archive(books, of, packer, plain(siren, "--siren"))
            conform = made.pack(findings)
    shape = {
        "file": str(path),
        "year": of.name,
        "closed": made.closed,
        "files": len(packer.packed),
        "fec_conform": conform,
        "findings": findings,
    }
    if context.json:
        print_json(shape)
    else:
        terminal.say(f"{path} · {of.name} · {len(packer.packed)}")
        _tell(made, conform=conform)
        context.show({"ok": not findings, "findings": findings}, "verify")
    if findings or not conform:
        raise typer.Exit(1)


def _tell(made: "_Archive", *, conform: bool) -> None:
    if not made.closed:
        open_ = (
            "L'exercice n'est pas clos : l'archive est provisoire.",
            "The year is open: the archive is provisional.",
        )
        terminal.tell(terminal.said(open_, context.lang))
    if not conform:
        told = ("Le FEC n'est pas conforme : proofs/fec.json.", "The FEC does not conform: proofs/fec.json.")
        terminal.tell(terminal.said(told, context.lang))


class _Archive:
    """One year on its way into a zip."""

    def __init__(self, books: SqlBooks, year: Year, packer: Packer, siren: str) -> None:
        self.books = books
        self.year = year
        self.packer = packer
        self.siren = siren
        self.reader = ArchiveReader(books.connection, books.dossier, books.company, year)
        self.kept = self.reader.closed()
        self.closed = self.kept is not None

    def pack(self, findings: Sequence[dict[str, str]]) -> bool:
        """Everything; whether the FEC conforms."""
        self._books()
        self._documents()
        chain = self.reader.chain()
        conform = self._fec(chain)
        self._whole("proofs/chain.json", {"dossier": self.books.dossier, "year": self.year.name} | chain)
        if self.kept is not None:
            self._whole("proofs/closing.json", self.kept)
        self._whole("proofs/verify.json", {"ok": not findings, "findings": findings})
        self.packer.file("README.txt", self._said().encode())
        files = sorted(self.packer.packed, key=lambda one: one.file)
        self._whole(
            "manifest.json", {"format": "lettrage-archive", "version": 1, "year": self.year.name, "files": files}
        )
        return conform

    # ------------------------------------------------------------ books

    def _books(self) -> None:
        reader, packer = self.reader, self.packer
        packer.lines("books/entry_lines.csv", _table(LINE_HEADS, reader.lines()))
        packer.lines("books/entries.jsonl", _objects(reader.entries()))
        packer.lines("books/third_parties.jsonl", _objects(reader.third_parties()))
        packer.lines("books/due_items.csv", _table(DUE_HEADS, reader.due_items()))
        report = self.books.vat_report(self.year.start, self.year.end)
        home = self.books.company.currency
        rows = [{**row_shape(row, home)} for row in report.rows]
        heads = [name for name in rows[0] if name != "reversed_by"] if rows else []  # it may come after the year
        packer.lines("books/vat_on_receipts.csv", _table(heads, [[[row[name] for name in heads] for row in rows]]))
        packer.file("books/company.json", self.reader.company_file())

    def _fec(self, chain: dict[str, Any]) -> bool:
        """The FEC and its description, dated by the closing where there was one."""
        head = Head(self.books.dossier, chain["head"], chain["last_posting"], "", self.year.end.isoformat())
        day = datetime.fromisoformat(self.kept["at"]).astimezone(PARIS).date() if self.kept else SystemClock().today()
        with tempfile.TemporaryFile() as file:
            bounded = _AsOfTheYear(self.books, head)
            done = export(bounded, Wanted(self.year.name, siren=self.siren), day, cast("Any", file), Pile)
            file.seek(0)
            self.packer.stream(f"books/fec/{done.name}", file)
        self.packer.file(f"books/fec/{done.description_name}", done.description.encode())
        self._whole("proofs/fec.json", done.verdict.shape)
        return bool(done.verdict.conform)

    # ------------------------------------------------------------ documents

    def _documents(self) -> None:
        self._kept("documents/received/documents.jsonl", self.reader.documents())
        self.packer.lines("documents/received/outcomes.jsonl", _objects(self.reader.outcomes()))
        self._kept("documents/invoices/invoices.jsonl", self.reader.invoices())
        self._kept("documents/bank/files.jsonl", self.reader.bank_files())
        self._slips()

    def _kept(self, index: str, files: Iterable[YearFile]) -> None:
        """Files as they are kept, and what is known of each."""
        known = []
        for file in files:
            packed = self.packer.file(file.name, file.content)
            known.append(file.facts | {"file": packed.file})
        self.packer.lines(index, _objects([known]))

    def _slips(self) -> None:
        from lettrage.adapters.pdf.slips import slip_pdf  # noqa: PLC0415  (only a print needs Typst)

        for number, name in self.reader.slips():
            slip = self.books.slip(number)
            if slip is not None:
                self.packer.file(name, slip_pdf(slip, self.books.company))

    # ------------------------------------------------------------ what is said of it

    def _whole(self, name: str, value: Any) -> None:
        self.packer.file(name, msgspec.json.format(_json(value)) + b"\n")

    def _said(self) -> str:
        """What each file is, in French and in English."""
        company, year = self.books.company, self.year
        there = [packed.file for packed in self.packer.packed] + ["manifest.json"]
        names = [name for name, _, _ in _TOLD if any(file.startswith(name) for file in there)]
        of = f"{company.name} ({company.code}), {year.start} - {year.end}"
        french = [f"Archive de l'exercice {year.name} : {of}", *(_line(name, 1) for name in names)]
        english = [f"Archive of the financial year {year.name}: {of}", *(_line(name, 2) for name in names)]
        state = ("clos", "closed") if self.closed else ("ouvert, archive provisoire", "open, a provisional archive")
        french.insert(1, f"Exercice {state[0]}. {_FORMATS[0]}")
        english.insert(1, f"Year {state[1]}. {_FORMATS[1]}")
        return "\n".join([*french, "", *english, ""])


def _line(name: str, at: int) -> str:
    told = next(row for row in _TOLD if row[0] == name)
    return f"  {name} : {told[at]}" if at == 1 else f"  {name}: {told[at]}"


def _table(heads: Sequence[str], parts: Iterable[Iterable[Sequence[object]]]) -> Iterator[list[bytes]]:
    """A CSV with its heads, a line for each row (one that has a line break inside is quoted)."""
    yield [_row(heads)] if heads else []
    for part in parts:
        yield [_row(cells) for cells in part]


def _row(cells: Sequence[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue().encode()


def _cell(cell: object) -> object:
    """Amounts are texts here, and stay numbers; another text is no formula for whoever opens it."""
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return "" if cell is None else cell
    return marked(cell)


def _objects(parts: Iterable[Iterable[dict[str, Any]]]) -> Iterator[list[bytes]]:
    """A JSON object a line."""
    for part in parts:
        yield [_json(one) + b"\n" for one in part]
