"""Whom the company pays and debits: a third party's accounts and its mandate, from its record."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Literal, cast

import msgspec
from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban

from lettrage.company.dossier import Address
from lettrage.company.form import Form
from lettrage.company.record import address_of
from lettrage.refusal import Refusal, quoted

Sequence = Literal["FRST", "RCUR", "OOFF", "FNAL"]
SEQUENCES: tuple[Sequence, ...] = ("FRST", "RCUR", "OOFF", "FNAL")
SCHEMES = ("CORE", "B2B")
MANDATE_NAMES = ("id", "signed", "sequence", "scheme")
_MANDATE_ID = re.compile(r"[A-Za-z0-9+?/:().,'-]{1,35}", re.ASCII)


class Mandate(msgspec.Struct, frozen=True):
    """What a debtor has signed. `sequence`: of the next collection, as far as the record knows."""

    id: str
    signed: date
    sequence: Sequence = "RCUR"
    scheme: str = "CORE"


class Payee(msgspec.Struct, frozen=True):
    """A third party as a bank is told of it. Its first account is the one that is used."""

    code: str
    name: str = ""
    ibans: tuple[str, ...] = ()
    bic: str = ""
    mandate: Mandate | None = None
    address: Address = Address()

    @property
    def iban(self) -> str:
        """The account that is used; "" where none is known."""
        return self.ibans[0] if self.ibans else ""


def payee_of(form: Form) -> Payee:
    """The payee that a third party's record describes. Faults of its mandate are noted."""
    signed = form.inner("mandate")  # {} where there is none, or where it is no object, which is noted
    mandate = _mandate(signed) if signed.record else None
    name, bic = form.text("name"), form.code("bic").upper()
    return Payee(form.code("code"), name, tuple(_ibans(form)), bic, mandate, address_of(form))


def _mandate(form: Form) -> Mandate | None:
    identity, signed = form.code("id", required=True), form.day("signed", required=True)
    sequence = form.choice("sequence", SEQUENCES, "RCUR")
    scheme = form.choice("scheme", SCHEMES, "CORE")
    if identity and not _MANDATE_ID.fullmatch(identity):
        form.fault("malformed_mandate", "id", quoted(identity), "A-Z a-z 0-9, 1-35")
        return None
    return Mandate(identity, signed, cast("Sequence", sequence), scheme) if identity and signed else None


def _ibans(form: Form) -> Iterator[str]:
    """The accounts in the order of the record, without blanks. A text holds several with commas or bars between."""
    given = form.record.get("ibans") or []
    texts = re.split(r"[,|]", given) if isinstance(given, str) else given
    for text in texts if isinstance(texts, list) else ():
        if isinstance(text, str) and text.strip():
            yield "".join(text.split()).upper()


def doubtful(form: Form) -> Iterator[Refusal]:
    """What of a record's accounts no bank would take: told when it is loaded, refused when it is used."""
    given = form.record.get("ibans")
    if not isinstance(given, list | str | None):
        yield Refusal("not_a_list", form.at("ibans"), "{ }", "[ ]")
    for iban in _ibans(form):
        if not is_iban(iban):
            yield Refusal("doubtful_iban", form.at("ibans"), quoted(iban), "modulo 97 = 1")
    bic = form.record.get("bic")
    if isinstance(bic, str) and bic.strip() and not is_bic(bic.strip().upper()):
        yield Refusal("doubtful_bic", form.at("bic"), quoted(bic), "AAAAFRPP, AAAAFRPPXXX")


@lru_cache(maxsize=16_384)
def is_iban(text: str) -> bool:
    """Whether this is an IBAN, its country's structure and its check digits right."""
    return bool(stdnum_iban.is_valid(text))


def is_bic(text: str) -> bool:
    """Whether this has the form of a BIC."""
    return bool(stdnum_bic.is_valid(text))


def kept(record: Mapping[str, Any]) -> Payee:
    """The payee of a stored record: one of before payment files were known may hold what would be refused today."""
    return payee_of(Form(dict(record), "", []))
