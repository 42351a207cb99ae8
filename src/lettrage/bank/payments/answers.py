"""A bank's answer about a file (pain.002), of whichever version: elements are found by their local names."""

import hashlib
from typing import Literal

import msgspec
from lxml import etree

from lettrage.guard import xml_safe
from lettrage.refusal import Refusal, Unreadable, quoted

REJECTED = "RJCT"


class Verdict(msgspec.Struct, frozen=True):
    """What the answer says of the whole file (`of` ""), of a block or of one payment, and why: `AC04 closed`."""

    level: Literal["group", "block", "payment"]
    of: str
    status: str
    reason: str

    @property
    def rejects(self) -> bool:
        """Whether the bank will not do it."""
        return self.status == REJECTED


class Answer(msgspec.Struct, frozen=True):
    """What a bank answers about one message of ours."""

    data: bytes
    sha256: str
    message: str
    verdicts: tuple[Verdict, ...]


def read(data: bytes) -> Answer:
    """The answer in this file. Raises Unreadable."""
    root = xml_safe.parse(data)
    report = next((e for e in root.iter("{*}CstmrPmtStsRpt", "{*}pain.002.001.02")), None)
    original = None if report is None else _child(report, "OrgnlGrpInfAndSts")
    message = "" if original is None else _text(original, "OrgnlMsgId")
    if report is None or original is None or not message:
        seen = etree.QName(root).localname if report is None else "OrgnlMsgId"
        raise Unreadable(Refusal("not_an_answer", "FILE", quoted(seen), "CstmrPmtStsRpt"))
    verdicts = [Verdict("group", "", _text(original, "GrpSts"), _reason(original))]
    for block in report.iterchildren("{*}OrgnlPmtInfAndSts"):
        verdicts.append(Verdict("block", _text(block, "OrgnlPmtInfId"), _text(block, "PmtInfSts"), _reason(block)))
        verdicts += [_payment(one) for one in block.iterchildren("{*}TxInfAndSts")]
    verdicts += [_payment(one) for one in report.iterchildren("{*}TxInfAndSts")]  # version 2 of 2006
    return Answer(data, hashlib.sha256(data).hexdigest(), message, tuple(v for v in verdicts if v.status))


def _payment(one: etree._Element) -> Verdict:
    return Verdict("payment", _text(one, "OrgnlEndToEndId"), _text(one, "TxSts"), _reason(one))


def _reason(of: etree._Element) -> str:
    """The first reason's code with what the bank says beside it; "" where it gives none."""
    for given in of.iterchildren("{*}StsRsnInf"):
        codes = [_text(rsn, name) for rsn in given.iterchildren("{*}Rsn", "{*}StsRsn") for name in ("Cd", "Prtry")]
        said = [(line.text or "").strip() for line in given.iterchildren("{*}AddtlInf", "{*}AddtlStsRsnInf")]
        return " ".join(filter(None, [*codes, *said]))[:200]
    return ""


def _child(of: etree._Element, name: str) -> etree._Element | None:
    return next(of.iterchildren(f"{{*}}{name}"), None)


def _text(of: etree._Element, name: str) -> str:
    found = _child(of, name)
    return (found.text or "").strip() if found is not None else ""
