"""Settlements as we would write them today: English names, strict types, one spelling. The journey behind is the same.

The form is read strictly and whole (every fault at once), then given the names of the wire, so that the same reader,
the same digests and the same rules follow. What is refused is named by JSON pointers into the caller's own text.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from lettrage.adapters.http.fields import Code, CurrencyCode, Day, Digits, Direction, Label, Money, Number, Shape, State
from lettrage.adapters.http.problems import Problem
from lettrage.adapters.http.reading import Row, form_of
from lettrage.limits import DOCUMENT
from lettrage.refusal import Refusal, Unreadable
from lettrage.settlement.dialect import Node
from lettrage.settlement.document import TAGS, Document, Place, Remark, Settlement
from lettrage.settlement.fields import DETAIL_NAMES, HEADER_NAMES
from lettrage.settlement.read import SERVICE, TABLE, read_tree

OPERATIONS = {
    "payment": "",
    "partial": "WPA",
    "settlement_difference": "WDR",
    "exchange_difference": "WDC",
    "discount": "WE",
    "advance": "WAR",
}


class DetailForm(Row):
    """What of the settlement goes to one due item, advance or instrument."""

    third_party: Code | None = None
    operation: (
        Literal["payment", "partial", "settlement_difference", "exchange_difference", "discount", "advance"] | None
    ) = None
    piece: Code | None = None
    prefix: Code | None = None
    due_date: Day | None = None
    amount: Money | None = Field(None, description="In the due item's currency")
    paid: Money | None = Field(None, description="In the settlement's currency")
    paid_home: Money | None = Field(None, description="In the dossier's currency")
    transaction: Number | None = Field(None, description="Deposits, advances consumed: the transaction meant")
    order: Number | None = None
    from_state: State | None = Field(None, description="Deposits by criteria: the instrument's state")
    from_home: Money | None = None
    from_amount: Money | None = None
    currency: CurrencyCode | None = None


class SettlementForm(Row):
    """One settlement: money that came in or went out, and what it settles."""

    direction: Direction
    third_party: Code | None = None
    amount: Money | None = Field(None, description="The total, in the settlement's currency")
    home_amount: Money | None = Field(None, description="The total in the dossier's currency: blocks the rate")
    currency: CurrencyCode | None = None
    state_change: Code | None = Field(None, description="It or final_state")
    final_state: State | None = None
    bank: Code | None = None
    establishment: Code | None = None
    date: Day | None = Field(None, description="Absent: today in Paris")
    label: Label | None = None
    group: Code | None = Field(None, description="Settlements of one group are one transaction, all or nothing")
    order: Number | None = None
    number: Digits | None = Field(None, description="The caller's own number; comes back in the answer")
    details: Annotated[list[DetailForm], Field(min_length=1)]


class SettlementsForm(Shape):
    """A document: its settlements are booked in order, in one commit."""

    settlements: Annotated[list[SettlementForm], Field(min_length=1)]
    dry_run: bool = Field(False, description="Check and plan, store nothing; the answer carries the plan")
    atomic: bool = Field(False, description="The whole document or nothing")
    repeat: bool = Field(False, description="This is another one, however alike: rules of repetition are not looked at")
    log: bool = Field(False, description="The answer carries the lines of the logbook")


# ---------------------------------------------------------------- reading


def read(text: str) -> Document:
    """Read a document of our own form. Raises Problem (400, 422) with every fault; Unreadable beyond a limit."""
    form = form_of(text, SettlementsForm, _within_limits)
    flags = {"dryrun": form.dry_run, "atomic": form.atomic, "repeat": form.repeat, "withlog": form.log}
    parameters: Node = {name: "1" if flag else "" for name, flag in flags.items()}
    tree: Node = {
        "action": {"swinfinity": SERVICE, "parameters": parameters},
        "data": {TABLE: [_header(settlement) for settlement in form.settlements]},
    }
    document = read_tree(tree, [])
    return msgspec.structs.replace(
        document,
        settlements=tuple(_pointed(settlement) for settlement in document.settlements),
        remarks=tuple(Remark(r.position, _repointed(r.refusal)) for r in document.remarks),
    )


def _within_limits(tree: Any) -> None:
    """Raises Unreadable for more settlements or details than a document may have: they are counted, not read."""
    settlements = _rows(tree, "settlements")
    details = sum(len(_rows(settlement, "details")) for settlement in settlements[: DOCUMENT.headers])
    for code, count, most in (
        ("too_many_settlements", len(settlements), DOCUMENT.headers),
        ("too_many_details", details, DOCUMENT.details),
    ):
        if count > most:
            raise Unreadable(Refusal(code, "/settlements", str(count), str(most)))


def _rows(node: Any, name: str) -> list[Any]:
    """The list of this name; [] where there is none, which the form itself will tell."""
    rows = node.get(name) if isinstance(node, dict) else None
    return rows if isinstance(rows, list) else []


# ---------------------------------------------------------------- our names, the wire's names

_FIELDS = {"home_amount": "home", "state_change": "change", "final_state": "final"}  # where they differ
_NAMES = {field: name for name, field in _FIELDS.items()}


class Pointer(Place, frozen=True):
    """A place in a document of our own form, as a JSON pointer."""

    def of(self, field: str) -> str:
        """The pointer of a field."""
        return f"{self.path}/{_NAMES.get(field, field)}"


def _header(settlement: SettlementForm) -> Node:
    tree = _tagged(settlement, ("details",))
    tree[TAGS["details"]] = [_tagged(detail, ()) for detail in settlement.details]
    return tree


def _tagged(form: Shape, but: tuple[str, ...]) -> dict[str, Node]:
    """The fields that are given, under the names of the wire."""
    given = {name: value for name in type(form).model_fields if name not in but and (value := getattr(form, name))}
    if "operation" in given:
        given["operation"] = OPERATIONS[given["operation"]]
    return {TAGS[_FIELDS.get(name, name)]: value for name, value in given.items()}


def _pointed(settlement: Settlement) -> Settlement:
    """The same settlement, its places and its faults as pointers."""
    path = f"/settlements/{settlement.position}"
    details = tuple(
        msgspec.structs.replace(detail, place=Pointer(f"{path}/details/{index}", {}))
        for index, detail in enumerate(settlement.details)
    )
    faults = tuple(_repointed(fault) for fault in settlement.faults)
    return msgspec.structs.replace(settlement, place=Pointer(path, {}), details=details, faults=faults)


_WIRE = re.compile(rf"data\.{TABLE}\[(?P<header>\d+)\](?:\.{TAGS['details']}\[(?P<detail>\d+)\])?(?:\.(?P<tag>\w+))?")

_WORDS = {"CHGETAT | FINALSTATEMENT": "state_change | final_state", "ENCASHMENT=1, DISBURSEMENT=2": "direction"}


def _repointed(refusal: Refusal) -> Refusal:
    """A refusal whose path is the wire's, with our pointer in its place."""
    found = _WIRE.fullmatch(refusal.path)
    if found is None:
        return refusal
    pointer, known = f"/settlements/{found['header']}", HEADER_NAMES
    if found["detail"]:
        pointer, known = f"{pointer}/details/{found['detail']}", DETAIL_NAMES
    if found["tag"]:
        field = known[found["tag"].upper()]
        pointer += f"/{_NAMES.get(field, field)}"
    return Refusal(refusal.code, pointer, refusal.seen, _WORDS.get(refusal.expected, refusal.expected), refusal.facts)


# ---------------------------------------------------------------- answering


def answer(text: str, key: str = "") -> dict[str, Any]:
    """The answer that `settle` gave, in our own form: per settlement its transaction, or every reason against it.

    Raises Problem (409) for one kept under the key when it was used on the page's way in, in the page's single form:
    that form does not say what became of each settlement.
    """
    result = msgspec.json.decode(msgspec.json.decode(text)["result"])["result"]
    if not isinstance(result["response"], list):
        raise Problem(409, Refusal("key_reused", "key", key))
    settlements = [_outcome(element, planned="plan" in result) for element in result["response"]]
    refused = sum(1 for settlement in settlements if settlement["outcome"] == "refused")
    shape = {"done": len(settlements) - refused, "refused": refused, "settlements": settlements}
    return shape | {name: result[name] for name in ("log", "plan") if name in result}


def _outcome(element: dict[str, Any], *, planned: bool) -> dict[str, Any]:
    done = "planned" if planned else "done"
    return {
        "number": element["REGLEMENTNUM"] or None,
        "outcome": done if element["resultcode"] == "0" else "refused",
        "transaction": element["transactionId"] or None,
        "reasons": element["reasons"],
    }
