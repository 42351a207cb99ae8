"""CII read back: parties, their identifiers, their addresses."""

from lettrage.invoicing.document import (
    CHORUS_SCHEMES,
    SIREN,
    SIRET,
    Contact,
    Identifier,
    Party,
    Payee,
    PostalAddress,
    TaxRepresentative,
)
from lettrage.invoicing.formats.reading import Node, filled, in_order

_SIRET_DIGITS, _SIREN_DIGITS = 14, 9


def identifiers(party: Node) -> list[Identifier]:
    """Those without a scheme first, as the schema has it."""
    return [known for path in ("ram:ID", "ram:GlobalID") for node in party.all(path) if (known := identifier(node))]


def identifier(node: Node) -> Identifier | None:
    """An identifier under ISO 6523's scheme, also where Chorus Pro's own number for it stands."""
    scheme = node.get("schemeID")
    return Identifier(text, CHORUS_SCHEMES.get(scheme, scheme)) if (text := node.text()) else None


def trade_party(node: Node) -> Party:
    """BG-4, BG-7."""
    ids, legal = identifiers(node), identifier(node.at("ram:SpecifiedLegalOrganization/ram:ID"))
    if legal is not None and legal.scheme in {SIREN, SIRET} and len(legal.id) == _SIRET_DIGITS:
        ids, legal = _from_siret(ids, legal.id)
    elif legal in ids and legal.scheme in CHORUS_SCHEMES.values():
        legal = None  # an identifier that Chorus Pro wants here too
    vat, other = _tax_numbers(node)
    contact = node.at("ram:DefinedTradeContact")
    return Party(
        name=node.text("ram:Name"),
        trading_name=node.text("ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        ids=in_order(ids),
        legal_id=legal,
        vat_number=vat,
        tax_number=other,
        legal_form=node.texts("ram:Description"),
        endpoint=identifier(node.at("ram:URIUniversalCommunication/ram:URIID")),
        address=address(node),
        contact=filled(
            Contact(
                name=contact.text("ram:PersonName"),
                phone=contact.text("ram:TelephoneUniversalCommunication/ram:CompleteNumber"),
                mail=contact.text("ram:EmailURIUniversalCommunication/ram:URIID"),
                department=contact.text("ram:DepartmentName"),
            )
        ),
    )


def _from_siret(ids: list[Identifier], siret: str) -> tuple[list[Identifier], Identifier]:
    """Chorus Pro has the SIRET as legal identifier: it is one of the party's, and its first 9 digits are the SIREN."""
    known = Identifier(siret, SIRET)
    return ids if known in ids else [*ids, known], Identifier(siret[:_SIREN_DIGITS], SIREN)


def _tax_numbers(party: Node) -> tuple[str, str]:
    """The VAT number (VA), and the number of another tax (FC)."""
    numbers = {"VA": "", "FC": ""}
    for node in party.all("ram:SpecifiedTaxRegistration/ram:ID"):
        kind = node.get("schemeID") or "VA"
        if numbers.get(kind) == "":
            numbers[kind] = node.text()
    return numbers["VA"], numbers["FC"]


def address(party: Node) -> PostalAddress:
    """An address; the empty one where there is none."""
    node = party.at("ram:PostalTradeAddress")
    return PostalAddress(
        line1=node.text("ram:LineOne"),
        line2=node.text("ram:LineTwo"),
        line3=node.text("ram:LineThree"),
        city=node.text("ram:CityName"),
        zip=node.text("ram:PostcodeCode"),
        subdivision=node.texts("ram:CountrySubDivisionName"),
        country=node.text("ram:CountryID"),
    )


def payee(node: Node) -> Payee | None:
    """BG-10."""
    ids = identifiers(node)[:1]
    legal = identifier(node.at("ram:SpecifiedLegalOrganization/ram:ID"))
    return filled(Payee(name=node.text("ram:Name"), id=ids[0] if ids else None, legal_id=legal))


def tax_representative(node: Node) -> TaxRepresentative | None:
    """BG-11."""
    return filled(
        TaxRepresentative(
            name=node.text("ram:Name"),
            vat_number=node.text("ram:SpecifiedTaxRegistration/ram:ID"),
            address=address(node),
        )
    )
