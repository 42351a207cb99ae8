"""An invoice or a credit note on paper, in French: everything that the document says, for a person to read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date as Day  # noqa: N812
from importlib.resources import files
from typing import Any

import msgspec
import typst

from lettrage.adapters.pdf.french import day, figures, flowing, fonts, french, in_fours, number
from lettrage.adapters.pdf.words import MEANS, TITLES, UNITS, VAT_DUE
from lettrage.invoicing.document import (
    AllowanceCharge,
    Contact,
    Identifier,
    Invoice,
    Item,
    Line,
    Party,
    Period,
    PostalAddress,
    Price,
)
from lettrage.invoicing.texts import NO_VAT, legal_notes
from lettrage.money import Currency, Figure

TAGGED_LINES = 200  # tags help those who listen to a page; of more lines they would make files that Chorus refuses
_json = msgspec.json.Encoder().encode
Rows = list[tuple[str, str]]  # what it is, and its value


class Attached(msgspec.Struct, frozen=True):
    """A file inside the PDF. `relationship`: alternative, data, source, supplement or unspecified (ISO 19005-3)."""

    name: str
    content: bytes
    mime: str
    relationship: str
    description: str = ""


def invoice_pdf(invoice: Invoice, attached: Sequence[Attached] = ()) -> bytes:
    """The invoice as PDF/A-3b, with files attached. The same input gives the same bytes; its date is the invoice's."""
    content = _content(invoice) | {
        "attached": [
            {"name": a.name, "path": f"attached/{at}", "mime": a.mime, "as": a.relationship, "text": a.description}
            for at, a in enumerate(attached)
        ]
    }
    template = files("lettrage.adapters.pdf").joinpath("invoice.typ").read_bytes()
    compiled: bytes = typst.compile(  # type: ignore[call-overload] # its stub forgets that several files may be given
        {"main.typ": template} | {f"attached/{at}": a.content for at, a in enumerate(attached)},
        format="pdf",
        font_paths=fonts(),
        sys_inputs={"invoice": _json(content).decode()},
        pdf_standards=["a-3b"],
        pdf_tags=len(invoice.lines) <= TAGGED_LINES,
    )
    return compiled


def _content(invoice: Invoice) -> dict[str, Any]:
    """Everything that the template writes, as texts."""
    of = invoice.currency
    return {
        "title": TITLES.get(invoice.type, "Avoir" if invoice.is_credit_note else "Facture"),
        "number": flowing(invoice.number),
        "day": [invoice.date.year, invoice.date.month, invoice.date.day],
        "author": flowing(invoice.seller.name),
        "seller": _seller(invoice.seller),
        "legal": _legal(invoice.seller),
        "parties": list(_parties(invoice)),
        "references": _shown(_references(invoice)),
        "currency": of.code,
        "lines": [_line(line, of) for line in invoice.lines],
        "vat": [
            [_rate(part.category, part.rate), figures(part.base, of), figures(part.amount, of)] for part in invoice.vat
        ],
        "totals": _totals(invoice),
        "payable": [
            "Montant de l'avoir" if invoice.is_credit_note else "Net à payer",
            french(invoice.totals.payable, of),
        ],
        "payment": _shown(_payment(invoice)),
        "notes": [*_notes(invoice)],
    }


def _shown(rows: Iterable[tuple[str, str]]) -> Rows:
    return [(name, flowing(value)) for name, value in rows if value]


def _seller(seller: Party) -> dict[str, Any]:
    contact = seller.contact
    about = [seller.trading_name if seller.trading_name != seller.name else "", *_address(seller.address)]
    if contact is not None:
        about += [" · ".join(_person(contact)), " · ".join(filter(None, (contact.phone, contact.mail)))]
    return {"name": flowing(seller.name), "about": [flowing(line) for line in about if line]}


def _person(contact: Contact) -> list[str]:
    return list(filter(None, (contact.name, contact.department)))


def _legal(party: Party) -> list[str]:
    """What the law wants to be read of the seller: capital, register, SIRET, VAT number."""
    siren = party.legal_id.id if party.legal_id and not party.siret else ""
    numbers = (
        ("SIRET", _siret(party.siret)),
        ("SIREN", siren),
        ("N° TVA", party.vat_number),
        ("N° fiscal", party.tax_number),
    )
    lines = [party.legal_form, " · ".join(f"{name} {value}" for name, value in numbers if value)]
    return [flowing(line) for line in lines if line]


