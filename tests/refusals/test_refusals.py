"""Every refusal and warning of the catalogue, shown by a case and compared whole.

`LETTRAGE_REFRESH=1 pytest tests/refusals` rewrites what is expected; review it as a diff.
"""

import ast
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lettrage.catalogue import CATALOGUE
from lettrage.refusal import Refusal
from tests.invoicing.test_next_steps import SHOWN_OF_NEXT_STEPS
from tests.refusals import page
from tests.refusals.cases import COMPANY, DOSSIER, Case, blanks, codes, folders
from tests.refusals.test_bank import SHOWN_OF_BANK
from tests.refusals.test_by_hand import SHOWN_BY_HAND
from tests.refusals.test_chorus import NOT_CONNECTED, PLATFORM_NOT_CONNECTED, PLATFORM_TROUBLE, SHOWN_OF_CHORUS
from tests.refusals.test_fec import SHOWN_OF_FEC
from tests.refusals.test_http import SHOWN_OF_HTTP
from tests.refusals.test_invoices import SHOWN_OF_INVOICES
from tests.refusals.test_keeping import SHOWN_OF_KEEPING
from tests.refusals.test_lettering import SHOWN_OF_LETTERING
from tests.refusals.test_payments import SHOWN_OF_PAYMENTS
from tests.refusals.test_reporting import SHOWN_OF_REPORTING
from tests.refusals.test_reports import SHOWN_OF_REPORTS
from tests.refusals.test_reversals import SHOWN_OF_REVERSALS
from tests.refusals.test_sending import SHOWN_OF_SENDING
from tests.refusals.test_slips import SHOWN_OF_SLIPS
from tests.refusals.test_statuses import SHOWN_OF_STATUSES
from tests.refusals.test_store import SHOWN_BY_A_TEST
from tests.store.test_postgresql import SHOWN_OF_POSTGRESQL
from tests.world import World

REFRESH = os.environ.get("LETTRAGE_REFRESH") == "1"
# What the cases below expect is right, and the engine not yet: a mended one fails here, and its line goes.
SOURCE = Path(__file__).parent.parent.parent / "src" / "lettrage"


def faulty_texts(refusal: Refusal) -> list[str]:
    """What is wrong with the sentences of a refusal: an empty blank, an unfilled one, careless spacing."""
    faults = [f"{refusal.code}: nothing for {{{name}}}" for name, value in blanks(refusal) if not value]
    for text in (refusal.fr, refusal.en, refusal.fix_fr, refusal.fix_en):
        careless = not text.strip() or text != text.strip() or "  " in text or re.search(r" [.,]|\(\)|\{\w", text)
        if careless or text[-1] not in ".?)":
            faults.append(f"{refusal.code}: {text!r}")
    return faults


def cases() -> list[Any]:
    return list(folders())


@pytest.mark.parametrize("code", cases())
def test_what_comes_out_is_what_is_expected(code: str, tmp_path: Path) -> None:
    case = Case(code)
    world = case.prepare(tmp_path / "books.sqlite")
    before, number = world.books(), world.next_transaction(DOSSIER)

    told = case.play(world)

    expected = case.folder / "expected.json"
    if REFRESH:
        expected.write_text(json.dumps(told.shown, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert told.shown == json.loads(expected.read_text("utf-8"))
    assert code in {refusal.code for refusal in (*told.refusals, *told.warnings)}
    assert [fault for refusal in (*told.refusals, *told.warnings) for fault in faulty_texts(refusal)] == []
    assert world.next_transaction(DOSSIER) == number + len(told.transactions)
    if not told.transactions:
        assert world.books() == before, "a refused settlement left a trace"


@pytest.mark.parametrize("code", folders())
def test_a_settlement_has_the_lowest_resultcode_of_its_reasons(code: str) -> None:
    shown = json.loads((Case(code).folder / "expected.json").read_text("utf-8"))
    for settlement in shown.get("settlements", ()):
        found = [CATALOGUE[reason["code"]].resultcode for reason in settlement["reasons"]]
        assert settlement["resultcode"] == str(min(found, default=0))
        assert (settlement["transactionId"] == "") or not found


def test_every_code_of_the_catalogue_is_shown() -> None:
    shown = {
        *folders(),
        *SHOWN_BY_A_TEST,
        *SHOWN_BY_HAND,
        *SHOWN_OF_KEEPING,
        *SHOWN_OF_LETTERING,
        *SHOWN_OF_PAYMENTS,
        *SHOWN_OF_FEC,
        *SHOWN_OF_REPORTS,
        *SHOWN_OF_REPORTING,
        *SHOWN_OF_REVERSALS,
        *SHOWN_OF_SLIPS,
        *SHOWN_OF_BANK,
        *SHOWN_OF_POSTGRESQL,
        *SHOWN_OF_HTTP,
        *SHOWN_OF_CHORUS,
        *SHOWN_OF_INVOICES,
        *SHOWN_OF_SENDING,
        *SHOWN_OF_NEXT_STEPS,
        *SHOWN_OF_STATUSES,
        NOT_CONNECTED,
        PLATFORM_NOT_CONNECTED,
        PLATFORM_TROUBLE,
        "address_taken",
    }
    assert sorted(set(CATALOGUE) - shown) == [], "codes without a folder in tests/refusals"
    assert sorted(shown - set(CATALOGUE)) == [], "folders or tests of codes that are not in the catalogue"


def test_the_shared_company_loads_without_a_fault(tmp_path: Path) -> None:
    loaded = World(tmp_path / "books.sqlite").load(COMPANY)
    assert (loaded.faults, loaded.strangers) == ([], [])


def _texts_of_the_source() -> Counter[str]:
    """Every string constant of the source, docstrings left out by their length."""
    found: Counter[str] = Counter()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found[node.value] += 1
    return found


def test_no_code_of_the_catalogue_is_unused() -> None:
    used = _texts_of_the_source()
    assert [code for code in CATALOGUE if not used[code]] == []


def _codes_given(tree: ast.AST) -> set[str]:
    """The first arguments, written out, of the calls that make a refusal."""
    makers = {"Refusal", "_fault", "fault", "_detail_fault", "_stop", "_refusal"}
    given = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            maker = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if maker in makers and isinstance(first, ast.Constant) and re.fullmatch("[a-z_]+", str(first.value)):
                given.add(str(first.value))
    return given


def test_every_code_of_the_source_is_in_the_catalogue() -> None:
    for file in SOURCE.rglob("*.py"):
        assert _codes_given(ast.parse(file.read_text("utf-8"))) <= set(CATALOGUE), file.name


@pytest.mark.parametrize("code", list(CATALOGUE))
def test_the_two_languages_of_a_text_have_the_same_blanks(code: str) -> None:
    def names(template: str) -> set[str]:
        return {name.removesuffix("_en") for name in re.findall(r"\{(\w+)\}", template)}

    text = CATALOGUE[code]
    assert names(text.fr) == names(text.en)
    assert names(text.fix_fr) == names(text.fix_en)


def test_the_page_of_refusals_is_up_to_date() -> None:
    assert page.PAGE.read_text("utf-8") == page.written(), "run python tests/refusals/page.py"


def test_the_families_document_names_and_books_have_the_resultcodes_of_the_source() -> None:
    for family, resultcode in (("document", 1), ("names", 2), ("books", 3), ("warnings", 0)):
        assert {CATALOGUE[code].resultcode for code in codes(family)} == {resultcode}
