"""The invoices behind the golden files: each shows one thing that an invoice may have, on both routes.

Parties and figures are made up; SIRET, SIREN and IBAN are well-formed. Totals are computed here from the lines, so that
every document adds up as EN 16931 wants it.
"""

import base64
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

from msgspec.structs import replace

from lettrage.invoicing.document import (
    EN16931,
    Account,
    AllowanceCharge,
    Attribute,
    Classification,
    Contact,
    Delivery,
    Identifier,
    Invoice,
    Item,
    Line,
    Note,
    Party,
    Payee,
    PaymentMeans,
    Period,
    PostalAddress,
    Preceding,
    Price,
    Route,
    Supporting,
    TaxRepresentative,
    Totals,
    VatBreakdown,
)
from lettrage.money import Currency, Figure, currency, decimal, rounded

ROUTES: tuple[Route, ...] = ("chorus", "platform")
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_NOTES = (
    Note("Indemnité forfaitaire pour frais de recouvrement : 40 €.", "PMT"),
    Note("Pénalités de retard : trois fois le taux d'intérêt légal.", "PMD"),
    Note("Pas d'escompte pour paiement anticipé.", "AAB"),
)
SELLER = Party(
    name="Imprimerie des Deux Rives & Fils",
    trading_name="Deux Rives",
    ids=(Identifier("10000000900017", "0009"),),
    legal_id=Identifier("100000009", "0002"),
    vat_number="FR88100000009",
    legal_form="SAS au capital de 150 000 € · RCS Paris 100 000 009",
    endpoint=Identifier("100000009", "0225"),
    address=PostalAddress("35 rue d'Ici", "Bâtiment B", city="PARIS", zip="75018", country="FR"),
    contact=Contact("Service facturation", "01 02 03 04 05", "facturation@example.org"),
)
BUYER = Party(
    name="Commune de Villeneuve",
    ids=(Identifier("20000000800017", "0009"),),
    legal_id=Identifier("200000008", "0002"),
    vat_number="FR37200000008",
    endpoint=Identifier("200000008", "0225"),
    address=PostalAddress("1 place de la Mairie", city="VILLENEUVE", zip="06000", country="FR"),
    contact=Contact("Direction des finances", "04 00 00 00 00", "finances@example.org"),
)
_TRANSFER = PaymentMeans(
    "30", "Virement", "FA-2026-0001", (Account("FR7630006000011234567890189", "Deux Rives", "AGRIFRPP"),)
)
_DEBITED = "DE89370400440532013000"
_EXEMPTIONS = {
    "E": ("Exonération de TVA, article 261 du CGI", "VATEX-EU-132"),
    "AE": ("Autoliquidation", "VATEX-EU-AE"),
    "K": ("Livraison intracommunautaire", "VATEX-EU-IC"),
    "G": ("Exportation hors UE", "VATEX-EU-G"),
    "franchise": ("TVA non applicable, article 293 B du CGI", "VATEX-FR-FRANCHISE"),
}


def coin(code: str) -> Currency:
    found = currency(code)
    assert found is not None, code
    return found


def fig(text: str) -> Figure:
    found = decimal(text)
    assert found is not None, text
    return found


def line(at: int, name: str, quantity: str, price: str, rate: str = "20.00", **more: Any) -> Line:
    """A line whose net amount its invoice computes."""
    category = more.pop("category", "S")
    item = more.pop("item", Item(name))
    return Line(
        str(at), fig(quantity), more.pop("unit", "C62"), 0, Price(fig(price)), category, fig(rate), item, **more
    )


