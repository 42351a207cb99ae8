"""Seller and buyer: as master data gives them to an invoice, and as a file that names them is recognised."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from lettrage.company.customer import IDENTIFIER_TYPES, Customer
from lettrage.company.dossier import Address, Company, Establishment
from lettrage.invoicing.document import CHORUS_SCHEMES, SIREN, SIRET, Contact, Identifier, Party, PostalAddress

_T = TypeVar("_T", Establishment, Customer)


def seller(company: Company, establishment: Establishment) -> Party:
    """BG-4: the company at one of its establishments."""
    siret = establishment.siret or company.siret
    name = establishment.name if establishment.name != company.name else ""
    contact = Contact(establishment.name or company.name, establishment.phone, establishment.mail)
    return Party(
        name=company.name,
        trading_name=name,
        ids=(Identifier(siret, SIRET),) if siret else (),
        legal_id=Identifier(siret[:9], SIREN) if len(siret) == 14 else None,
        vat_number=establishment.vat_number,
        legal_form=_legal_form(establishment),
        address=address(establishment.address),
        contact=contact if contact.phone or contact.mail else None,
    )


def _legal_form(establishment: Establishment) -> str:
    """What a company must say of itself, in one line."""
    said = (("Capital ", establishment.capital), ("RCS ", establishment.rcs), ("APE ", establishment.ape))
    return " - ".join(text if text.startswith(word) else word + text for word, text in said if text)


def buyer(customer: Customer) -> Party:
    """BG-7: the customer, known by the identifier that Chorus Pro knows it by."""
    kind = customer.chorus.identifier_type if customer.chorus else "SIRET"
    scheme, identifier = CHORUS_SCHEMES[IDENTIFIER_TYPES[kind]], customer.identifier
    return Party(
        name=customer.name,
        ids=(Identifier(identifier, scheme),) if identifier else (),
        legal_id=Identifier(identifier[:9], SIREN) if scheme == SIRET and len(identifier) == 14 else None,
        vat_number=customer.vat_number,
        address=address(customer.address),
        contact=Contact(customer.name, customer.phone, customer.mail) if customer.phone or customer.mail else None,
    )


def address(of: Address) -> PostalAddress:
    """An address of the company file, as invoices have it."""
    return PostalAddress(line1=of.street, zip=of.zip, city=of.city, country=of.country.upper())


# ---------------------------------------------------------------- recognising


def recognised(party: Party, known: Iterable[_T]) -> list[_T]:
    """Who this party of a file is, by what says most: its SIRET, its VAT number, our own code, its SIREN.

    Several where even that fits several.
    """
    everyone = list(known)
    codes = {found.id for found in party.ids if not found.scheme}
    for wanted, asked in (
        (_sirets(party), lambda one: plain(one.siret)),
        ({plain(party.vat_number)}, lambda one: plain(one.vat_number)),
        (codes, lambda one: one.code),
        (_sirens(party), lambda one: plain(one.siret)[:9]),
    ):
        found = [one for one in everyone if asked(one) and asked(one) in wanted]
        if found:
            return found
    return []


def said_of(party: Party) -> str:
    """What a file says of a party, for whom nobody is recognised: its name and its numbers."""
    numbers = [*sorted(_sirets(party)), party.vat_number]
    return " ".join(filter(None, (party.name, *numbers)))


def _sirets(party: Party) -> set[str]:
    """Its SIRETs: some files give them under the scheme of a SIREN, or as a private number."""
    return {number for number in _numbers(party) if len(number) == 14 and number.isdecimal()}


def _sirens(party: Party) -> set[str]:
    return {number[:9] for number in _numbers(party) if len(number) in (9, 14) and number.isdecimal()}


def _numbers(party: Party) -> Iterator[str]:
    for found in (*party.ids, party.legal_id):
        if found is not None:
            yield plain(found.id)


def plain(number: str) -> str:
    """A number without the blanks and points that people put into it."""
    return "".join(number.split()).replace(".", "").upper()