def _siret(siret: str) -> str:
    """`123 456 789 00012`; as it is where it has not 14 characters."""
    return f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}" if len(siret) == 14 else siret


def _address(address: PostalAddress) -> list[str]:
    country = "" if address.country in ("", "FR") else address.country
    place = " ".join(filter(None, (address.zip, address.city)))
    lines = (address.line1, address.line2, address.line3, place, address.subdivision, country)
    return [line for line in lines if line]


def _parties(invoice: Invoice) -> Iterator[dict[str, Any]]:
    """The buyer first, then whoever else the document names."""
    yield _party("Client", invoice.buyer.name, _about_buyer(invoice.buyer))
    if (delivery := invoice.delivery) and (delivery.name or delivery.address):
        yield _party("Livré à", delivery.name, _address(delivery.address) if delivery.address else [])
    if payee := invoice.payee:
        ids = [found.id for found in (payee.id, payee.legal_id) if found]
        yield _party("À payer à", payee.name, [f"Identifiant {id_}" for id_ in dict.fromkeys(ids)])
    if agent := invoice.tax_representative:
        yield _party("Représentant fiscal", agent.name, [*_address(agent.address), f"N° TVA {agent.vat_number}"])


def _party(role: str, name: str, about: Iterable[str]) -> dict[str, Any]:
    return {"role": role, "name": flowing(name), "about": [flowing(line) for line in about if line]}


def _about_buyer(buyer: Party) -> Iterator[str]:
    if buyer.trading_name != buyer.name:
        yield buyer.trading_name
    if buyer.contact is not None and (person := _person(buyer.contact)):
        yield f"À l'attention de {', '.join(person)}"
    yield from _address(buyer.address)
    yield from _legal(buyer)


def _references(invoice: Invoice) -> Iterator[tuple[str, str]]:
    """Dates and numbers, in the order in which a reader looks for them."""
    yield "Date", day(invoice.date)
    yield "Échéance", day(invoice.due_date)
    yield from (
        ("Facture créditée" if invoice.is_credit_note else "Facture précédente", _dated(past.number, past.date))
        for past in invoice.preceding
    )
    yield "Code service", invoice.service
    yield "N° d'engagement", invoice.engagement
    yield "N° de marché", invoice.contract
    yield "Cadre de facturation", invoice.frame
    yield "Notre commande", invoice.sales_order
    yield "Projet", invoice.project
    yield "Bon de livraison", invoice.despatch_advice
    yield "Bon de réception", invoice.receiving_advice
    yield "Appel d'offres", invoice.tender
    yield "Objet", invoice.object.id if invoice.object else ""
    yield "Imputation", invoice.accounting
    yield "Livraison", day(invoice.delivery.date) if invoice.delivery else ""
    yield "Période", _period(invoice.period)
    yield "Fait générateur TVA", day(invoice.tax_point)


def _dated(piece: str, date: Day | None) -> str:
    return f"{piece} du {day(date)}" if date else piece


def _period(period: Period | None) -> str:
    if period is None:
        return ""
    if period.start and period.end:
        return f"du {day(period.start)} au {day(period.end)}"
    if period.start:
        return f"depuis le {day(period.start)}"
    return f"jusqu'au {day(period.end)}" if period.end else ""


# ---------------------------------------------------------------- lines


def _line(line: Line, of: Currency) -> dict[str, Any]:
    return {
        "id": flowing(line.id),
        "name": flowing(line.item.name),
        "about": [flowing(text) for text in (*_about_item(line.item), *_about_line(line, of)) if text],
        "quantity": number(line.quantity),
        "unit": flowing(UNITS.get(line.unit, line.unit)),
        "price": number(line.price.net, of.decimals),
        "vat": _rate(line.vat_category, line.vat_rate),
        "net": figures(line.net, of),
    }


def _rate(category: str, rate: Figure | None) -> str:
    """`20 %`; the category where there is no rate, and beside a rate that is not simply the standard one."""
    percent = f"{number(rate)}\u00a0%" if rate is not None and (rate.digits or category == "S") else ""
    return " ".join(filter(None, (percent, "" if category == "S" else flowing(category))))


def _about_item(item: Item) -> Iterator[str]:
    yield item.description if item.description != item.name else ""
    codes = (
        ("Réf.", item.seller_id),
        ("votre réf.", item.buyer_id),
        ("GTIN" if item.standard_id and item.standard_id.scheme == "0160" else "code", _id(item.standard_id)),
        ("origine", item.origin),
    )
    yield " · ".join(f"{name} {value}" for name, value in codes if value)
    yield " · ".join(f"{attribute.name} : {attribute.value}" for attribute in item.attributes)