def made(lines: list[Line], *, exemption: str = "", vat_rate: str = "1", **more: Any) -> Invoice:
    """The invoice of these lines with its VAT and its totals. `vat_rate`: units of the VAT currency for one of ours."""
    money: Currency = more.pop("currency", coin("EUR"))
    lines = [_with_net(found, money) for found in lines]
    allowances: tuple[AllowanceCharge, ...] = more.pop("allowances", ())
    vat = _breakdown(lines, allowances, exemption)
    net = sum(part.base for part in vat)
    tax = sum(part.amount for part in vat)
    prepaid = more.pop("prepaid", None)
    vat_currency = more.get("vat_currency")
    totals = Totals(
        lines=sum(found.net for found in lines),
        net=net,
        gross=net + tax,
        payable=net + tax - (prepaid or 0),
        allowances=sum(part.amount for part in allowances if not part.charge) if allowances else None,
        charges=sum(part.amount for part in allowances if part.charge) if allowances else None,
        vat=tax,
        vat_in_vat_currency=_converted(tax, money, vat_currency, vat_rate) if vat_currency else None,
        prepaid=prepaid,
    )
    fields: dict[str, Any] = {
        "number": "FA-2026-0001",
        "type": "380",
        "date": date(2026, 3, 2),
        "due_date": date(2026, 4, 1),
        "seller": SELLER,
        "buyer": BUYER,
        "service": "SERVICE-01",
        "engagement": "ENG-2026-0042",
        "vat_due": "debits",
        "terms": "Paiement à 30 jours.",
        "means": _TRANSFER,
        "profile": EN16931,
        "frame": "A1",
    }
    return Invoice(currency=money, lines=tuple(lines), vat=vat, totals=totals, allowances=allowances, **(fields | more))


def _with_net(found: Line, money: Currency) -> Line:
    exact = found.quantity.digits * found.price.net.digits
    per = found.price.quantity
    scale = Fraction(10**money.decimals, 10 ** (found.quantity.decimals + found.price.net.decimals))
    base = Fraction(10**per.decimals, per.digits) if per else Fraction(1)
    extra = sum(part.amount if part.charge else -part.amount for part in found.allowances)
    return replace(found, net=rounded(exact * scale * base) + extra)


def _breakdown(lines: list[Line], allowances: tuple[AllowanceCharge, ...], exemption: str) -> tuple[VatBreakdown, ...]:
    bases: dict[tuple[str, Figure | None], int] = {}
    for found in lines:
        key = (found.vat_category, found.vat_rate)
        bases[key] = bases.get(key, 0) + found.net
    for part in allowances:
        key = (part.vat_category, part.vat_rate)
        bases[key] = bases.get(key, 0) + (part.amount if part.charge else -part.amount)
    parts = []
    for (category, rate), base in bases.items():
        reason, code = _EXEMPTIONS.get(exemption or category, ("", "")) if category not in {"S", "Z"} else ("", "")
        assert rate is not None
        amount = rounded(Fraction(base * rate.digits, 100 * 10**rate.decimals))
        parts.append(VatBreakdown(category, rate, base, amount, reason, code))
    return tuple(parts)


def _converted(minor: int, money: Currency, into: Currency, by: str) -> int:
    return rounded(minor * Fraction(by) * Fraction(10**into.decimals, 10**money.decimals))


# ---------------------------------------------------------------- the documents


def one_rate() -> Invoice:
    return made([line(1, "Ramette de papier A4 80 g", "10", "4.50"), line(2, "Livraison", "1", "15.00")])


def several_rates() -> Invoice:
    return made(
        [
            line(1, "Affiches", "100", "1.25"),
            line(2, "Livres", "12", "18.9573", "5.50"),
            line(3, "Repas des équipes", "4", "14.50", "10.00"),
            line(4, "Journaux", "30", "1.05", "2.10"),
        ],
        vat_due="receipts",
    )


def exempt() -> Invoice:
    lines = [line(1, "Formation continue, journée", "2", "800.00", "0.00", category="E", unit="DAY")]
    return made(lines, vat_due="")


def zero_rated() -> Invoice:
    lines = [line(1, "Fourniture au taux zéro", "3", "120.00", "0.00", category="Z"), line(2, "Port", "1", "12.00")]
    return made(lines)


