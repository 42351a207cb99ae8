"""What goes with an FEC by law: the meaning of its fields and codes, and how the file is made (art. A47 A-1, II)."""

from datetime import date

import msgspec

from lettrage import __version__
from lettrage.books.chart import journal_name
from lettrage.books.fec.columns import COLUMNS
from lettrage.books.fec.judge import Verdict
from lettrage.books.fec.writing import Style
from lettrage.books.head import Head, short
from lettrage.company.dossier import Company, Year

_KINDS = {"text": "texte", "date": "date AAAAMMJJ", "amount": "nombre, virgule décimale"}
_SEPARATORS = {"tab": "tabulation", "pipe": "barre verticale « | »"}
_ENCODINGS = {"utf-8": "UTF-8 (sans marque d'ordre)", "iso-8859-15": "ISO 8859-15", "ascii": "ASCII"}
_PROVISIONAL = (
    "**Fichier provisoire** : l'exercice n'est pas clos ; des écritures peuvent encore s'y ajouter. "
    "Le fichier à remettre est celui qui s'exporte après la clôture.\n\n"
)


class Facts(msgspec.Struct, frozen=True):
    """What is known of an export beside what it was judged to be. `head`: of the chain of all entries so far."""

    name: str
    year: Year
    style: Style
    provisional: bool
    day: date
    head: Head
    journals: tuple[str, ...]


def described(company: Company, facts: Facts, verdict: Verdict) -> str:
    """The description, in Markdown, which reads as plain text too."""
    rows = "\n".join(
        f"| {n} | {c.name} | {_KINDS[c.kind]} | {c.fr} | {'non' if c.empty else 'oui'} |"
        for n, c in enumerate(COLUMNS, 1)
    )
    journals = "\n".join(f"| {code} | {journal_name(code)} |" for code in facts.journals)
    return f"""# Descriptif du fichier des écritures comptables {facts.name}

{_PROVISIONAL if facts.provisional else ""}{company.name}, exercice {_span(facts.year)}.
Exporté le {_french(facts.day)} par Lettrage {__version__}.

- Lignes : {verdict.lines} ; écritures : {verdict.entries}
- Total des débits : {verdict.debit} ; total des crédits : {verdict.credit} ({company.currency.code})
- Empreinte de tête de la chaîne des écritures : {facts.head.head}
  ({facts.head.entries} écritures depuis l'origine ; forme courte {short(facts.head.head)})

## Caractères et structure

- Jeu de caractères : {_ENCODINGS[facts.style.encoding]}
- Séparateur de zones : {_SEPARATORS[facts.style.separator]}
- Séparateur d'enregistrements : retour chariot et fin de ligne
- Structure unique, enregistrements de longueur variable ; la première ligne nomme les zones
- Montants : virgule décimale, sans séparateur de milliers, en {company.currency.code}

## Zones

| N° | Zone | Type | Contenu | Peut être vide |
|---|---|---|---|---|
{rows}

## Codes des journaux

| Code | Journal |
|---|---|
{journals}

## Règles

- Les écritures sont dans l'ordre de leur validation, les à-nouveaux en tête ; leurs numéros se suivent dans l'exercice,
  tous journaux confondus. L'écriture d'à-nouveaux porte le numéro zéro : la comptabilité est tenue en continu, ses
  soldes d'ouverture sont ceux des écritures antérieures, par échéance ouverte sur les comptes de tiers.
- CompAuxNum et CompAuxLib : code et nom du tiers, sur les comptes de tiers seulement.
- PieceRef : référence de la facture ou du règlement ; à défaut, le numéro de l'écriture.
- EcritureLet et DateLet : groupes soldés à la date de clôture ; date de la dernière ligne du groupe.
- Montantdevise et Idevise : pour les lignes en une autre devise que {company.currency.code}, signé débit moins crédit.
"""


def _span(year: Year) -> str:
    return f"du {_french(year.start)} au {_french(year.end)}"


def _french(day: date) -> str:
    return f"{day:%d/%m/%Y}"
