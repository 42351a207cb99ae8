"""Who sells and who buys: the identifiers that Chorus Pro knows them by, and where they are.

Each identifier kind has its own form: SIRET with its check digit (La Poste's own included), RIDET, Tahiti, the VAT
number within the European Union, country and name outside it, and natural persons.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from stdnum.eu import vat as eu_vat
from stdnum.fr import siret as fr_siret

from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.rules.countries import COUNTRIES, EUROPEAN_UNION, OVERSEAS, WITH_SIRET
from lettrage.invoicing.checks.rules.rule import EVERYWHERE, PUBLIC, PUBLIC_PLATFORM, Rule
from lettrage.invoicing.document import SIREN, SIRET, Identifier, Invoice, Party
from lettrage.invoicing.finding import Finding, Level

_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_TERRITORIAL = re.compile(r"[0-9A-Z]{9,10}", re.ASCII)  # RIDET, Tahiti
_FRENCH_VAT = re.compile(r"FR[0-9A-Z]{2}[0-9]{9}", re.ASCII)
_PERSON = re.compile(r"[0-9]{10}.{0,70}", re.ASCII)
EU_VAT, OUTSIDE, RIDET, TAHITI, PERSON = "0223", "0227", "0228", "0229", "0226"


# One supplier's invoices have the same few numbers.
_is_siret: Callable[[str], bool] = lru_cache(maxsize=4096)(fr_siret.is_valid)
_is_vat: Callable[[str], bool] = lru_cache(maxsize=4096)(eu_vat.is_valid)


def _is_eu_vat(number: str) -> bool:
    return len(number) <= 18 and not number.startswith("FR") and _is_vat(number)


def _is_outside(text: str) -> bool:
    """Country code and the first 16 letters of the name."""
    return 2 < len(text) <= 18 and text[:2] in COUNTRIES - EUROPEAN_UNION


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


# The identifier kinds other than SIRET: what one must look like, and how that is said.
FORMS: dict[str, tuple[Callable[[str], bool], str]] = {
    EU_VAT: (_is_eu_vat, "TVA UE / EU VAT, max 18"),
    OUTSIDE: (_is_outside, "ISO 3166 + 16"),
    RIDET: (_matches(_TERRITORIAL), "RIDET: 9-10"),
    TAHITI: (_matches(_TERRITORIAL), "TAHITI: 9-10"),
    PERSON: (_matches(_PERSON), "10 digits first, max 80"),
}


def known_as(party: Party) -> Identifier | None:
    """What Chorus Pro knows a party by: its SIRET first, else an identifier of another kind.

    Factur-X on Chorus's own door gives the SIRET as the legal identifier, under the scheme of the SIREN.
    """
    if party.siret:
        return Identifier(party.siret, SIRET)
    if party.legal_id is not None and len(party.legal_id.id) == 14:
        return Identifier(party.legal_id.id, SIRET)
    return next((one for one in party.ids if one.scheme in FORMS), None)


def _siret_faults(who: str, party: Party, circumstances: Circumstances) -> Iterator[Finding]:
    """What is wrong with the SIRET of the supplier or the buyer; its code begins with who it is."""
    place = f"{'seller' if who == 'supplier' else 'buyer'}.siret"
    known = known_as(party)
    if known is None:
        siren = party.legal_id.id if party.legal_id is not None and party.legal_id.scheme in {SIREN, ""} else ""
        code = f"{who}_siren" if len(siren) == 9 else f"{who}_siret_missing"
        yield Finding(code, place, siren, "14")
    elif known.scheme != SIRET:
        return
    elif len(known.id) == 9 and _DIGITS.fullmatch(known.id):
        yield Finding(f"{who}_siren", place, known.id, f"{known.id}…")
    elif len(known.id) != 14 or not _DIGITS.fullmatch(known.id):
        yield Finding(f"{who}_siret_malformed", place, known.id, "14")
    elif not _is_siret(known.id):
        level: Level = "warning" if circumstances.platform == "qualification" else "error"
        yield Finding(f"{who}_siret_checksum", place, known.id, "Luhn", level=level)


def supplier_siret(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The supplier's SIRET is there, of 14 digits, and its check digit holds."""
    yield from _siret_faults("supplier", invoice.seller, circumstances)


