"""Reports as they leave the program: on the command line, over HTTP, as files, on pages and on paper."""

import csv
import io
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from lettrage.adapters.pdf.report import report_pdf
from lettrage.books.reports import NAMES, Asked, draw
from lettrage.books.reports.said import _words
from lettrage.refusal import Language
from tests.databases import edit
from tests.journeys.helpers import Firm, advance, company, header, instrument, invoice, pays, run_here
from tests.people.service import Client

AT = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
DAY = date(2024, 10, 30)
RATES = {"ecb": [{"from": "2024-07-01", "rate": "4.25"}]}


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Something of everything that a report shows; long names, formulas."""
    parties = [
        {"code": "C1", "kind": "customer", "name": "=1+1"},
        {"code": "C2", "kind": "customer", "name": "Société coopérative ouvrière de production " * 4},
        {"code": "F1", "kind": "supplier", "name": "Fournisseur 1"},
    ]
    held = Firm(
        tmp_path,
        company(
            siret="73282932000074",
            third_parties=parties,
            late_payment=RATES,
            invoices=[
                invoice("1", "3600.00"),
                invoice("2", "1234567.89", third_party="C2"),
                invoice("9", "200.00", third_party="F1"),
            ],
            portfolio=[instrument("5", "900.00")],
        ),
    )
    held.done(header("PORCHQ", "600", pays("1", "600"), pays("1", "3000", "WPA")))
    held.done(header("PORCHQ", "250", advance("250")))
    return held


def asked(firm: Firm, *arguments: str) -> Any:
    return run_here("--database", firm.address, "report", *arguments, folder=firm.folder)


# ---------------------------------------------------------------- the command line


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_report_is_read_on_a_terminal(name: str, lang: str, firm: Firm) -> None:
    period = ("--as-of", "2024-10-30", "--from", "2024-01-01", "--to", "2024-12-31", "--third-party", "C1")
    ran = asked(firm, name, *period, "--lang", lang)

    assert (ran.status, ran.err) == (0, "")
    assert "total" in ran.out.lower()


def test_a_report_is_json_alike_with_json_and_format_json(firm: Firm) -> None:
    plain = asked(firm, "aged", "--as-of", "20241030", "--json")

    assert plain.json == asked(firm, "aged", "--as-of", "2024-10-30", "--format", "json").json
    assert plain.json["criteria"] == {"ledger": "customer", "as_of": "2024-10-30"}
    assert [row["third_party"] for row in plain.json["sections"][0]["rows"]] == ["C1", "C2"]


def test_a_report_as_a_file_has_every_line_and_no_formula(firm: Firm) -> None:
    ran = asked(firm, "aged", "--as-of", "2024-10-30", "--format", "csv", "--out", "-")

    lines = list(csv.reader(io.StringIO(ran.out.removeprefix("\ufeff")), delimiter=";"))
    assert lines[0][:4] == ["Tiers", "Nom", "Non échu", "1 à 30 j"]
    assert [line[:4] for line in lines[1:]] == [
        ["C1", "'=1+1", "0,00", "3000,00"],
        ["C2", ("Société coopérative ouvrière de production " * 4).strip(), "0,00", "1234567,89"],
    ]


def test_files_are_named_after_the_report_unless_they_are_named(firm: Firm) -> None:
    assert asked(firm, "journal", "--format", "pdf").status == 0
    assert asked(firm, "balance", "--format", "json", "--out", "b.json").status == 0

    assert (firm.folder / "journal.pdf").read_bytes().startswith(b"%PDF")
    assert (firm.folder / "b.json").read_bytes().startswith(b'{"report":"balance"')


@pytest.mark.parametrize(
    "arguments",
    [
        ("agee",),
        ("aged", "--ledger", "both"),
        ("aged", "--as-of", "31/12/2024"),
        ("aged", "--format", "xls"),
        ("third-parties", "--third-party", "C9"),
        ("statement",),
        ("statement", "--third-party", "C9"),
        ("journal", "--from", "2024-02-01", "--to", "2024-01-01"),
        ("interest", "--as-of", "2025-12-31"),
        ("aged", "--format", "csv", "--out", "nowhere/there.csv"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_a_report_says_why(arguments: tuple[str, ...], firm: Firm) -> None:
    ran = asked(firm, *arguments)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.strip()


def test_a_report_that_differs_from_the_ledger_is_not_printed(firm: Firm) -> None:
    edit(firm.address, "UPDATE entry_line SET item = NULL WHERE account = '411000' AND credit > 0")

    ran = asked(firm, "aged", "--format", "pdf", "--out", "never.pdf")

    assert (ran.status, ran.out) == (2, "")
    assert "3600.00" in ran.err
    assert "3000.00" in ran.err
    assert not (firm.folder / "never.pdf").exists()


def test_a_statement_is_printed_as_the_letter_that_is_sent(firm: Firm) -> None:
    arguments = ("statement", "--third-party", "C1", "--as-of", "2024-10-20")
    drawn = asked(firm, *arguments, "--json").json

    assert [(row["piece"], row["open"]) for row in drawn["sections"][0]["rows"]] == [("1", "3600.00")]
    assert drawn["proof"] == [{"account": "411000 + 416000 + 419100", "report": "3600.00", "ledger": "3600.00"}]
    assert asked(firm, *arguments, "--format", "pdf", "--out", "letter.pdf").status == 0
    letter = text_of((firm.folder / "letter.pdf").read_bytes())
    assert "Relevé de compte" in letter
    assert "arrêté au 20/10/2024" in letter
    assert "3 600,00" in letter


# ---------------------------------------------------------------- over HTTP


def test_the_api_gives_the_same_report_in_each_form(firm: Firm) -> None:
    token = firm.store.accounts.issue("till", "reader", "")
    client, way = Client(firm), {"Authorization": f"Bearer {token}"}

    answers = {
        form: client.request("GET", f"/api/v1/reports/aged?as_of=2024-10-30&format={form}", headers=way)
        for form in ("json", "csv", "pdf")
    }

    assert [answer.status_code for answer in answers.values()] == [200] * 3
    assert answers["json"].json() == asked(firm, "aged", "--as-of", "2024-10-30", "--json").json
    assert answers["csv"].headers["content-type"] == "text/csv; charset=utf-8"
    assert answers["pdf"].content.startswith(b"%PDF")
    assert client.request("GET", "/api/v1/reports/other", headers=way).status_code == 422
    edit(firm.address, "UPDATE entry_line SET item = NULL WHERE account = '411000' AND credit > 0")
    refused = client.request("GET", "/api/v1/reports/aged", headers=way)
    assert (refused.status_code, refused.json()["code"]) == (409, "report_differs")


# ---------------------------------------------------------------- on paper


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_report_is_printed_with_the_chain_at_its_foot(name: str, language: Language, firm: Firm) -> None:
    with firm.store.books("998", writing=False) as books:
        drawn, held = draw(books, Asked(name, DAY, third_party="C1")), books.company

    printed = report_pdf(drawn, held, AT, language)

    assert printed == report_pdf(drawn, held, AT, language), "the same at the same moment"
    paper = PdfReader(io.BytesIO(printed))
    assert "pdfaid" in paper.xmp_metadata.stream.get_data().decode()  # type: ignore[union-attr]
    text = text_of(printed)
    assert drawn.head[:16] in text
    assert "Société d'essai" in text
    pages = len(paper.pages)
    assert f"Page 1 / {pages}" in text
    assert ("14:05" in text, drawn.entries) == (True, 6)


def test_amounts_stand_in_french_figures(firm: Firm) -> None:
    with firm.store.books("998", writing=False) as books:
        text = text_of(report_pdf(draw(books, Asked("aged", DAY)), books.company, AT, "fr"))

    for figure in ("1 234 567,89", "−250,00", "3 000,00", "Plus de 90 j", "Les deux calculs s'accordent"):
        assert figure in text, text


def text_of(pdf: bytes) -> str:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is missing")
    text = subprocess.run([program, "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_every_word_is_said_in_both_languages() -> None:
    for kind, texts in _words().items():
        for key, said in texts.items():
            assert set(said) == {"fr", "en"}, (kind, key)
