"""The golden files: the bytes, what the official rules say of them, and reading them back."""

import pytest

from lettrage.adapters.rules import SheetRules
from lettrage.invoicing.document import Invoice, Route, Syntax
from lettrage.invoicing.formats import ubl
from lettrage.invoicing.formats.read import read
from tests.golden.files import FOLDER, cases, rendered

_RULES = SheetRules()
_SYNTAXES: tuple[Syntax, ...] = ("ubl", "cii")
_CASES = [
    pytest.param(name, invoice, route, syntax, id=f"{syntax}-{route}-{name}")
    for name, invoice, route in cases()
    for syntax in _SYNTAXES
]


def test_every_file_is_what_we_write_today() -> None:
    written = dict(rendered())
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.xml")} == set(written)
    for name, content in written.items():
        assert (FOLDER / name).read_bytes() == content, name


@pytest.mark.parametrize(("name", "invoice", "route", "syntax"), _CASES)
def test_a_golden_file(name: str, invoice: Invoice, route: Route, syntax: Syntax) -> None:
    content = (FOLDER / f"{syntax}-{route}" / f"{name}.xml").read_bytes()
    verdict = _RULES.judge(content, route, syntax)
    assert len(verdict.files) >= 2
    assert [(found.code, found.place, found.raw) for found in verdict.findings if found.blocks] == []
    found = read(content)
    assert found.invoice == invoice
    assert (found.syntax, found.findings) == (syntax, ())


@pytest.mark.parametrize("route", ["chorus", "platform"])
def test_a_credit_note_in_its_own_root(route: Route) -> None:
    invoice = next(invoice for name, invoice, on in cases() if name == "credit_note" and on == route)
    content = ubl.render(invoice, route, "CreditNote")
    assert [found.raw for found in _RULES.judge(content, route, "ubl").findings if found.blocks] == []
    assert read(content).invoice == invoice


def test_the_rules_are_awake() -> None:
    content = (FOLDER / "ubl-platform" / "one_rate.xml").read_bytes()
    broken = content.replace(b'<cbc:PayableAmount currencyID="EUR">', b'<cbc:PayableAmount currencyID="EUR">9')
    assert any(found.blocks for found in _RULES.judge(broken, "platform", "ubl").findings)


def test_files_are_commented_for_people_and_comments_hold_no_data() -> None:
    """The comments of all files together are few: fixed sentences."""
    comments = set()
    for name, content in rendered():
        own = [line.strip() for line in content.decode().splitlines() if "<!--" in line]
        assert len(own) >= 8, name
        comments |= set(own)
    assert len(comments) < 40