def buyer_siret(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The buyer's too: a public structure always has one, in the overseas departments as elsewhere."""
    known = known_as(invoice.buyer)
    country = invoice.buyer.address.country
    if (known is None or known.scheme != SIRET) and country in OVERSEAS:
        seen = known.id if known is not None else invoice.buyer.vat_number
        yield Finding("overseas_without_siret", "buyer.siret", seen, "14", facts={"country": country})
    elif known is not None and known.scheme != SIRET:
        yield Finding("buyer_not_siret", "buyer.ids", known.id, "14", facts={"scheme": known.scheme})
    else:
        yield from _siret_faults("buyer", invoice.buyer, circumstances)


def supplier_form(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A supplier without a SIRET has an identifier of another kind, in that kind's form."""
    known = known_as(invoice.seller)
    if known is None or known.scheme == SIRET:
        return
    holds, expected = FORMS[known.scheme]
    facts = {"scheme": known.scheme}
    if not holds(known.id):
        yield Finding("supplier_identifier", "seller.ids", known.id, expected, facts=facts)
    if invoice.seller.address.country in WITH_SIRET and known.scheme != PERSON:
        yield Finding("supplier_siret_missing", "seller.siret", known.id, "14", facts=facts)


def own_siret(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The supplier is the establishment whose settings send the invoice."""
    known = known_as(invoice.seller)
    if circumstances.siret and known is not None and known.id != circumstances.siret:
        yield Finding("supplier_siret_other", "seller.siret", known.id, circumstances.siret)


def siren_of_siret(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A SIRET begins with the SIREN that stands beside it."""
    for place, party in (("seller", invoice.seller), ("buyer", invoice.buyer)):
        legal = party.legal_id
        if legal is None or legal.scheme != SIREN or not party.siret or len(legal.id) == 14:
            continue
        if not party.siret.startswith(legal.id):
            yield Finding("siren_not_of_siret", f"{place}.legal_id", legal.id, party.siret[:9])


def payee_siret(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A payee that gives its SIREN gives its SIRET too."""
    payee = invoice.payee
    if payee is None or payee.legal_id is None or payee.legal_id.scheme != SIREN:
        return
    if payee.id is None or payee.id.scheme != SIRET:
        yield Finding("payee_siret_missing", "payee.id", payee.legal_id.id, "14")


def countries(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The supplier's, the billing and the delivery country are there, as ISO 3166-1 codes them."""
    addresses = [("seller", invoice.seller.address), ("buyer", invoice.buyer.address)]
    if invoice.delivery is not None and invoice.delivery.address is not None:
        addresses.append(("delivery", invoice.delivery.address))
    for place, address in addresses:
        if not address.country:
            yield Finding(f"{place}_country_missing", f"{place}.address.country", "", "ISO 3166-1: FR, BE, …")
        elif address.country not in COUNTRIES:
            yield Finding(f"{place}_country", f"{place}.address.country", address.country, "ISO 3166-1: FR, BE, …")


def names(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """Who sells and who buys has a name."""
    for place, party in (("seller", invoice.seller), ("buyer", invoice.buyer)):
        if not party.name.strip():
            yield Finding(f"{place}_name_missing", f"{place}.name")


def vat_number(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The supplier's VAT number is there where VAT is charged, and well formed."""
    number = invoice.seller.vat_number
    charged = any(part.category == "S" for part in invoice.vat)
    if not number:
        if charged and not invoice.seller.tax_number:
            yield Finding("vat_number_missing", "seller.vat_number", "", "FR…")
    elif number.startswith("FR") and not _FRENCH_VAT.fullmatch(number):
        yield Finding("vat_number", "seller.vat_number", number, "FR + 2 + SIREN")
    elif number[:2] not in COUNTRIES | {"EL", "XI"}:
        yield Finding("vat_number", "seller.vat_number", number, "FR…")
    elif number[:2] in EUROPEAN_UNION | {"EL"} and not _is_vat(number):
        yield Finding("vat_number_checksum", "seller.vat_number", number)


def _siret_codes(who: str) -> tuple[str, ...]:
    return tuple(f"{who}_{fault}" for fault in ("siren", "siret_missing", "siret_malformed", "siret_checksum"))


RULES = (
    Rule(supplier_siret, _siret_codes("supplier"), PUBLIC),
    Rule(buyer_siret, (*_siret_codes("buyer"), "overseas_without_siret", "buyer_not_siret"), PUBLIC),
    Rule(supplier_form, ("supplier_identifier", "supplier_siret_missing"), PUBLIC),
    Rule(own_siret, ("supplier_siret_other",)),
    Rule(siren_of_siret, ("siren_not_of_siret",)),
    Rule(payee_siret, ("payee_siret_missing",), PUBLIC_PLATFORM),
    Rule(
        countries,
        tuple(f"{place}_country{end}" for place in ("seller", "buyer", "delivery") for end in ("", "_missing")),
        EVERYWHERE,
    ),
    Rule(names, ("seller_name_missing", "buyer_name_missing")),
    Rule(vat_number, ("vat_number_missing", "vat_number", "vat_number_checksum")),
)
