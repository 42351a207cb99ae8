"""A deposit slip as a PDF that a French bank takes: one copy for the bank, one for who brings it."""

from importlib.resources import files
from typing import Any

import msgspec
import typst

from lettrage.adapters.pdf.french import day, figures, fonts, french, in_fours, writable
from lettrage.bank.slip import Drawn, Made
from lettrage.company.dossier import Company, Establishment
from lettrage.money import Currency

COPIES = ("Exemplaire banque", "Exemplaire remettant")
# By the means of the instruments: the title, what is counted, and who owes them.
MEANS = {
    "C": ("Bordereau de remise de chèques", "Nombre de chèques", "Tireur"),
    "L": ("Bordereau de remise d'effets", "Nombre d'effets", "Tiré"),
    "D": ("Bordereau de remise de prélèvements", "Nombre de prélèvements", "Débiteur"),
}
OTHER = ("Bordereau de remise", "Nombre de valeurs", "Débiteur")
NAME_CHARACTERS = 80  # of a name; the template cuts it again to the width of its column
_json = msgspec.json.Encoder().encode


def slip_pdf(slip: Made, company: Company) -> bytes:
    """The slip as PDF/A-2b. The same slip gives the same bytes."""
    compiled: bytes = typst.compile(
        files("lettrage.adapters.pdf").joinpath("slip.typ").read_bytes(),
        format="pdf",
        font_paths=fonts(),
        sys_inputs={"slip": _json(_content(slip, company)).decode()},
        pdf_standards=["a-2b"],
    )
    return compiled


def _content(slip: Made, company: Company) -> dict[str, Any]:
    """Everything that the template writes, as texts."""
    bank = company.banks.get(slip.bank)
    title, counted, party = MEANS.get(slip.drawn[0].state[:1], OTHER) if slip.drawn else OTHER
    return {
        "title": title,
        "number": slip.number,
        "date": day(slip.date),
        "day": [slip.date.year, slip.date.month, slip.date.day],
        "cancelled": slip.status == "cancelled",
        "copies": COPIES,
        "holder": _holder(company, company.establishment_at(slip.bank)),
        "account": [
            ["Banque", writable(slip.bank)],
            ["IBAN", in_fours(bank.iban) if bank and bank.iban else "—"],
            ["BIC", writable(bank.bic) if bank and bank.bic else "—"],
            ["Devise", slip.currency.code],
        ],
        "party": party,
        "counted": counted,
        "count": str(slip.count),
        "total": french(slip.total, slip.currency),
        "rows": [_row(line, drawn, slip.currency) for line, drawn in enumerate(slip.drawn, 1)],
    }


def _holder(company: Company, establishment: Establishment | None) -> list[str]:
    """The account holder: the company, and the establishment's name and address where they are known."""
    lines = [company.name]
    if establishment is not None:
        where = establishment.address
        country = where.country if where.country.upper() not in ("FR", "FRANCE") else ""
        lines += [establishment.name, where.street, f"{where.zip} {where.city}".strip(), country]
        lines += [f"SIRET {establishment.siret}"] if establishment.siret else []
    return list(dict.fromkeys(writable(line) for line in lines if line))


def _row(line: int, drawn: Drawn, of: Currency) -> list[str]:
    number = f" · n° {drawn.reglement_num}" if drawn.reglement_num else ""
    return [
        str(line),
        writable(drawn.name)[:NAME_CHARACTERS],
        f"{drawn.received_by}{number}",
        figures(drawn.amount, of),
    ]
