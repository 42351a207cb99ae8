"""Answers of a bank, written as banks write them."""

from collections.abc import Sequence
from xml.sax.saxutils import escape


def pain_002(
    message: str,
    *payments: tuple[str, str, str],
    group: tuple[str, str] = ("", ""),
    blocks: Sequence[tuple[str, str, str]] = (),
    version: str = "pain.002.001.10",
    note: str = "",
) -> bytes:
    """An answer: each payment is (end-to-end reference, status, reason code), each block (reference, status, code)."""
    inside = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{escape(of)}</OrgnlEndToEndId><TxSts>{status}</TxSts>{_why(code)}</TxInfAndSts>"
        for of, status, code in payments
    )
    rest = "".join(
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{escape(of)}</OrgnlPmtInfId><PmtInfSts>{status}</PmtInfSts>{_why(code)}"
        "</OrgnlPmtInfAndSts>"
        for of, status, code in blocks
    )
    if inside:
        rest += f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}-1</OrgnlPmtInfId>{inside}</OrgnlPmtInfAndSts>"
    status, code = group
    of_group = (f"<GrpSts>{status}</GrpSts>" if status else "") + _why(code)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><!-- {note} -->'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>ANSWER</MsgId><CreDtTm>2024-10-22T08:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escape(message)}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"{of_group}</OrgnlGrpInfAndSts>{rest}</CstmrPmtStsRpt></Document>"
    ).encode()


def _why(code: str) -> str:
    return f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""
