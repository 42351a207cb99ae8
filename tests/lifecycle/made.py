"""Lifecycle messages to test with: random ones, the official examples, and the facts of their first use case."""

import string
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from lettrage.dates import PARIS
from lettrage.invoicing.document import Identifier, Note
from lettrage.invoicing.lifecycle.message import (
    PLATFORM,
    PLATFORMS,
    Acknowledgement,
    Attachment,
    Characteristic,
    Detail,
    Message,
    Party,
    Reference,
)
from lettrage.invoicing.lifecycle.sent import Concerned, Received
from lettrage.invoicing.lifecycle.statuses import statuses
from lettrage.money import Amount, Figure
from tests.invoicing import samples
from tests.invoicing.strategies import TEXT, coin

EXAMPLES = sorted((samples.FOLDER / "fr-ctc").glob("**/*CDV*.xml"))
UC1 = samples.FOLDER / "fr-ctc" / "xp-z12-014" / "UC1"
EUR = coin("EUR")


def euros(cents: int) -> Amount:
    return Amount(cents, EUR)


def part(percent: int, cents: int) -> Received:
    return Received(Figure(percent * 100, 2), euros(cents))


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)  # type: ignore[misc,arg-type]


def concerned(**changes: Any) -> Concerned:
    """The invoice of the first official use case."""
    facts: dict[str, Any] = {
        "number": "F202500003",
        "type": "380",
        "date": date(2025, 7, 1),
        "seller": Identifier("100000009", "0002"),
        "seller_name": "VENDEUR",
        "buyer": Identifier("200000008", "0002"),
        "buyer_name": "ACHETEUR",
        "buyer_endpoint": Identifier("200000008", "0225"),
        "platform": Party(PLATFORM, (Identifier("0003", PLATFORMS),), "PA-E Vendeur"),
        "received_at": paris(2025, 7, 1, 15, 10),
    }
    return Concerned(**(facts | changes))


# ---------------------------------------------------------------- random ones

_CODE = st.text(string.ascii_letters + string.digits + "-_/", min_size=1, max_size=12)
_MAYBE, _MAYBE_CODE = st.just("") | TEXT, st.just("") | _CODE
_DAYS = st.none() | st.dates(date(1901, 1, 1), date(2999, 12, 31))
_IDS = st.builds(Identifier, _CODE, st.sampled_from(["", "0002", "0009", "0225", "0238"]))
_FIGURES = st.builds(Figure, st.integers(-(10**9), 10**9), st.integers(0, 4))
_AMOUNTS = st.builds(Amount, st.integers(-(10**13), 10**13), st.sampled_from([EUR, coin("TND"), coin("JPY")]))


def _told_in_paris(naive: datetime) -> bool:
    """Whether Paris has this time: the spring night leaves an hour out."""
    return naive.replace(tzinfo=PARIS).astimezone(UTC).astimezone(PARIS).replace(tzinfo=None) == naive


MOMENTS = (
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001
    .map(lambda at: at.replace(microsecond=0))
    .filter(_told_in_paris)
    .map(lambda at: at.replace(tzinfo=PARIS).astimezone(UTC))
)
_AT = st.none() | MOMENTS
_PARTIES = st.builds(Party, _MAYBE_CODE, st.lists(_IDS, max_size=2).map(tuple), _MAYBE, st.none() | _IDS)
_SOME_PARTY = _PARTIES.filter(lambda party: party != Party())
_DATA = st.builds(
    Characteristic,
    type=st.sampled_from(["", "MEN", "RAP", "CBB", "DIV", "XYZ"]),
    amount=st.none() | _AMOUNTS,
    percent=st.none() | _FIGURES,
    changed=st.none() | st.booleans(),
    id=_MAYBE_CODE,
    name=_MAYBE,
    location=_MAYBE,
    value=_MAYBE,
    date=_DAYS,
).filter(lambda datum: datum != Characteristic())
_NOTES = st.builds(Note, TEXT, st.sampled_from(["", "AHN"]))
_DETAILS = st.builds(
    Detail,
    reason=st.sampled_from(["", "DOUBLON", "AUTRE", "MINE"]),
    text=_MAYBE,
    status=st.sampled_from(["", "210"]),
    action=st.sampled_from(["", "NIN", "ZZZ"]),
    action_text=_MAYBE,
    invalid=_MAYBE,
    sequence=st.none() | st.integers(0, 999),
    notes=st.lists(_NOTES, max_size=2).map(tuple),
    data=st.lists(_DATA, max_size=3).map(tuple),
).filter(lambda detail: detail != Detail())
_FILES = st.builds(Attachment, _CODE, st.sampled_from(["application/pdf", "text/csv"]), st.binary(max_size=20))
_REFERENCES = st.builds(
    Reference,
    number=_CODE,
    code=st.sampled_from([*statuses(), "299"]),
    type=st.sampled_from(["", "380", "381"]),
    date=_DAYS,
    label=_MAYBE,
    document=st.sampled_from(["", "47", "8"]),
    received_at=_AT,
    reference_type=_MAYBE_CODE,
    attachments=st.lists(_FILES, max_size=1).map(tuple),
    issuer=_PARTIES,
    recipients=st.lists(_SOME_PARTY, max_size=1).map(tuple),
    details=st.lists(_DETAILS, max_size=2).map(tuple),
)
_TOLD = st.builds(
    Acknowledgement,
    phase=st.sampled_from(["23", "305"]),
    references=st.lists(_REFERENCES, min_size=1, max_size=2).map(tuple),
    at=_AT,
    multiple=st.booleans(),
)
MESSAGES = st.builds(
    Message,
    guideline=_CODE,
    id=_CODE,
    acknowledgements=st.lists(_TOLD, min_size=1, max_size=2).map(tuple),
    issued_at=_AT,
    process=_MAYBE_CODE,
    name=_MAYBE,
    sender=_PARTIES,
    issuer=_PARTIES,
    recipients=st.lists(_SOME_PARTY, min_size=1, max_size=2).map(tuple),
)
