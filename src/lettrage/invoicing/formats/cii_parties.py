"""CII: parties, their identifiers, their addresses."""

from lettrage.invoicing.document import CHORUS_SCHEMES, SIREN, Contact, Identifier, Party, PostalAddress, Route
from lettrage.invoicing.formats.markup import group, leaf, marks


def trade_party(element: str, party: Party, route: Route) -> str:
    """BG-4, BG-7."""
    endpoint, legal = party.endpoint, _legal_id(party) if route == "chorus" else party.legal_id
    return group(
        element,
        *identifiers(party.ids),
        leaf("ram:Name", party.name),
        leaf("ram:Description", party.legal_form),
        group(
            "ram:SpecifiedLegalOrganization",
            leaf("ram:ID", legal.id, marks(schemeID=legal.scheme)) if legal else "",
            leaf("ram:TradingBusinessName", party.trading_name),
        ),
        _contact(party.contact) if party.contact else "",
        address(party.address),
        group(
            "ram:URIUniversalCommunication",
            leaf("ram:URIID", endpoint.id, marks(schemeID=endpoint.scheme)) if endpoint else "",
        ),
        group("ram:SpecifiedTaxRegistration", leaf("ram:ID", party.vat_number, marks(schemeID="VA"))),
        group("ram:SpecifiedTaxRegistration", leaf("ram:ID", party.tax_number, marks(schemeID="FC"))),
    )


def _legal_id(party: Party) -> Identifier | None:
    """Chorus Pro looks here for what it knows the party by: the SIRET, though EN 16931 means the SIREN, or another."""
    if party.siret and (party.legal_id is None or party.legal_id.scheme == SIREN):
        return Identifier(party.siret, SIREN)
    return party.legal_id or next((known for known in party.ids if known.scheme in CHORUS_SCHEMES.values()), None)


def identifiers(ids: tuple[Identifier, ...]) -> list[str]:
    """Those without a scheme first, as the schema has it."""
    private = [leaf("ram:ID", found.id) for found in ids if not found.scheme]
    return private + [leaf("ram:GlobalID", found.id, marks(schemeID=found.scheme)) for found in ids if found.scheme]


def _contact(contact: Contact) -> str:
    return group(
        "ram:DefinedTradeContact",
        leaf("ram:PersonName", contact.name),
        leaf("ram:DepartmentName", contact.department),
        group("ram:TelephoneUniversalCommunication", leaf("ram:CompleteNumber", contact.phone)),
        group("ram:EmailURIUniversalCommunication", leaf("ram:URIID", contact.mail)),
    )


def address(where: PostalAddress) -> str:
    """A postal address; nothing where it is empty."""
    return group(
        "ram:PostalTradeAddress",
        leaf("ram:PostcodeCode", where.zip),
        leaf("ram:LineOne", where.line1),
        leaf("ram:LineTwo", where.line2),
        leaf("ram:LineThree", where.line3),
        leaf("ram:CityName", where.city),
        leaf("ram:CountryID", where.country),
        leaf("ram:CountrySubDivisionName", where.subdivision),
    )
