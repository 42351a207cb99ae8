"""A bank's file, whatever it is: found out by how it begins."""

import re

from lettrage.bank.statements import camt, cfonb120
from lettrage.bank.statements.document import Misread, StatementFile
from lettrage.limits import STATEMENT_BYTES
from lettrage.refusal import Refusal, quoted

FORMATS = "CFONB 120, camt.053, camt.054"
_CFONB = re.compile(rb"\s*0[1457]")


def read(data: bytes) -> StatementFile:
    """The statements of a file. Raises Misread with every reason why it is none."""
    if len(data) > STATEMENT_BYTES:
        raise Misread((Refusal("statement_too_large", "-", str(len(data)), str(STATEMENT_BYTES)),))
    start = data[:400].removeprefix(b"\xef\xbb\xbf")
    if not start.strip():
        raise Misread((Refusal("statement_empty", "1:1", facts={"line": "1", "column": "1"}),))
    if _CFONB.match(start):
        return cfonb120.read(data)
    if start.lstrip().startswith((b"<", b"\xff\xfe", b"\xfe\xff", b"\0<")):
        return camt.read(data)
    seen = quoted(start.decode("latin-1").strip()[:40])
    raise Misread((Refusal("statement_unknown_form", "1:1", seen, FORMATS, {"line": "1", "column": "1"}),))
