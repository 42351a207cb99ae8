"""The eighteen columns of an FEC, in their order, and the two that may stand for Debit and Credit."""

import unicodedata
from typing import Literal

import msgspec

Kind = Literal["text", "date", "amount"]


class Column(msgspec.Struct, frozen=True):
    """A column. `empty`: the code of what is found when nothing stands in it, "" where nothing need stand."""

    name: str
    fr: str
    kind: Kind = "text"
    empty: str = ""


COLUMNS = (
    Column("JournalCode", "Code du journal", empty="data_missing"),
    Column("JournalLib", "Libellé du journal", empty="data_missing"),
    Column("EcritureNum", "Numéro de l'écriture, suite continue dans l'exercice", empty="field_empty"),
    Column("EcritureDate", "Date de comptabilisation", "date", "field_empty"),
    Column("CompteNum", "Numéro de compte, plan comptable général", empty="field_empty"),
    Column("CompteLib", "Libellé du compte", empty="field_empty"),
    Column("CompAuxNum", "Code du tiers"),
    Column("CompAuxLib", "Nom du tiers"),
    Column("PieceRef", "Référence de la pièce justificative", empty="data_missing"),
    Column("PieceDate", "Date de la pièce justificative", "date", "data_missing"),
    Column("EcritureLib", "Libellé de l'écriture", empty="field_empty"),
    Column("Debit", "Montant au débit", "amount", "amount_empty"),
    Column("Credit", "Montant au crédit", "amount", "amount_empty"),
    Column("EcritureLet", "Lettrage"),
    Column("DateLet", "Date du lettrage", "date"),
    Column("ValidDate", "Date de validation", "date", "data_missing"),
    Column("Montantdevise", "Montant en devise, signé : débit moins crédit", "amount"),
    Column("Idevise", "Code ISO 4217 de la devise"),
)
MONTANT = Column("Montant", "Montant", "amount", "amount_empty")
SENS = Column("Sens", "Sens : D ou C, +1 ou -1", empty="amount_empty")
NAMES = tuple(column.name for column in COLUMNS)
_KNOWN = {column.name.lower(): column for column in (*COLUMNS, MONTANT, SENS)}


def known(heading: str) -> Column | None:
    """The column that a heading names: neither case nor accents matter."""
    plain = unicodedata.normalize("NFD", heading.strip().lower())
    return _KNOWN.get("".join(c for c in plain if not unicodedata.combining(c)))
