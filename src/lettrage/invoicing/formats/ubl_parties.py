"""UBL: who sells, who buys, who is paid, and their addresses."""

from lettrage.invoicing.document import (
    CHORUS_SCHEMES,
    SIRET,
    Contact,
    Identifier,
    Invoice,
    Party,
    PostalAddress,
    Route,
)
from lettrage.invoicing.formats.markup import group, leaf, marks
from lettrage.invoicing.formats.ubl_payment import scheme

CREDITOR = "SEPA"  # the scheme of BT-90, which stands among the seller's identifiers
OTHER_TAX = "TAX"  # the scheme of BT-32: any but VAT
REGIMES = {"debits": "TVA DEBIT", "receipts": "TVA ENCAISSEMENT"}  # as Chorus Pro names them
_CHORUS = {iso: chorus for chorus, iso in CHORUS_SCHEMES.items()}


def accounting_supplier(invoice: Invoice, route: Route) -> str:
    """BG-4. For Chorus Pro the seller's tax scheme tells when VAT falls due, where the invoice does."""
    creditor = invoice.means.creditor if invoice.means else ""
    regime = REGIMES.get(invoice.vat_due, "")
    return group("cac:AccountingSupplierParty", _party(invoice.seller, route, creditor=creditor, regime=regime))


def accounting_customer(invoice: Invoice, route: Route) -> str:
    """BG-7. The service code stands in three places for Chorus Pro: here in two, and as the buyer's reference."""
    service = leaf("cbc:ID", invoice.service if route == "chorus" else "")
    return group(
        "cac:AccountingCustomerParty",
        _party(invoice.buyer, route, service=service),
        group("cac:AccountingContact", service),
    )


def _party(party: Party, route: Route, creditor: str = "", service: str = "", regime: str = "") -> str:
    endpoint, legal = party.endpoint, party.legal_id
    taxes = [
        group("cac:PartyTaxScheme", leaf("cbc:CompanyID", party.vat_number), scheme(route, regime))
        if party.vat_number
        else "",
        group(
            "cac:PartyTaxScheme",
            leaf("cbc:CompanyID", party.tax_number),
            group("cac:TaxScheme", leaf("cbc:ID", OTHER_TAX)),
        )
        if party.tax_number
        else "",
    ]
    return group(
        "cac:Party",
        leaf("cbc:EndpointID", endpoint.id, marks(schemeID=endpoint.scheme)) if endpoint else "",
        *(_identification(found, route) for found in _siret_first(party.ids, route)),
        group("cac:PartyIdentification", leaf("cbc:ID", creditor, marks(schemeID=CREDITOR))),
        group("cac:PartyName", leaf("cbc:Name", party.trading_name)),
        address("cac:PostalAddress", party.address),
        *taxes,
        group(
            "cac:PartyLegalEntity",
            leaf("cbc:RegistrationName", party.name),
            leaf("cbc:CompanyID", legal.id, marks(schemeID=legal.scheme)) if legal else "",
            leaf("cbc:CompanyLegalForm", party.legal_form),
        ),
        _contact(party.contact, service),
    )


def _siret_first(ids: tuple[Identifier, ...], route: Route) -> list[Identifier]:
    """Chorus Pro reads one identifier, which must be the SIRET."""
    return sorted(ids, key=lambda found: found.scheme != SIRET) if route == "chorus" else list(ids)


def _identification(found: Identifier, route: Route) -> str:
    """For Chorus Pro under both names of the scheme: its own, and ISO 6523's, which EN 16931 reads."""
    own = _CHORUS.get(found.scheme, "") if route == "chorus" else ""
    named = marks(schemeID=found.scheme if found.scheme.isdecimal() else "", schemeName=own)
    if route != "chorus":
        named = marks(schemeID=found.scheme)
    return group("cac:PartyIdentification", leaf("cbc:ID", found.id, named))


def address(element: str, where: PostalAddress) -> str:
    """A postal address; nothing where it is empty."""
    return group(
        element,
        leaf("cbc:StreetName", where.line1),
        leaf("cbc:AdditionalStreetName", where.line2),
        leaf("cbc:CityName", where.city),
        leaf("cbc:PostalZone", where.zip),
        leaf("cbc:CountrySubentity", where.subdivision),
        group("cac:AddressLine", leaf("cbc:Line", where.line3)),
        group("cac:Country", leaf("cbc:IdentificationCode", where.country)),
    )


def _contact(contact: Contact | None, service: str) -> str:
    if contact is None:
        return group("cac:Contact", service)
    named = [contact.name, f"({contact.department})" if contact.name and contact.department else contact.department]
    return group(
        "cac:Contact",
        service,
        leaf("cbc:Name", " ".join(filter(None, named))),
        leaf("cbc:Telephone", contact.phone),
        leaf("cbc:ElectronicMail", contact.mail),
        leaf("cbc:Note", contact.department),
    )


def payee(invoice: Invoice, route: Route) -> str:
    """BG-10."""
    found = invoice.payee
    if found is None:
        return ""
    return group(
        "cac:PayeeParty",
        _identification(found.id, route) if found.id else "",
        group("cac:PartyName", leaf("cbc:Name", found.name)),
        group(
            "cac:PartyLegalEntity",
            leaf("cbc:CompanyID", found.legal_id.id, marks(schemeID=found.legal_id.scheme)) if found.legal_id else "",
        ),
    )


def tax_representative(invoice: Invoice, route: Route) -> str:
    """BG-11."""
    found = invoice.tax_representative
    if found is None:
        return ""
    return group(
        "cac:TaxRepresentativeParty",
        group("cac:PartyName", leaf("cbc:Name", found.name)),
        address("cac:PostalAddress", found.address),
        group("cac:PartyTaxScheme", leaf("cbc:CompanyID", found.vat_number), scheme(route)) if found.vat_number else "",
    )
