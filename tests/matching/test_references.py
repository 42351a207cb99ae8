"""Numbers of documents in texts: each way to write them, and what only looks like one."""

from datetime import date

import pytest

from lettrage.bank.matching.facts import Open, Settled
from lettrage.bank.matching.references import PieceIndex, Proof, spellings
from lettrage.bank.statements.document import StatementLine
from lettrage.money import currency

EUR = currency("EUR")
assert EUR is not None
DAY = date(2026, 10, 1)


def item(number: int, piece: str, party: str = "C1", prefix: str = "") -> Open:
    assert EUR is not None
    return Open(number, "invoice", "customer", party, prefix, piece, DAY, DAY, EUR, 100_00)


def line(text: str, *references: str, end_to_end: str = "") -> StatementLine:
    assert EUR is not None
    return StatementLine(1, DAY, DAY, EUR, 100_00, text=text, references=references, end_to_end=end_to_end)


def named(pieces: list[str], text: str, *references: str, end_to_end: str = "") -> dict[str, Proof]:
    index = PieceIndex([item(at, piece) for at, piece in enumerate(pieces, 1)], [])
    found = index.named(line(text, *references, end_to_end=end_to_end))
    return {piece.number: own.proof for own in found.named for piece in own.pieces}


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        ("FA-2026-0101", "FA-2026-0101"),
        ("FA-2026-0101", "vir sepa fa 2026 0101 merci"),
        ("FA-2026-0101", "FA20260101"),
        ("FA-2026-0101", "FACT N°2026-0101"),
        ("FA-2026-0101", "Facture : FA/2026/0101."),
        ("FA-2026-0101", "FACTURE FA2026-101"),
        ("FA-2026-0101", "FA-2026-\n0101"),
        ("10002797", "10002797"),
        ("10002797", "/INV/10002797 12.12.2026"),
        ("10002797", "FACT10002797"),
        ("2026/00871", "2026-00871"),
        ("2026/00871", "REF.2026.00871"),
        ("F260455", "F 260455"),
        ("V-3001", "v3001"),
        ("12345", "FACTURE 12345 DU 01/10/2026"),
    ],
)
def test_each_way_to_write_a_number_is_a_proof(piece: str, text: str) -> None:
    assert named([piece], text) == {piece: Proof.STRONG}


@pytest.mark.parametrize(
    ("piece", "text", "proof"),
    [
        ("87", "FACT 87", Proof.WEAK),
        ("870", "FACT 870", Proof.FAIR),
        ("870", "VIR 870", Proof.WEAK),
        ("12345", "VIR 12345", Proof.FAIR),
        ("12345", "VIR 12345 PARIS", Proof.WEAK),
        ("FA-2026-0101", "FACTURE 0101", Proof.FAIR),
        ("FA-2026-0101", "0101", Proof.WEAK),
        ("FA-2026-0101", "FA-2026-0110", Proof.TYPO),
    ],
)
def test_what_proves_less(piece: str, text: str, proof: Proof) -> None:
    assert named([piece], text) == {piece: proof}


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        ("4512", "FACT 14512"),
        ("4512", "FACT 45123"),
        ("137", "FACT 2026-137"),
        ("2026", "LE 12/10/2026"),
        ("1250", "MONTANT 1250,00"),
        ("1250", "1 250.00 EUR"),
        ("12345", "X12345"),
        ("12345", "TEL 0612345678"),
        ("3001", "AX-3001-B"),
        ("1234", "12 34"),
    ],
)
def test_a_number_inside_another_a_date_or_an_amount_is_none(piece: str, text: str) -> None:
    assert all(proof is Proof.TYPO for proof in named([piece], text).values())


def test_lists_and_ranges_name_all_of_them() -> None:
    pieces = ["4001", "4002", "4003", "4004", "5003"]
    assert set(named(pieces, "FACTURES 4001 A 4004")) == {"4001", "4002", "4003", "4004"}
    assert set(named(pieces, "FACT 4001, 4003 ET 5003")) == {"4001", "4003", "5003"}
    assert set(named(pieces, "4001/4002")) == {"4001", "4002"}
    assert set(named(["FA-2026-0137", "FA-2026-0138"], "FACT FA-2026-0137/0138")) == {"FA-2026-0137", "FA-2026-0138"}


def test_the_longest_number_is_meant() -> None:
    assert set(named(["2026-137", "137"], "FACT 2026-137")) == {"2026-137"}


def test_a_reference_that_came_apart_is_announced() -> None:
    assert named(["4512"], "VIREMENT", "4512") == {"4512": Proof.FAIR}
    assert named(["10002797"], "VIREMENT", end_to_end="10002797") == {"10002797": Proof.STRONG}


def test_a_shared_number_names_all_who_have_it() -> None:
    index = PieceIndex([item(1, "9001", "C1"), item(2, "9001", "C2")], [Settled("C3", "customer", "", "9001", 5)])
    (found,) = index.named(line("FACT 9001")).named
    assert [(piece.third_party, piece.settled) for piece in found.pieces] == [
        ("C1", False), ("C2", False), ("C3", True),
    ]  # fmt: skip


def test_a_prefix_may_be_written_or_not() -> None:
    index = PieceIndex([item(1, "20137", prefix="FA")], [])
    for text in ("FA20137", "FA 20137", "FACT 20137"):
        assert [own.proof for own in index.named(line(text)).named] == [Proof.STRONG], text


def test_numbers_that_nobody_has_are_told() -> None:
    index = PieceIndex([item(1, "FA-2026-0137")], [])
    assert index.named(line("FACTURE 8899 DU 01/10/2026")).unknown == ("8899",)
    assert index.named(line("REF 8899123")).doubtful == ("8899123",)
    assert index.named(line("VIR FB-2026-0999 20269999")).doubtful == ("20269999",)  # eight digits, as ours
    found = index.named(line("LOYER OCTOBRE 2026 TEL 0612345678 MONTANT 1250,00"))
    assert (found.named, found.unknown, found.doubtful) == ((), (), ())


def test_what_is_settled_is_asked_for_in_each_spelling() -> None:
    asked = spellings(line("FACT FA 2026 0137 ET 0087, 10002797"))
    assert {"FA-2026-0137", "FA20260137", "2026-0137", "0087", "87", "10002797"} <= asked
    assert len(spellings(line("FACT " + " ".join(str(n) for n in range(10_000, 12_000))))) <= 60


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        ("150326", "VIR RECU DU 150326"),
        ("150326", "VIR RECU 15 03 26"),
        ("150326", "ECHEANCE 15/03/26"),
        ("202611", "VIR 202611"),
        ("112026", "VIR 112026"),
        ("261105", "VIR RECU 261105"),
        ("300060", "COMPTE 300060"),
        ("4012345", "CDE N° 4012345"),
        ("4012345", "NOTRE COMMANDE 4012345"),
        ("0612345678", "TEL 0612345678"),
    ],
)
def test_what_may_be_a_time_or_something_elses_number_is_no_strong_proof(piece: str, text: str) -> None:
    assert named([piece], text) == {piece: Proof.FAIR}
