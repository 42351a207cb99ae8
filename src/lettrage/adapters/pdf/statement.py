"""A statement of account as a PDF to send to a customer: what is open on a day, by due date, with how late it is."""

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any

import msgspec
import typst

from lettrage.adapters.pdf.french import day as french_day
from lettrage.adapters.pdf.french import figures as french_figures
from lettrage.adapters.pdf.french import fonts, in_fours, writable
from lettrage.books.ageing import AGES, Ageing
from lettrage.books.due import Account, OpenItem
from lettrage.company.dossier import Company
from lettrage.money import Currency, decimal_text
from lettrage.refusal import Language

_json = msgspec.json.Encoder().encode
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

WORDS: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "title": "Relevé de compte",
        "on": "arrêté au {day}",
        "code": "Votre code",
        "piece": "Pièce",
        "date": "Date",
        "due": "Échéance",
        "label": "Libellé",
        "amount": "Montant",
        "open": "Reste dû",
        "late": "Retard",
        "days": "{n} j",
        "invoice": "Facture",
        "credit_note": "Avoir",
        "advance": "Acompte",
        "disputed": "en litige",
        "total": "Total en {currency}",
        "not_due": "Non échu",
        "to_30": "1 à 30 jours",
        "to_60": "31 à 60 jours",
        "to_90": "61 à 90 jours",
        "older": "Plus de 90 j",
        "advances": "Acomptes",
        "overdue": "dont échu",
        "nothing": "Rien n'est ouvert à cette date.",
        "pay_to": "À régler sur le compte",
        "note": "Sauf règlement qui ne nous est pas encore parvenu.",
        "page": "Page",
    },
    "en": {
        "title": "Statement of account",
        "on": "as of {day}",
        "code": "Your code",
        "piece": "Document",
        "date": "Date",
        "due": "Due date",
        "label": "Label",
        "amount": "Amount",
        "open": "Left to pay",
        "late": "Late",
        "days": "{n} d",
        "invoice": "Invoice",
        "credit_note": "Credit note",
        "advance": "Advance",
        "disputed": "disputed",
        "total": "Total in {currency}",
        "not_due": "Not yet due",
        "to_30": "1 to 30 days",
        "to_60": "31 to 60 days",
        "to_90": "61 to 90 days",
        "older": "Over 90 d",
        "advances": "Advances",
        "overdue": "of which overdue",
        "nothing": "Nothing is open on this day.",
        "pay_to": "Please pay to account",
        "note": "Unless a payment has not reached us yet.",
        "page": "Page",
    },
}


def statement_pdf(account: Account, company: Company, language: Language) -> bytes:
    """The statement as PDF/A-2b. The same account on the same day gives the same bytes."""
    compiled: bytes = typst.compile(
        files("lettrage.adapters.pdf").joinpath("statement.typ").read_bytes(),
        format="pdf",
        font_paths=fonts(),
        sys_inputs={"statement": _json(_content(account, company, language)).decode()},
        pdf_standards=["a-2b"],
    )
    return compiled


def _content(account: Account, company: Company, language: Language) -> dict[str, Any]:
    """Everything that the template writes, as texts."""
    said = WORDS[language]
    day = account.day
    return {
        "lang": language,
        "day": [day.year, day.month, day.day],
        "title": said["title"],
        "on": said["on"].format(day=_day(day, language)),
        "sender": _sender(company),
        "to": [writable(line) for line in (account.name, *account.address) if line],
        "code": [said["code"], writable(account.third_party)],
        "heads": [said[name] for name in ("date", "piece", "label", "due", "late", "amount", "open")],
        "parts": [
            {
                "rows": [_row(item, day, language) for item in account.items if item.currency == currency],
                "total": [said["total"].format(currency=currency.code), _figures(_sum(ageing), currency, language)],
                "ages": _ages(ageing, currency, language),
            }
            for currency, ageing in account.ageings.items()
        ],
        "nothing": said["nothing"],
        "bank": _bank(company, said["pay_to"]),
        "note": said["note"],
        "page": said["page"],
    }


def _sender(company: Company) -> list[str]:
    """The company, and the name and address of its first establishment."""
    lines = [company.name]
    for establishment in list(company.establishments.values())[:1]:
        where = establishment.address
        lines += [establishment.name, where.street, f"{where.zip} {where.city}".strip()]
        lines += [f"SIRET {establishment.siret}"] if establishment.siret else []
        lines += [establishment.phone, establishment.mail]
    return list(dict.fromkeys(writable(line) for line in lines if line))


def _bank(company: Company, said: str) -> list[str]:
    """Where to pay: the bank of the first establishment that has one."""
    codes = [one.bank for one in company.establishments.values() if one.bank] or list(company.banks)
    bank = company.banks.get(codes[0]) if codes else None
    return [said, in_fours(bank.iban), writable(bank.bic)] if bank is not None and bank.iban else []


def _row(item: OpenItem, today: date, language: Language) -> list[str]:
    said = WORDS[language]
    late = item.days_late(today)
    label = (f"{said['disputed']} · " if item.disputed else "") + (item.label or said[item.kind])
    return [
        _day(item.date, language),
        writable(f"{item.prefix}{item.piece}"),
        writable(label),
        _day(item.due_date, language) if item.kind != "advance" else "",
        said["days"].format(n=late) if late else "",
        _figures(item.amount, item.currency, language),
        _figures(item.open, item.currency, language),
    ]


def _ages(ageing: Ageing, currency: Currency, language: Language) -> list[list[str]]:
    """The line of ages: each with what is open of it; advances where there are any; what is overdue in all."""
    said = WORDS[language]
    shown = [(said[age], amount) for age, amount in zip(AGES, ageing.amounts, strict=True)]
    if ageing.advance_count:
        shown.append((said["advances"], ageing.advances))
    return [
        [name, _figures(amount, currency, language)] for name, amount in (*shown, (said["overdue"], ageing.overdue))
    ]


def _sum(ageing: Ageing) -> int:
    return ageing.total + ageing.advances


def _figures(minor: int, of: Currency, language: Language) -> str:
    if language == "fr":
        return french_figures(minor, of)
    whole, _, part = decimal_text(abs(minor), of.decimals).partition(".")
    sign = "\u2212" if minor < 0 else ""
    return f"{sign}{int(whole):,}" + (f".{part}" if part else "")


def _day(of: date, language: Language) -> str:
    return french_day(of) if language == "fr" else f"{of.day} {_MONTHS[of.month - 1]} {of.year}"
