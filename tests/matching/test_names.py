"""Names as banks write them, and those that are other people's."""

import pytest

from lettrage.bank.matching.facts import Party
from lettrage.bank.matching.names import NameIndex, likeness_of


@pytest.mark.parametrize(
    ("seen", "known"),
    [
        ("DUPONT ET FILS SARL", "SARL Dupont & Fils"),
        ("STE GENERALE DE PEINTURE", "Société Générale de Peinture"),
        ("CAFE DE L ETOILE", "Café de l'Étoile"),
        ("MICHEL DURAND", "M. Durand Michel"),
        ("COMPAGNIE MEDITERRANEENNE D'EL", "Compagnie Méditerranéenne d'Électricité"),
        ("ETS GARNIER", "Établissements Garnier"),
        ("S.A.R.L. MARTIN", "MARTIN"),
    ],
)
def test_the_same_name(seen: str, known: str) -> None:
    assert likeness_of(seen, known) == "same"


@pytest.mark.parametrize(
    ("seen", "known"),
    [("DUPOND ET FILS", "SARL Dupont et Fils"), ("ARNAUD HOLDING", "Groupe Arnaud Holding"), ("MAIF", "MAIF PRO")],
)
def test_a_name_like_it(seen: str, known: str) -> None:
    assert likeness_of(seen, known) == "near"


@pytest.mark.parametrize(
    ("seen", "known"),
    [("ARNAUD LOGISTIQUE", "ARNAUD IMMOBILIER"), ("GARAGE DES ALPES", "GARAGE DE LA GARE"), ("MARTIN", "DUPONT")],
)
def test_another_name(seen: str, known: str) -> None:
    assert likeness_of(seen, known) is None


def index(*names: str) -> NameIndex:
    return NameIndex([Party(f"C{at}", "customer", name) for at, name in enumerate(names)])


def test_homonyms_are_all_found() -> None:
    found = index("DURAND", "SARL DURAND", "DURAND JEAN").of("Durand SA")
    assert [(alike.party.code, alike.likeness) for alike in found] == [("C0", "same"), ("C1", "same"), ("C2", "near")]


def test_a_whole_name_in_a_text_is_found_and_of_nested_ones_the_longer() -> None:
    names = index("ARNAUD", "ARNAUD LOGISTIQUE", "LYON")
    found = names.within("VIR SEPA RECU DE ARNAUD LOGISTIQUE FACTURE 12")
    assert [alike.party.code for alike in found] == ["C1"]


def test_a_word_that_everybody_has_finds_nobody() -> None:
    names = index(*(f"GARAGE {n:05}" for n in range(200)))
    assert names.of("GARAGE MARTIN") == []