def reverse_charge() -> Invoice:
    works = [line(1, "Sous-traitance de façonnage", "1", "2400.00", "0.00", category="AE")]
    return made(works, vat_due="", notes=(Note("Autoliquidation, article 283-2 nonies du CGI."),))


def franchise() -> Invoice:
    seller = replace(SELLER, vat_number="", tax_number="100000009")
    lines = [line(1, "Conseil", "1.5", "400.00", "0.00", category="E", unit="DAY")]
    return made(lines, exemption="franchise", vat_due="", seller=seller)


def allowances_and_charges() -> Invoice:
    twenty, ten = fig("20.00"), fig("10.00")
    off = AllowanceCharge(False, 1000, base=10000, percent=fig("10.00"), reason="Remise quantité", reason_code="100")
    more = AllowanceCharge(True, 250, reason="Frais de préparation", reason_code="FC")
    lines = [
        replace(
            line(1, "Papier recyclé", "100", "1.00", allowances=(off, more)),
            price=Price(fig("1.00"), fig("0.25"), fig("1.25"), fig("1"), "C62"),
        ),
        replace(line(2, "Encre, le cent", "250", "12.00"), price=Price(fig("12.00"), quantity=fig("100"), unit="C62")),
        line(3, "Repas", "2", "15.00", "10.00"),
    ]
    whole = (
        AllowanceCharge(False, 500, 10000, fig("5.00"), "S", twenty, "Remise commerciale", "95"),
        AllowanceCharge(True, 890, None, None, "S", twenty, "Port", "FC"),
        AllowanceCharge(True, 100, 1000, ten, "S", ten, "Emballage", "PC"),
    )
    return made(lines, allowances=whole)


def prepaid() -> Invoice:
    invoice = made([line(1, "Abonnement annuel", "1", "250.00", unit="ANN")], prepaid=30000, frame="A2")
    return replace(invoice, means=PaymentMeans("48", "Carte", "", (), "XXXX1234", "Régie"), due_date=date(2026, 3, 2))


def credit_note() -> Invoice:
    return made(
        [line(1, "Ramette de papier A4 80 g, retournée", "2", "4.50")],
        number="AV-2026-0001",
        type="381",
        preceding=(Preceding("FA-2026-0001", date(2026, 3, 2)),),
        means=None,
    )


def foreign_currency() -> Invoice:
    return made(
        [line(1, "Studio, heure", "8", "95.00", unit="HUR")],
        currency=coin("USD"),
        vat_currency=coin("EUR"),
        vat_rate="0.9213",
    )


def eu_buyer() -> Invoice:
    buyer = Party(
        name="Stadtwerke Musterstadt",
        ids=(Identifier("DE123456789", "0223"),),
        vat_number="DE123456789",
        endpoint=Identifier("DE123456789", "9930"),
        address=PostalAddress("Hauptstraße 1", city="Musterstadt", zip="10115", country="DE"),
    )
    delivery = Delivery("Lager", Identifier("4000001000005", "0088"), date(2026, 2, 27), buyer.address)
    return made(
        [line(1, "Presse à plat", "1", "12000.00", "0.00", category="K")],
        buyer=buyer,
        delivery=delivery,
        vat_due="",
        notes=(Note("B2BINT", "BAR"),),
    )


def attachments() -> Invoice:
    return made(
        [line(1, "Plaquette", "500", "0.84")],
        documents=(
            Supporting("BL-77", "BON_LIVRAISON", content=_PNG, mime="image/png", filename="BL-77.png"),
            Supporting("CGV", "PJA", location="https://example.org/cgv.pdf"),
        ),
    )


