"""The statement of account on paper: both languages, several currencies and pages, names of any length."""

import shutil
import subprocess
from datetime import date

import pytest

from lettrage.adapters.pdf.statement import WORDS, statement_pdf
from lettrage.books.due import Account, OpenItem
from lettrage.company.dossier import Address, Bank, Company, Establishment
from lettrage.money import Currency
from lettrage.refusal import Language

EUR, TND = Currency("EUR", 2), Currency("TND", 3)
DAY = date(2026, 11, 20)
COMPANY = Company(
    "998",
    "Société de démonstration",
    EUR,
    establishments={
        "1": Establishment("1", "BNP", "Siège", "33254021516357", Address("1 rue Haute", "75001", "Paris", "FR"))
    },
    banks={"BNP": Bank("BNP", "512100", EUR, "FR7630006000011234567890189", "BNPAFRPP")},
)


def items(count: int) -> list[OpenItem]:
    """Invoices that fall due month after month, the last in dinars and in dispute; an advance."""
    made = [
        OpenItem(
            n, "invoice", "C7", "", "", f"FA-{n}", date(2026, 6, 1), date(2026, 7 + n % 6, 15), EUR, 120_000, 100_000,
            100_000, False, None, None, "Impression d'affiches " * (1 + n % 3),
        )
        for n in range(count)
    ]  # fmt: skip
    advance = OpenItem(
        900, "advance", "C7", "", "", "", DAY, DAY, EUR, -5_000, -5_000, -5_000, False, None, 3, "Acompte"
    )
    dinars = OpenItem(901, "invoice", "C7", "", "", "T1", DAY, DAY, TND, 1_900_000, 1_900_000, 50_000, True, None, None)
    return [*made, advance, dinars]


def account(count: int, name: str = "Imprimerie Vasseur") -> Account:
    return Account("C0000007", name, ["12 rue des Lilas", "59000 Lille"], "customer", DAY, items(count))


def text_of(pdf: bytes) -> str:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is missing")
    text = subprocess.run([program, "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "figures"),
    [
        ("fr", ["arrêté au 20/11/2026", "Total en EUR", "3 950,00", "1 900,000", "−50,00", "en litige", "66 j"]),
        ("en", ["as of 20 Nov 2026", "Total in EUR", "3,950.00", "1,900.000", "−50.00", "disputed", "66 d"]),
    ],
)
def test_the_statement_says_what_is_open(language: Language, figures: list[str]) -> None:
    text = text_of(statement_pdf(account(4), COMPANY, language))

    for figure in [*figures, "Imprimerie Vasseur", "FR76 3000 6000 0112 3456 7890 189", "C0000007"]:
        assert figure in text, (figure, text)


def test_the_same_account_gives_the_same_bytes() -> None:
    assert statement_pdf(account(3), COMPANY, "fr") == statement_pdf(account(3), COMPANY, "fr")
    assert statement_pdf(account(3), COMPANY, "fr") != statement_pdf(account(4), COMPANY, "fr")


def test_many_lines_long_names_and_nothing_at_all() -> None:
    text = text_of(statement_pdf(account(120), COMPANY, "fr"))
    assert "Page 3 / 3" in text
    long = statement_pdf(account(2, "Société coopérative ouvrière " * 6 + "\u65e5\u672c"), COMPANY, "fr")
    assert long.startswith(b"%PDF")
    nothing = Account("C1", "Client", [], "customer", DAY, [])
    assert "Rien n'est ouvert" in text_of(statement_pdf(nothing, Company("1", "Firme", EUR), "fr"))


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["fr"].keys() == WORDS["en"].keys()
