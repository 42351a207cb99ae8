"""UBL read back: parties and addresses."""

from msgspec.structs import replace

from lettrage.invoicing.document import (
    CHORUS_SCHEMES,
    Contact,
    Identifier,
    Party,
    Payee,
    PostalAddress,
    TaxRepresentative,
)
from lettrage.invoicing.formats.reading import Node, filled, in_order
from lettrage.invoicing.formats.ubl_parties import CREDITOR

_PAYEE_ID = "cac:PayeeParty/cac:PartyIdentification/cbc:ID"


def seller_and_buyer(root: Node, service: str) -> tuple[Party, Party]:
    """BG-4 and BG-7. The service code, where Chorus Pro's profile repeats it, is no part of the buyer's contact."""
    customer = root.at("cac:AccountingCustomerParty")
    for node in customer.all("cac:AccountingContact/cbc:ID") + customer.all("cac:Party/cac:Contact/cbc:ID"):
        if node.words == service:
            node.known(node)
    return _party(root.at("cac:AccountingSupplierParty/cac:Party")), _party(customer.at("cac:Party"))


def creditor(root: Node, seller: Party) -> tuple[Party, str]:
    """The seller without the bank's reference of the creditor (BT-90) among its identifiers, and that reference.

    It may stand among the payee's as well.
    """
    of_payee = [node for node in root.all(_PAYEE_ID) if node.get("schemeID") == CREDITOR]
    found = [known.id for known in seller.ids if known.scheme == CREDITOR] or [node.text() for node in of_payee]
    others = tuple(known for known in seller.ids if known.scheme != CREDITOR)
    return replace(seller, ids=others), found[0] if found else ""


def _party(node: Node) -> Party:
    legal = node.at("cac:PartyLegalEntity")
    vat, other = _tax_numbers(node)
    registered = legal.text("cbc:RegistrationName")
    called = node.text("cac:PartyName/cbc:Name")
    return Party(
        name=registered or called,
        trading_name=called if registered else "",
        ids=in_order(known for found in node.all("cac:PartyIdentification/cbc:ID") if (known := _identifier(found))),
        legal_id=_identifier(legal.at("cbc:CompanyID")),
        vat_number=vat,
        tax_number=other,
        legal_form=legal.text("cbc:CompanyLegalForm"),
        endpoint=_identifier(node.at("cbc:EndpointID")),
        address=address(node.at("cac:PostalAddress")),
        contact=_contact(node.at("cac:Contact")),
    )


def _contact(node: Node) -> Contact | None:
    """The department, which the name repeats in brackets, stands alone in the note."""
    name, department = node.text("cbc:Name"), node.text("cbc:Note")
    return filled(
        Contact(
            name="" if name == department else name.removesuffix(f" ({department})"),
            phone=node.text("cbc:Telephone"),
            mail=node.text("cbc:ElectronicMail"),
            department=department,
        )
    )


def _tax_numbers(party: Node) -> tuple[str, str]:
    """The VAT number, and the number of another tax."""
    numbers = {"vat": "", "other": ""}
    for tax in party.all("cac:PartyTaxScheme"):
        kind = "vat" if tax.text("cac:TaxScheme/cbc:ID").upper() in {"VAT", ""} else "other"
        tax.known("cac:TaxScheme/cbc:TaxTypeCode", "cac:TaxScheme/cbc:Name")
        if not numbers[kind]:
            numbers[kind] = tax.text("cbc:CompanyID")
    return numbers["vat"], numbers["other"]


def _identifier(node: Node) -> Identifier | None:
    """An identifier under ISO 6523's scheme, where Chorus Pro's own name for it stands too or alone."""
    if not (text := node.text()):
        return None
    scheme = node.get("schemeID") or node.get("schemeName")
    return Identifier(text, CHORUS_SCHEMES.get(scheme, scheme))


def address(node: Node) -> PostalAddress:
    """An address; the empty one where there is none."""
    return PostalAddress(
        line1=node.text("cbc:StreetName"),
        line2=node.text("cbc:AdditionalStreetName"),
        line3=node.text("cac:AddressLine/cbc:Line"),
        city=node.text("cbc:CityName"),
        zip=node.text("cbc:PostalZone"),
        subdivision=node.text("cbc:CountrySubentity"),
        country=node.text("cac:Country/cbc:IdentificationCode"),
    )


def payee(root: Node) -> Payee | None:
    """BG-10."""
    node = root.at("cac:PayeeParty")
    ids = [found for found in root.all(_PAYEE_ID) if found.get("schemeID") != CREDITOR]
    return filled(
        Payee(
            name=node.either("cac:PartyName/cbc:Name", "cac:PartyLegalEntity/cbc:RegistrationName"),
            id=_identifier(ids[0]) if ids else None,
            legal_id=_identifier(node.at("cac:PartyLegalEntity/cbc:CompanyID")),
        )
    )


def tax_representative(node: Node) -> TaxRepresentative | None:
    """BG-11."""
    node.constant("cac:PartyTaxScheme/cac:TaxScheme/cbc:ID", "VAT")
    node.constant("cac:PartyTaxScheme/cac:TaxScheme/cbc:TaxTypeCode", "TVA")
    return filled(
        TaxRepresentative(
            name=node.either("cac:PartyName/cbc:Name", "cac:PartyLegalEntity/cbc:RegistrationName"),
            vat_number=node.text("cac:PartyTaxScheme/cbc:CompanyID"),
            address=address(node.at("cac:PostalAddress")),
        )
    )