def period_and_delivery() -> Invoice:
    lines = [
        line(1, "Maintenance", "1", "300.00", unit="MON", period=Period(date(2026, 2, 1), date(2026, 2, 28))),
        line(
            2, "Dépannage", "2.5", "60.00", unit="HUR", note="Intervention du 12 février,\nde nuit <urgence> & garde."
        ),
    ]
    place = PostalAddress("Dépôt communal", "Porte 4", "Quai 2", "NICE", "06200", "", "FR")
    return made(
        lines,
        vat_due="receipts",
        period=Period(date(2026, 2, 1), date(2026, 2, 28)),
        delivery=Delivery("Ateliers municipaux", None, date(2026, 2, 28), place),
    )


def dinars() -> Invoice:
    """Three decimals, of which EN 16931 takes two: amounts are whole ten millimes."""
    return made(
        [line(1, "Impression d'affiches", "10", "12.350")],
        currency=coin("TND"),
        vat_currency=coin("EUR"),
        vat_rate="0.2961",
    )


def yens() -> Invoice:
    lines = [line(1, "Papier washi", "7", "1280")]
    return made(lines, currency=coin("JPY"), vat_currency=coin("EUR"), vat_rate="0.0061")


def several_accounts() -> Invoice:
    accounts = (*_TRANSFER.accounts, Account("DE02120300000000202051", "Deux Rives, Kehl", "BYLADEM1001"))
    return made([line(1, "Calendriers", "40", "3.20")], means=replace(_TRANSFER, accounts=accounts))


def direct_debit() -> Invoice:
    means = PaymentMeans(
        "59", "Prélèvement", "FA-2026-0001", mandate="MANDAT-7", creditor="FR12ZZZ123456", debited_account=_DEBITED
    )
    return made([line(1, "Abonnement", "1", "90.00", unit="MON")], means=means)


def references() -> Invoice:
    item = Item(
        "Papier certifié",
        "Papier 90 g, certifié, en rame de 500 feuilles",
        "ART-900",
        "ACH-17",
        Identifier("3012345678900", "0160"),
        (Classification("30197643", "STI", "2019"),),
        "FR",
        (Attribute("Grammage", "90 g"), Attribute("Blancheur", "CIE 150")),
    )
    works = line(1, "", "20", "5.125", item=item, order_line="3", accounting="6064", object=Identifier("LOT-1", "AVE"))
    return made(
        [works],
        tax_point=date(2026, 2, 28),
        vat_due="",
        project="PRJ-7",
        contract="2026-MP-0007",
        sales_order="CDE-555",
        receiving_advice="REC-12",
        despatch_advice="EXP-34",
        tender="AO-2025-9",
        object=Identifier("COMPTEUR-1", "AVE"),
        accounting="BUDGET-60",
        payee=Payee("Affacturage du Centre", Identifier("30000000700017", "0009"), Identifier("300000007", "0002")),
        tax_representative=TaxRepresentative(
            "Représentant fiscal SA",
            "FR78500000005",
            PostalAddress("75 rue Là-bas", city="PARIS", zip="75007", country="FR"),
        ),
    )


_MAKERS: tuple[Callable[[], Invoice], ...] = (
    one_rate,
    several_rates,
    exempt,
    zero_rated,
    reverse_charge,
    franchise,
    allowances_and_charges,
    prepaid,
    credit_note,
    foreign_currency,
    eu_buyer,
    attachments,
    period_and_delivery,
    dinars,
    yens,
    several_accounts,
    direct_debit,
    references,
)
_FRAMES = {"A1": "S1", "A2": "S2"}  # the same frame as approved platforms name it


def documents(route: Route) -> dict[str, Invoice]:
    """Every document of this route, by its name."""
    made = {maker.__name__: maker() for maker in _MAKERS}
    return made if route == "chorus" else {name: for_platform(found) for name, found in made.items()}


def for_platform(invoice: Invoice) -> Invoice:
    """With what BR-FR wants besides EN 16931: its frames, and the notes on late payment."""
    return replace(invoice, frame=_FRAMES[invoice.frame], notes=_NOTES + invoice.notes)
