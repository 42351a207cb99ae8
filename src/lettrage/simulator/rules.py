"""Chorus's own rules on one invoice: each yields the codes of `wording.TEXTS` that refuse it.

EN 16931 is not among them: the historic route takes invoices that its rules refuse.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import PurePosixPath

import msgspec
from stdnum import iban

from lettrage.simulator.claims import Claim, Identity
from lettrage.simulator.directory import Directory, Structure
from lettrage.simulator.schemas import countries
from lettrage.simulator.settings import MEGABYTE, Settings

NUMBER = re.compile(r"[A-Za-z0-9 +_/-]*")  # G1.05
KINDS = frozenset(("380", "381", "384", "386", "389", "393", "396"))
FRAMES = frozenset(f"A{number}" for number in range(1, 26))  # G1.02
ALREADY_PAID = "A2"
MEANS = frozenset(("01", "10", "20", "30", "31", "42", "48", "49", "58", "59", "97"))  # S2.05
TRANSFERS = frozenset(("30", "31", "42", "58"))
RESERVED_SERVICE = "FACTURES_PUBLIQUES"
_EXTENSIONS = (
    "bmp gif fax odt ppt tiff xls bz2 gz jpeg p7s rtf txt xml csv gzip jpg pdf svg xhtml xlsx doc htm odp png tgz xlc "
    "zip docx html ods pps tif xlm pptx"
)
EXTENSIONS = frozenset(_EXTENSIONS.split())
MOST_IN_AN_ACCOUNT = 27
CENT = Decimal("0.01")


class Facts(msgspec.Struct, frozen=True):
    """What an invoice is judged by. `taken`: whether that supplier has an integrated invoice of that number."""

    directory: Directory
    settings: Settings
    taken: Callable[[Identity, str], bool]

    def structure(self, identity: Identity) -> Structure | None:
        """The structure that an invoice names."""
        return self.directory.structure(identity.value, identity.kind)


Rule = Callable[[Claim, Facts], Iterator[str]]


def refusals(claim: Claim, facts: Facts) -> list[str]:
    """The codes of all that refuses an invoice, each once, in the order of the platform."""
    return list(dict.fromkeys(code for rule in RULES for code in rule(claim, facts)))


def buyer_refusals(claim: Claim, facts: Facts) -> list[str]:
    """The codes of what is wrong about where an invoice goes."""
    return list(dict.fromkeys(code for rule in BUYER_RULES for code in rule(claim, facts)))


def _number(claim: Claim, _facts: Facts) -> Iterator[str]:
    if not claim.number:
        yield "number_absent"
    if len(claim.number) > 20:
        yield "number_length"
    if not NUMBER.fullmatch(claim.number):
        yield "number_characters"


def _kind(claim: Claim, _facts: Facts) -> Iterator[str]:
    if claim.kind not in KINDS:
        yield "kind_unknown"
    if claim.frame and claim.frame not in FRAMES:
        yield "frame_unknown"


def _supplier(claim: Claim, facts: Facts) -> Iterator[str]:
    supplier = facts.structure(claim.supplier)
    if supplier is None:
        yield "supplier_unknown"
    elif not supplier.active:
        yield "supplier_inactive"
    # An unknown structure uses no space either: the platform says both.
    if supplier is None or not supplier.issues_invoices:
        yield "supplier_space"


def _taken(claim: Claim, facts: Facts) -> Iterator[str]:
    if facts.taken(claim.supplier, claim.number):
        yield "number_taken"


def _buyer(claim: Claim, facts: Facts) -> Iterator[str]:
    buyer = facts.structure(claim.buyer)
    if not claim.buyer.value:
        yield "buyer_absent"
    elif buyer is None or claim.buyer.kind != "SIRET" or not buyer.public:
        yield "buyer_unknown"
    elif not buyer.active:
        yield "buyer_inactive"


def _service(claim: Claim, facts: Facts) -> Iterator[str]:
    buyer = facts.structure(claim.buyer)
    if len(claim.service) > 100:
        yield "service_length"
    if buyer is None:
        return
    if not claim.service:
        if buyer.service_required and not buyer.service_or_engagement:
            yield "service_absent"
        return
    service = buyer.service(claim.service)
    supplier = facts.structure(claim.supplier)
    if service is None or not service.active:
        yield "service_unknown"
    elif claim.service == RESERVED_SERVICE and not (supplier is not None and supplier.public):
        yield "service_public"


def _engagement(claim: Claim, facts: Facts) -> Iterator[str]:
    if len(claim.engagement) > 50:
        yield "engagement_length"
    if len(claim.market) > 50:
        yield "market_length"
    buyer = facts.structure(claim.buyer)
    if buyer is None or claim.engagement:
        return
    service = buyer.service(claim.service)
    if service is not None and service.engagement_required:
        yield "engagement_absent"
    elif buyer.service_or_engagement:
        if not claim.service:
            yield "service_or_engagement"
    elif buyer.engagement_required:
        yield "engagement_absent"


def _means(claim: Claim, facts: Facts) -> Iterator[str]:
    codes = [code.zfill(2) for code in claim.means]
    if claim.is_credit_note:
        if codes and facts.settings.credit_notes_without_means:
            yield "means_on_credit_note"
    elif any(code not in MEANS for code in codes) or not (codes or claim.profile.endswith(":minimum")):
        yield "means_absent"  # the shortest profile has no room for it
    if facts.settings.account_required and TRANSFERS & set(codes) and not claim.accounts and not claim.is_credit_note:
        yield "account_absent"
    if any(_wrong_account(account, claim.supplier) for account in claim.accounts):
        yield "account_wrong"


def _wrong_account(account: str, supplier: Identity) -> bool:
    """A supplier from elsewhere may have an account that is no IBAN."""
    if len(account) > MOST_IN_AN_ACCOUNT:
        return True
    return supplier.kind == "SIRET" and not iban.is_valid(account, check_country=False)


def _countries(claim: Claim, facts: Facts) -> Iterator[str]:
    settings = facts.settings
    required = settings.cii_country_required if claim.family == "cii" else settings.country_required
    # The shortest profiles have no room for the buyer's address.
    addressed = claim.billing_country is not None or not claim.profile.endswith((":minimum", ":basicwl"))
    if not claim.billing_country:
        if required and addressed:
            yield "billing_country"
    elif claim.billing_country not in countries():
        yield "billing_country"
    if not claim.delivery_country:
        if required and claim.delivery_country is not None:
            yield "delivery_country"
    elif claim.delivery_country not in countries():
        yield "delivery_country"


def _lines(claim: Claim, facts: Facts) -> Iterator[str]:
    # A gross price needs its discount, but the reports all come from invoices that have a discount somewhere: in one
    # that has none, a gross price that is the net price is sent by others every day.
    strict = facts.settings.gross_price_with_discount or any(line.discounted for line in claim.lines)
    for line in claim.lines:
        alone = line.gross_price is not None and not line.discounted
        if alone and (strict or line.gross_price != line.price):
            yield "line_gross_price"
        if not line.vat_type:
            yield "line_vat_type"
        if not line.vat_category:
            yield "line_vat_category"


def _amounts(claim: Claim, _facts: Facts) -> Iterator[str]:
    for field in ("net", "gross", "payable"):
        if getattr(claim, field) is None:
            yield f"{field}_absent"
    if claim.gross is not None and claim.gross < 0:
        yield "amount_negative"
    lines = [line.net for line in claim.lines if line.net is not None]
    if lines and _differ(claim.line_total, sum(lines, Decimal()), len(lines)):
        yield "lines_differ"
    vat = [total.vat for total in claim.vat_totals if total.vat is not None]
    if vat and _differ(claim.vat, sum(vat, Decimal()), len(vat)):
        yield "vat_differs"
    if claim.net is not None and _differ(claim.gross, claim.net + (claim.vat or 0)):
        yield "gross_differs"
    if claim.gross is not None and _differ(claim.payable, claim.gross - (claim.prepaid or 0) + (claim.rounding or 0)):
        yield "payable_differs"
    if claim.frame == ALREADY_PAID and claim.payable:
        yield "paid_already"


def _differ(written: Decimal | None, expected: Decimal, roundings: int = 1) -> bool:
    return written is not None and abs(written - expected) > CENT * roundings


def _origin(claim: Claim, facts: Facts) -> Iterator[str]:
    if claim.is_credit_note and not claim.origins and facts.settings.credit_notes_with_origin:
        yield "origin_absent"
    if len(claim.origins) > 1:
        yield "origin_many"
    if any(len(origin) > 20 for origin in claim.origins):
        yield "origin_length"


def _attachments(claim: Claim, _facts: Facts) -> Iterator[str]:
    for file in claim.enclosed:
        extension = PurePosixPath(file.name).suffix
        if len(file.name) > 50 or not extension:
            yield "attachment_name"
        elif extension[1:].lower() not in EXTENSIONS:
            yield "attachment_extension"
        if not file.size:
            yield "attachment_empty"
        if file.size > 10 * MEGABYTE:
            yield "attachment_size"
    if sum(file.size for file in claim.enclosed) > 120 * MEGABYTE:
        yield "attachments_size"


BUYER_RULES: tuple[Rule, ...] = (_buyer, _service, _engagement)
# In the order in which a refused invoice shows them; past 255 characters nothing is shown.
RULES: tuple[Rule, ...] = (
    _number, _kind, _supplier, _taken, *BUYER_RULES, _means, _countries, _lines, _amounts, _origin,
    _attachments,
)  # fmt: skip
