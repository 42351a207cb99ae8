"""FECs as XML: the same checks as of flat files; what is hostile is told and never expanded."""

import io
import resource

import pytest

from lettrage.books.fec.judge import Verdict, judge
from lettrage.guard import xml_safe
from lettrage.piles import Pile

NAME = "356000000FEC20251231.xml"
_ENTRY = """<ecriture><EcritureNum>{number}</EcritureNum><EcritureDate>2025-01-15</EcritureDate>
<EcritureLib>Facture</EcritureLib><PieceRef>{piece}</PieceRef><PieceDate>2025-01-15</PieceDate><EcritureLet>AA</EcritureLet>
<ValidDate>2025-01-16</ValidDate>{lines}</ecriture>"""
DEBIT = """<ligne><CompteNum>411000</CompteNum><CompteLib>Clients</CompteLib><CompAuxNum>C1</CompAuxNum>
<CompAuxLib>Azur</CompAuxLib><Montantdevise>150.00</Montantdevise><Idevise>USD</Idevise><Debit>120.00</Debit></ligne>"""
CREDIT = "<ligne><CompteNum>707000</CompteNum><CompteLib>Ventes</CompteLib><Credit>{amount}</Credit></ligne>"
SENS = """<ligne><CompteNum>707000</CompteNum><CompteLib>Ventes</CompteLib><Montant>120.00</Montant>
<Sens>{sens}</Sens></ligne>"""


def entry(number: str = "1", lines: str = "", piece: str = "F1") -> str:
    return _ENTRY.format(number=number, piece=piece, lines=lines or DEBIT + CREDIT.format(amount="120.00"))


def fec(*entries: str, before: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    journal = "<journal><JournalCode>VE</JournalCode><JournalLib>Ventes</JournalLib>{}</journal>"
    inside = journal.format("".join(entries))
    year = f"<exercice><DateCloture>2025-12-31</DateCloture>{inside}</exercice>"
    return f"{before}<comptabilite>{year}</comptabilite>".encode()


def judged(data: bytes, name: str = NAME) -> Verdict:
    return judge(io.BytesIO(data), name, Pile)


def codes(data: bytes) -> set[str]:
    return {finding.code for finding in judged(data).findings}


def test_a_sound_file_passes() -> None:
    verdict = judged(fec(entry("1"), entry("2", DEBIT + SENS.format(sens="C"))))
    assert (verdict.ok, verdict.lines, verdict.entries) == (True, 4, 2), verdict.shape
    assert (verdict.debit, verdict.credit, verdict.separator) == ("240,00", "240,00", "xml")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([entry(lines=DEBIT + CREDIT.format(amount="119.00"))], {"entry_unbalanced", "total_unbalanced"}),
        ([entry(lines=DEBIT)], {"xml_one_line", "entry_unbalanced", "total_unbalanced"}),
        ([entry(piece="")], {"data_missing"}),
        ([entry("1"), entry("3")], {"number_gap"}),
        ([entry(lines=DEBIT + CREDIT.format(amount="1 20.00"))], {"thousands_separator"}),
        ([entry(lines=DEBIT + SENS.format(sens="X"))], {"sense_unknown", "not_numeric"}),
        ([entry().replace("2025-01-15</EcritureDate>", "2025-02-30</EcritureDate>")], {"date_impossible"}),
        (
            [entry().replace("2025-01-15</EcritureDate>", "2026-01-15</EcritureDate>")],
            {"date_after_closing", "validated_before"},
        ),
    ],
)
def test_faults_are_found_as_in_a_flat_file(entries: list[str], expected: set[str]) -> None:
    assert codes(fec(*entries)) == expected


def test_a_finding_names_its_line() -> None:
    data = fec(entry("1"), "\n\n" + entry("2", piece=""))
    (first, _) = judged(data).findings
    assert data.decode().splitlines()[(first.line or 0) - 1].find("<ligne>") >= 0


@pytest.mark.parametrize(
    "data",
    [
        fec(entry())[:-20],
        b"<comptabilite><a></comptabilite>",
        fec(entry(), before='<!DOCTYPE a [<!ENTITY b "c">]>'),
        fec(entry(), before="<!-- x --><!DOCTYPE a SYSTEM 'file:///etc/passwd'>"),
        fec(entry(), before='<?xml version="1.0" encoding="EBCDIC-CP-FR"?>'),
        b"<a>" * 5_000,
    ],
    ids=range(6),
)
def test_what_is_no_xml_of_ours_is_told(data: bytes) -> None:
    assert "xml_malformed" in codes(data)


def test_an_entity_behind_a_long_comment_is_not_expanded() -> None:
    data = fec(entry("&b;"), before=f"<!--{'x' * 100_000}--><!DOCTYPE a [<!ENTITY b 'boom'>]>")
    assert "boom" not in str(judged(data).shape)
    assert "xml_malformed" in codes(data)


def test_an_entry_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_safe, "_HELD_MOST", 1_000)
    assert "xml_malformed" in codes(fec(entry(lines=DEBIT * 1_000)))
    assert codes(fec(*(entry(str(n)) for n in range(1, 500)))) == set()


def test_a_large_file_takes_no_more_memory_than_a_small_one() -> None:
    judged(fec(*(entry(str(n)) for n in range(1, 100))))
    data = fec(*(entry(str(n)) for n in range(1, 20_000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    verdict = judged(data)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert verdict.ok
    assert grown < 60_000, f"{len(data)} bytes took {grown} KB"


def test_an_element_with_very_many_attributes_is_refused() -> None:
    many = "".join(f' a{n}=""' for n in range(1_000))
    assert "xml_malformed" in codes(fec(entry().replace("<ecriture>", f"<ecriture{many}>")))
