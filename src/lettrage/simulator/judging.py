"""The asynchronous checks of a flow: the schema of its syntax on every file, then Chorus's own rules on every invoice.

One file that its schema refuses refuses the whole flow; the rules refuse invoices one by one.
"""

import logging
from collections.abc import Iterable, Iterator

import msgspec

from lettrage.simulator.claims import Claim, Identity, claim
from lettrage.simulator.reading import Document, Technical, Unreadable, documents, files, unreadable
from lettrage.simulator.rules import Facts, refusals
from lettrage.simulator.schemas import CII, CREDIT_NOTE, INVOICE, schema_faults, schema_of_profile
from lettrage.simulator.settings import Settings
from lettrage.simulator.wording import joined, refusal

_log = logging.getLogger(__name__)
INTEGRATED = "IN_INTEGRE"
PARTLY = "IN_INTEGRE_PARTIEL"
REJECTED = "IN_REJETE"
_UBL_CREDIT_NOTE = "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote"


class Syntax(msgspec.Struct, frozen=True):
    """A flow syntax: the figures of its interface, and how its files are read.

    `family` is empty for a syntax whose inside no source describes: such a flow is taken and integrated, and no
    invoice comes out of it.
    """

    interface: str
    family: str = ""
    facturx: bool = False


# The 13 syntaxes of the interface. Only 1100, 1106, 1110 and 1117 are seen figures.
SYNTAXES = {
    "IN_DP_E1_UBL_INVOICE": Syntax("1100", "ubl"),
    "IN_DP_E1_CII_16B": Syntax("1106", "cii"),
    "IN_DP_E2_CII_FACTURX": Syntax("1117", "cii", facturx=True),
    "IN_DP_E2_UBL_INVOICE_MIN": Syntax("1108", "ubl"),
    "IN_DP_E2_CII_MIN_16B": Syntax("1113", "cii"),
    "IN_DP_E2_CPP_FACTURE_MIN": Syntax("1110"),
    "IN_DP_E1_CII": Syntax("1101", "cii"),
    "IN_DP_E1_PES_FACTURE": Syntax("1102"),
    "IN_DP_E1_XCBL": Syntax("1103"),
    "IN_DP_E2_CII_MIN": Syntax("1109", "cii"),
    "IN_DP_E2_PES_FACTURE_MIN": Syntax("1111"),
    "IN_DP_PDFARCHIVE_UBL_INVOICE_MUG": Syntax("1115"),
    "IN_DP_PDFARCHIVE_CII_MUG": Syntax("1116"),
}


class Accepted(msgspec.Struct, frozen=True):
    """An invoice of a flow that its schema takes, and the file that it stands in."""

    claim: Claim
    file: str


class Content(msgspec.Struct, frozen=True):
    """What a deposited file says, whether that is allowed or not: its invoices, or why it cannot be read."""

    invoices: tuple[Accepted, ...] = ()
    errors: tuple[Technical, ...] = ()


class RefusedClaim(msgspec.Struct, frozen=True):
    """An invoice of a flow that is refused. `text` is cut as the platform cuts it; `codes` are all the reasons."""

    claim: Claim
    text: str
    codes: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True):
    """How a flow ends."""

    state: str
    accepted: tuple[Accepted, ...] = ()
    refused: tuple[RefusedClaim, ...] = ()
    technical: tuple[Technical, ...] = ()


def read(syntax: Syntax, name: str, data: bytes, settings: Settings) -> Content:
    """What a deposited file says. One that breaks the reading itself harms its own flow and no other."""
    try:
        if not syntax.family:
            for _ in files(name, data):
                pass
            return Content()
        return Content(tuple(_invoices(syntax, documents(name, data, syntax.facturx), settings)))
    except Unreadable as refused:
        return Content(errors=refused.errors)
    except Exception:
        _log.exception("a flow could not be read")
        return Content(errors=unreadable("Le fichier ne peut pas etre traite.", "ERR_TEC_001").errors)


def _invoices(syntax: Syntax, opened: Iterable[Document], settings: Settings) -> Iterator[Accepted]:
    """What each file says; raise `Unreadable` for the first that its schema refuses."""
    for document in opened:
        faults = schema_faults(document, _schema(syntax, document, settings))
        if faults:
            raise Unreadable(faults)
        yield Accepted(claim(document.root, syntax.family, document.beside), document.name)


def _schema(syntax: Syntax, document: Document, settings: Settings) -> str:
    if syntax.family == "ubl":
        credit_note = settings.ubl_credit_notes and document.root.tag == _UBL_CREDIT_NOTE
        return CREDIT_NOTE if credit_note else INVOICE
    return schema_of_profile(profile_of(document)) if syntax.facturx else CII


def profile_of(document: Document) -> str:
    """The profile that a Factur-X file claims, read before its schema is known."""
    found = document.root.xpath(
        "*[local-name() = 'ExchangedDocumentContext']"
        "/*[local-name() = 'GuidelineSpecifiedDocumentContextParameter']/*[local-name() = 'ID']/text()"
    )
    return str(found[0]).strip() if found else ""


def judge(content: Content, facts: Facts) -> Verdict:
    """How a flow ends that has this content."""
    if content.errors:
        return Verdict(REJECTED, technical=content.errors)
    accepted: list[Accepted] = []
    refused: list[RefusedClaim] = []
    numbers: set[tuple[Identity, str]] = set()
    within = Facts(
        facts.directory,
        facts.settings,
        lambda supplier, number: (supplier, number) in numbers or facts.taken(supplier, number),
    )
    for one in content.invoices:
        codes = refusals(one.claim, within)
        if codes:
            texts = [refusal(code, one.claim.family) for code in codes]
            refused.append(RefusedClaim(one.claim, joined(texts), tuple(codes)))
        else:
            accepted.append(one)
            numbers.add((one.claim.supplier, one.claim.number))
    state = INTEGRATED if not refused else PARTLY if accepted else REJECTED
    return Verdict(state, tuple(accepted), tuple(refused))