def _id(identifier: Identifier | None) -> str:
    return identifier.id if identifier else ""


def _about_line(line: Line, of: Currency) -> Iterator[str]:
    yield line.note
    yield f"Commande, ligne {line.order_line}" if line.order_line else ""
    yield f"Période {_period(line.period)}" if line.period else ""
    yield _about_price(line.price, of)
    yield from (_about_allowance(allowance, of) for allowance in line.allowances)


def _about_price(price: Price, of: Currency) -> str:
    said = []
    if price.discount is not None and price.gross is not None and price.discount.digits:
        said.append(f"Prix brut {number(price.gross, of.decimals)}, remise {number(price.discount, of.decimals)}")
    if price.quantity is not None and price.quantity.canonical != "1":
        unit = f" ({UNITS.get(price.unit, price.unit)})" if price.unit else ""
        said.append(f"Prix pour {number(price.quantity)}{unit}")
    return " · ".join(said)


def _about_allowance(of_line: AllowanceCharge, of: Currency) -> str:
    return f"{_name(of_line, of)} : {figures(of_line.amount if of_line.charge else -of_line.amount, of)}"


def _name(allowance: AllowanceCharge, of: Currency) -> str:
    """`Remise (fidélité, 5 % de 100,00)`."""
    percent = f"{number(allowance.percent)}\u00a0%" if allowance.percent else ""
    base = f" de {figures(allowance.base, of)}" if percent and allowance.base is not None else ""
    why = ", ".join(filter(None, (allowance.reason, percent + base)))
    return f"{'Frais' if allowance.charge else 'Remise'}{f' ({why})' if why else ''}"


# ---------------------------------------------------------------- totals, payment, notes


def _totals(invoice: Invoice) -> Rows:
    """Every total between the lines and what is payable; the sum of the lines only where it is not the net total."""
    of, totals = invoice.currency, invoice.totals
    rows: Rows = []
    if invoice.allowances:
        rows.append(("Total des lignes", figures(totals.lines, of)))
        for part in invoice.allowances:
            rows.append((_name(part, of), figures(part.amount if part.charge else -part.amount, of)))
    rows.append(("Total HT", figures(totals.net, of)))
    if totals.vat is not None:
        rows.append(("TVA", figures(totals.vat, of)))
    if totals.vat_in_vat_currency is not None and invoice.vat_currency is not None:
        vat = figures(totals.vat_in_vat_currency, invoice.vat_currency)
        rows.append((f"soit TVA en {invoice.vat_currency.code}", vat))
    rows.append(("Total TTC", figures(totals.gross, of)))
    if totals.prepaid:
        rows.append(("Déjà payé", figures(-totals.prepaid, of)))
    if totals.rounding:
        rows.append(("Arrondi", figures(totals.rounding, of)))
    return [(flowing(name), value) for name, value in rows]


def _payment(invoice: Invoice) -> Iterator[tuple[str, str]]:
    yield "Conditions", invoice.terms
    for means in filter(None, (invoice.means, *invoice.other_means)):
        yield "Règlement", means.text or MEANS.get(means.code, "")
        for account in means.accounts:
            yield "Titulaire", account.name
            yield "IBAN", in_fours(account.id)
            yield "BIC", account.bic
        yield "Référence à rappeler", means.remittance
        yield "Mandat SEPA", means.mandate
        yield "Créancier SEPA", means.creditor
        yield "Compte débité", in_fours(means.debited_account)
        yield "Carte", " ".join(filter(None, (means.card_number, means.card_holder)))


def _notes(invoice: Invoice) -> Iterator[str]:
    """The document's own notes, what the law wants to be said with them, why there is no VAT, what goes along."""
    # Only an invoice must warn of what a late payment costs. Frames A1 to A25 are those of public buyers.
    notes = invoice.notes if invoice.is_credit_note else legal_notes(invoice.notes, public=invoice.frame[:1] == "A")
    yield from (flowing(note.text) for note in notes if note.text)
    for part in invoice.vat:
        why, code = NO_VAT.get(part.category, ("", ""))
        if why := part.exemption or why:
            yield flowing(f"{part.category} : {why}{_in_brackets(part.exemption_code or code)}")
    if invoice.vat_due:
        yield VAT_DUE[invoice.vat_due] + "."
    if invoice.documents:
        named = ", ".join(flowing(found.filename or found.location or found.id) for found in invoice.documents)
        yield f"Pièces jointes : {named}."


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""
