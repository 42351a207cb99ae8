"""The lifecycle messages that the platform tells: CDAR D22B, in the order of its schema, moments in Paris time."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

import msgspec

from lettrage.simulator.approved import statuses
from lettrage.simulator.approved.papers import ADDRESS, NAMESPACES, SIREN, Party
from lettrage.simulator.clock import PARIS

NUMBER = "0999"  # of this platform in scheme 0238, of which real ones have theirs
AUTHORITY = "9998"
_OTHERS = {  # who speaks besides buyer and seller
    statuses.FACTOR: Party("700000003", name="AFFACTUREUR"),
    statuses.VALIDATOR: Party("800000002", name="VALIDEUR"),
    statuses.AUTHORITY: Party(name="PPF"),
}
_GUIDELINE = "urn.cpro.gouv.fr:1p0:CDV:invoice"
_PREFIXES = {"rsm": "cdar", "ram": "ram", "udt": "udt", "qdt": "qdt"}


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why: a code, in words, and what the supplier is asked to do (NOA, PIN, NIN, CNF, CNP, CNA, OTH, or nothing)."""

    code: str
    text: str = ""
    action: str = ""


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount of one VAT rate, both as decimal text, in euros; `type`: MEN received, MPA paid, RAP left, ..."""

    rate: str
    amount: str
    type: str = "MEN"


class Telling(msgspec.Struct, frozen=True):
    """A status of one invoice, of one report, or of one message of the supplier's, as a message tells it."""

    code: str
    at: datetime
    number: str
    type: str
    day: date
    seller: Party
    buyer: Party
    received_at: datetime
    reasons: tuple[Reason, ...] = ()
    comment: str = ""
    amounts: tuple[Amount, ...] = ()


def name_of(told: Telling) -> str:
    """What the file is called."""
    return f"{_plain(told.number)}_CDV-{told.code}_{told.at:%Y%m%d%H%M%S}.xml"


def _plain(number: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in number)[:60]


def written(told: Telling, made: datetime) -> bytes:
    """The message as a file."""
    status = statuses.known(told.code)
    names = "".join(f" xmlns:{name}={quoteattr(NAMESPACES[known])}" for name, known in _PREFIXES.items())
    identity = f"{told.number}_{told.code}_{told.at.astimezone(PARIS):%Y%m%d%H%M%S}#{told.type}_{told.day:%Y%m%d}"
    speakers = {statuses.BUYER: told.buyer, statuses.SELLER: told.seller, **_OTHERS}
    body = (
        _e(
            "rsm:ExchangedDocumentContext",
            _e("ram:BusinessProcessSpecifiedDocumentContextParameter", _t("ram:ID", "REGULATED")),
            _e("ram:GuidelineSpecifiedDocumentContextParameter", _t("ram:ID", _GUIDELINE)),
        ),
        _e(
            "rsm:ExchangedDocument",
            _t("ram:ID", identity),
            _t("ram:Name", f"{told.number} CDV {told.code} {status.name}"),
            _moment("ram:IssueDateTime", made),
            _e("ram:SenderTradeParty", _t("ram:RoleCode", statuses.PLATFORM)),
            _party("ram:IssuerTradeParty", speakers.get(status.role, Party()), status.role),
            _party("ram:RecipientTradeParty", told.seller, statuses.SELLER, addressed=True),
            _e(
                "ram:RecipientTradeParty",
                _t("ram:GlobalID", AUTHORITY, schemeID="0238"),
                _t("ram:Name", "PPF"),
                _t("ram:RoleCode", "DFH"),
            ),
        ),
        _e(
            "rsm:AcknowledgementDocument",
            _e("ram:MultipleReferencesIndicator", _t("udt:Indicator", "false")),
            _t("ram:TypeCode", status.phase),
            _moment("ram:IssueDateTime", told.at),
            _reference(told, status),
        ),
    )
    root = "rsm:CrossDomainAcknowledgementAndResponse"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{names}>{"".join(body)}</{root}>\n'.encode()


def _reference(told: Telling, status: statuses.Status) -> str:
    return _e(
        "ram:ReferenceReferencedDocument",
        _t("ram:IssuerAssignedID", told.number),
        _t("ram:StatusCode", status.document),
        _t("ram:TypeCode", told.type),
        _moment("ram:ReceiptDateTime", told.received_at),
        _e("ram:FormattedIssueDateTime", _t("qdt:DateTimeString", f"{told.day:%Y%m%d}", format="102")),
        _t("ram:ProcessConditionCode", told.code),
        _t("ram:ProcessCondition", status.name),
        _e("ram:IssuerTradeParty", _t("ram:GlobalID", told.seller.siren, schemeID=SIREN)),
        *_details(told),
    )


def _details(told: Telling) -> Sequence[str]:
    """One group for each reason; the comment and the amounts stand in the first."""
    note = _e("ram:IncludedNote", _t("ram:Content", told.comment)) if told.comment else ""
    data = "".join(map(_amount, told.amounts))
    groups = [
        _t("ram:ReasonCode", reason.code)
        + _t("ram:Reason", reason.text)
        + _t("ram:RequestedActionCode", reason.action)
        + _t("ram:SequenceNumeric", str(place))
        for place, reason in enumerate(told.reasons, start=1)
    ]
    if not groups and (note or data):
        groups = [_t("ram:SequenceNumeric", "1")]
    return [_e("ram:SpecifiedDocumentStatus", group + (note + data if group is groups[0] else "")) for group in groups]


def _amount(one: Amount) -> str:
    return _e(
        "ram:SpecifiedDocumentCharacteristic",
        _t("ram:TypeCode", one.type),
        _e("ram:ValueChangedIndicator", _t("udt:IndicatorString", "false")),
        _t("ram:ValueAmount", f"{Decimal(one.amount):f}", currencyID="EUR"),
        _t("ram:ValuePercent", f"{Decimal(one.rate):f}"),
    )


def _party(element: str, party: Party, role: str, *, addressed: bool = False) -> str:
    address = _e("ram:URIUniversalCommunication", _t("ram:URIID", party.address or party.siren, schemeID=ADDRESS))
    return _e(
        element,
        _t("ram:GlobalID", party.siren, schemeID=SIREN),
        _t("ram:Name", party.name),
        _t("ram:RoleCode", role),
        address if addressed and party.siren else "",
    )


def _moment(element: str, when: datetime) -> str:
    return _e(element, _t("udt:DateTimeString", f"{when.astimezone(PARIS):%Y%m%d%H%M%S}", format="204"))


def _t(element: str, text: str, **marks: str) -> str:
    """A text; nothing where there is none."""
    written = "".join(f" {name}={quoteattr(value)}" for name, value in marks.items())
    return f"<{element}{written}>{escape(text)}</{element}>" if text else ""


def _e(element: str, *inside: str) -> str:
    return f"<{element}>{''.join(inside)}</{element}>"
