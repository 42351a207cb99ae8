"""Tree -> settlements: the three forms, the aliases, and all the faults that a settlement's own text shows.

Names of fields are compared in any case. A field given twice with different values is a fault of that settlement.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, NoReturn, cast

import msgspec

from lettrage import limits as maxima
from lettrage.company.dossier import nearest
from lettrage.guard.tokens import without_tokens
from lettrage.limits import DOCUMENT, Limits
from lettrage.refusal import Refusal, Unreadable, quoted
from lettrage.settlement import dialect
from lettrage.settlement.dialect import Node, Pairs, pairs
from lettrage.settlement.document import Detail, Document, Parameters, Place, Remark, Settlement
from lettrage.settlement.fields import (
    DETAIL_NAMES,
    FIELDS,
    HEADER_NAMES,
    Layout,
    Value,
    canonical,
    layout,
)

SERVICE = "integration_reglement"
TABLE = "EnteteReglementtb"
STRANGERS_TOLD = 50  # unknown names of one object that are told one by one
_ENVELOPE = ("action", "access_token", "param")
_FLAGS = {"withlog": "with_log", "dryrun": "dry_run", "atomic": "atomic", "repeat": "repeat"}
_TEXTS = {"dos": "dossier", "doscpt": "accounting_file", "etb": "establishment"}
_PARAMETERS = {*_FLAGS, *_TEXTS, "key", "response"}
_YES_NO = {"1": True, "true": True, "0": False, "false": False, "": False}
_encode = msgspec.json.Encoder().encode
# A document says the same again and again: what a field's text means is found out once.
Known = dict[str, dict[str, tuple[Value, str]]]  # by the field and its text
_OBJECTS = (dict, Pairs)
_BLANK: tuple[None, str] = (None, "")


def read(text: str, limits: Limits = DOCUMENT) -> Document:
    """Read a settlement document in any of its three forms.

    Raises Unreadable when the text is no document: syntax, limits, or none of the forms. Everything that concerns
    one settlement only becomes a fault of that settlement.
    """
    parsed = dialect.parse(text, limits)
    remarks = [_repair(repair) for repair in parsed.repairs]
    business = parsed.tree
    if (param := _named(business, "param")) is not None:
        _outer_strangers(business, "", _ENVELOPE, remarks)
        business = _unwrapped(param, text, limits, remarks)
    return read_tree(business, remarks, limits)


def read_tree(business: Node, remarks: list[Remark], limits: Limits = DOCUMENT) -> Document:
    """Read the business form, or the data alone, as a tree of texts; its remarks are added. Raises Unreadable."""
    parameters = _parameters(business, remarks)
    settlements, digest = _settlements(_table(business, remarks), parameters, limits, remarks)
    return Document(parameters, tuple(settlements), digest, tuple(remarks))


def _repair(repair: dialect.Repair) -> Remark:
    facts = {"line": str(repair.line), "column": str(repair.column)}
    return Remark(None, Refusal(repair.code, seen=repair.seen, facts=facts))


def _stop(code: str, path: str = "", seen: str = "", expected: str = "") -> NoReturn:
    raise Unreadable(Refusal(code, path, seen, expected))


# ---------------------------------------------------------------- the envelope


def _named(node: Node, name: str) -> Node | None:
    """The value of this name, in any case, at an outer level; two different values cannot be read."""
    if not isinstance(node, dict | Pairs):
        return None
    found = [(spelled, value) for spelled, value in pairs(node) if spelled.strip().lower() == name]
    if len(found) > 1 and any(value != found[0][1] for _, value in found):
        _stop("given_twice", found[1][0], shown(found[1][1]), shown(found[0][1]))
    return found[0][1] if found else None


def _unwrapped(param: Node, text: str, limits: Limits, remarks: list[Remark]) -> Node:
    """The business form inside `param`: a string that holds it, or directly an object."""
    if not isinstance(param, str):
        return param
    try:
        inner = dialect.parse(param, limits)
    except Unreadable as unreadable:
        raise Unreadable(_in_the_whole(unreadable.refusal, param, text)) from None
    remarks.extend(_repair(repair) for repair in inner.repairs)
    return inner.tree


def _in_the_whole(refusal: Refusal, param: str, text: str) -> Refusal:
    """An error's line and column in the caller's whole text, where `param` stands there as it was read."""
    at = text.find(param) if param else -1
    if at < 0 or "line" not in refusal.facts:
        return Refusal(refusal.code, "param", refusal.seen, refusal.expected, refusal.facts)
    line, column = int(refusal.facts["line"]), int(refusal.facts["column"])
    before = text[:at]
    if line == 1:
        column += at - (before.rfind("\n") + 1)
    facts = {"line": str(line + before.count("\n")), "column": str(column)}
    return Refusal(refusal.code, "param", refusal.seen, refusal.expected, facts)


def _parameters(business: Node, remarks: list[Remark]) -> Parameters:
    action = _named(business, "action")
    if not isinstance(action, dict | Pairs):
        return Parameters()
    _outer_strangers(action, "action.", ("swinfinity", "parameters"), remarks)
    service = _named(action, "swinfinity")
    if service is not None and (not isinstance(service, str) or service.strip().lower() != SERVICE):
        _stop("unknown_service", "action.swinfinity", shown(service), SERVICE)
    given = _named(action, "parameters")
    if given is None or given == "":
        return Parameters()
    if not isinstance(given, dict | Pairs):
        _stop("malformed_parameter", "action.parameters", shown(given), "{ }")
    values: dict[str, Any] = {}
    for spelled, _ in pairs(given):
        name = spelled.strip().lower()
        if name not in _PARAMETERS:
            remarks.append(_unknown(None, f"action.parameters.{spelled}", spelled, sorted(_PARAMETERS)))
            continue
        values |= _parameter(name, spelled, _named(given, name))
    return Parameters(**values)


def _parameter(name: str, spelled: str, value: Node | None) -> dict[str, Any]:
    """One parameter. A value that is not one stops the call: `dryrun` misspelt must not book for real."""
    path = f"action.parameters.{spelled}"
    text = value.strip() if isinstance(value, str) else None
    if text is None:
        _stop("malformed_parameter", path, shown(value), "text")
    if name in _FLAGS:
        if text.lower() not in _YES_NO:
            _stop("malformed_parameter", path, quoted(text), "0, 1")
        return {_FLAGS[name]: _YES_NO[text.lower()]}
    if name == "response":
        if text.lower() not in ("", "array", "single"):
            _stop("malformed_parameter", path, quoted(text), "array, single")
        return {"single": text.lower() == "single"}
    if name == "key":
        return {"key": checked_key(text, path)}
    return {_TEXTS[name]: text}


def checked_key(key: str, path: str) -> str:
    """An idempotency key: 1 to 100 printable ASCII characters; "" is none. Else raises Unreadable.

    It is kept and shown, so a token that was put there by mistake is none.
    """
    safe = without_tokens(key)
    if len(key) > maxima.KEY_CHARACTERS or not (key.isascii() and key.isprintable()) or safe != key:
        _stop("malformed_key", path, quoted(safe), f"1-{maxima.KEY_CHARACTERS} ASCII")
    return key


def _table(business: Node, remarks: list[Remark]) -> tuple[str, list[Node]]:
    """The table of headers, and its path as the caller spells it."""
    data = _named(business, "data")
    holder, path = (data, "data.") if data is not None else (business, "")
    found = _named(holder, TABLE.lower())
    if found is None or isinstance(found, str):
        place, expected = (path[:-1], TABLE) if data is not None else ("", f"param | data | {TABLE}")
        _stop("unknown_form", place, _outer_names(holder) or "-", expected)
    assert isinstance(holder, dict | Pairs)
    if data is not None:
        _outer_strangers(business, "", (*_ENVELOPE, "data"), remarks)
    _outer_strangers(holder, path, (*_ENVELOPE, TABLE.lower()), remarks)
    spelled = next(name for name, _ in pairs(holder) if name.strip().lower() == TABLE.lower())
    return path + spelled, _rows(found)


def _outer_strangers(node: Node, path: str, known: tuple[str, ...], remarks: list[Remark]) -> None:
    """Unknown names outside the settlements are told too."""
    for name, _ in pairs(node) if isinstance(node, dict | Pairs) else ():
        if name.strip().lower() not in known:
            remarks.append(_unknown(None, path + name, name, known))


def shown(node: Node | None) -> str:
    """What stands there, in a few characters: a text, or the kind of thing."""
    if isinstance(node, str):
        return quoted(node)
    return "[ ]" if type(node) is list else "{ }"


def _outer_names(node: Node) -> str:
    if not isinstance(node, dict | Pairs):
        return shown(node)
    return quoted(", ".join(name for name, _ in pairs(node)))


def _rows(table: Node) -> list[Node]:
    """A table is a list, or one object alone."""
    return table if isinstance(table, list) and not isinstance(table, Pairs) else [table]


def _unknown(position: int | None, path: str, name: str, known: Iterable[str]) -> Remark:
    hint = nearest(name, list(known)) or "-"
    return Remark(position, Refusal("unknown_name", path, quoted(name), hint))


# ---------------------------------------------------------------- the settlements


def _settlements(
    table: tuple[str, list[Node]], parameters: Parameters, limits: Limits, remarks: list[Remark]
) -> tuple[list[Settlement], str]:
    """The settlements, and the SHA-256 of their content.

    Unknown names count in the digest of the document (two advances may differ by nothing else), not in the identity of
    a settlement (a time stamp that we do not know does not make a repeated advance another one).
    """
    path, rows = table
    if len(rows) > limits.headers:
        _stop("too_many_settlements", path, str(len(rows)), str(limits.headers))
    left = limits.details
    settlements = []
    known: Known = {field: {} for field in FIELDS}
    digest = hashlib.sha256()
    for position, row in enumerate(rows):
        reader = _Reader(position, parameters, remarks, known)
        settlement = reader.settlement(row, f"{path}[{position}]")
        left -= len(settlement.details)
        if left < 0:
            _stop("too_many_details", path, f"> {limits.details}", str(limits.details))
        settlements.append(settlement)
        digest.update(settlement.identity.encode())
        if reader.strange:
            digest.update(_encode(reader.strange))
    return _compared(settlements), digest.hexdigest()


class _Reader:
    """Reads one header, gathering its faults and the remarks about it."""

    def __init__(self, position: int, parameters: Parameters, remarks: list[Remark], known: Known) -> None:
        self.position = position
        self.parameters = parameters
        self.remarks = remarks
        self.known = known
        self.faults: list[Refusal] = []
        self.malformed: set[str] = set()  # of the object being read
        self.content: list[Any] = []  # what is known, in one spelling
        self.strange: list[Any] = []  # unknown names and their values

    def settlement(self, row: Node, path: str) -> Settlement:
        node, path = self._inner(row, path, "entetereglement")
        values, written, place, table = self._fields(node, path, "header")
        malformed = frozenset(self.malformed)
        if (ours := self.parameters.establishment) and "establishment" not in values.keys() | malformed:
            place = Place(path, place.spelled | {"establishment": "/action.parameters.etb"})
            values["establishment"] = ours
            written = dict(sorted((written | {"establishment": ours}).items()))
        self.content.append(written)
        details = self._details(table, place)
        if "*" not in malformed:
            self._required(values.keys() | malformed, place, details)
        identity = hashlib.sha256(_encode(self.content)).hexdigest()
        read = cast("dict[str, Any]", values)
        return Settlement(self.position, place, identity, details, tuple(self.faults), malformed, **read)

    def _required(self, given: AbstractSet[str], place: Place, details: tuple[Detail, ...]) -> None:
        if "direction" not in given:
            self._fault("missing_field", place.of("direction"), "", "ENCASHMENT=1, DISBURSEMENT=2")
        if "change" not in given and "final" not in given:
            self._fault("missing_field", place.of("change"), "", "CHGETAT | FINALSTATEMENT")
        if not details and "details" not in given:
            self._fault("no_details", place.of("details"))

    def _details(self, table: Node, place: Place) -> tuple[Detail, ...]:
        if table == "":
            return ()
        path = place.of("details")
        details = []
        for index, row in enumerate(_rows(table)):
            node, detail_path = self._inner(row, f"{path}[{index}]", "detailreglement")
            values, written, detail_place, _ = self._fields(node, detail_path, "detail")
            self.content.append(written)
            if self.malformed:
                values["malformed"] = cast("Any", frozenset(self.malformed))
            details.append(Detail(detail_place, **cast("dict[str, Any]", values)))
        return tuple(details)

    def _inner(self, row: Node, path: str, wrapper: str) -> tuple[Node, str]:
        """A row is the object itself, or an object with that one object in it."""
        if not isinstance(row, _OBJECTS):
            return row, path
        if len(row) == 1 and type(row) is dict:
            ((name, inner),) = row.items()
            return (inner, f"{path}.{name}") if name.strip().lower() == wrapper else (row, path)
        found = [(name, inner) for name, inner in pairs(row) if name.strip().lower() == wrapper]
        if not found:
            return row, path
        name, inner = found[0]
        if any(other != inner for _, other in found):
            self._fault("given_twice", f"{path}.{name}", shown(found[1][1]), shown(inner))
        for stranger, _ in pairs(row):
            if stranger.strip().lower() != wrapper:
                self.remarks.append(_unknown(self.position, f"{path}.{stranger}", stranger, [name]))
        return inner, f"{path}.{name}"

    def _fields(self, node: Node, path: str, level: str) -> tuple[dict[str, Value], dict[str, str], Place, Node]:
        """The values of an object's fields, the same in one spelling, its place, and the table that it holds."""
        if self.malformed:
            self.malformed = set()
        if not isinstance(node, _OBJECTS):
            self._fault("not_an_object", path, shown(node), "{ }")
            self.malformed.add("*")
            return {}, {}, Place(path, {}), ""
        names = tuple(node) if type(node) is dict else tuple(name for name, _ in pairs(node))
        plan = layout(level, names)
        place = Place(path, plan.spelled)
        if plan.unknown:
            self._strangers(plan, node, place, level)
        if plan.clash or type(node) is not dict:
            node = self._once(plan, node, place)
            plan = layout(level, tuple(node))
        values: dict[str, Value] = {}
        written: dict[str, str] = {}
        table: Node = ""
        for field, name in plan.reading:
            raw = node[name]
            if field == "details":
                table = raw
            elif raw != "":
                met = self.known[field].get(raw) if type(raw) is str else None
                value, spelled = met or self._value(field, raw, place)
                if value is not None:
                    values[field] = value
                if spelled:
                    written[field] = spelled
        return values, written, place, table

    def _value(self, field: str, raw: Node, place: Place) -> tuple[Value | None, str]:
        """A field's value, and the same in one spelling; nothing for a blank one, or one that is at fault."""
        if not isinstance(raw, str):
            self._fault("not_a_value", place.of(field), shown(raw), "text")
            self.malformed.add(field)
            return _BLANK
        text = raw.strip()
        if not text or (text == "00000000" and field in ("date", "due_date")):
            return _BLANK
        rule = FIELDS[field]
        value = rule.read(text)
        if value is None:
            self._fault(rule.code, place.of(field), quoted(text), rule.expected)
            self.malformed.add(field)
            self.content.append([field, text])
            return _BLANK
        # An ordinary payment is a blank operation.
        met = self.known[field][raw] = (value, "" if value == "PAYMENT" else canonical(value))
        return met

    def _strangers(self, plan: Layout, node: dict[str, Node] | Pairs, place: Place, level: str) -> None:
        known = HEADER_NAMES if level == "header" else DETAIL_NAMES
        for name in plan.unknown[:STRANGERS_TOLD]:
            self.remarks.append(_unknown(self.position, f"{place.path}.{name}", name, known))
        more = len(plan.unknown) - STRANGERS_TOLD
        if more > 0:
            self.remarks.append(Remark(self.position, Refusal("unknown_name", place.path, f"+ {more}", "-")))
        strange = frozenset(plan.unknown)
        self.strange.append([item for item in pairs(node) if item[0] in strange])

    def _once(self, plan: Layout, node: dict[str, Node] | Pairs, place: Place) -> dict[str, Node]:
        """Each field once. Under two names, or twice under one: equal is a remark, different a fault."""
        kept: dict[str, Node] = {}
        first: dict[str, str] = {}
        for field, (name, value) in zip(plan.fields, pairs(node), strict=True):
            if not field or value == "" or (isinstance(value, str) and not value.strip()):
                continue
            if field not in first:
                first[field] = name
                kept[name] = value
                continue
            earlier, path = kept[first[field]], f"{place.path}.{name}"
            if _same(field, earlier, value):
                self.remarks.append(
                    Remark(self.position, Refusal("given_twice_equal", path, shown(value), first[field]))
                )
            else:
                self._fault("given_twice", path, shown(value), shown(earlier))
                self.malformed.add(field)
        for field in self.malformed:
            kept.pop(first[field], None)
        return kept

    def _fault(self, code: str, path: str, seen: str = "", expected: str = "") -> None:
        self.faults.append(Refusal(code, path, seen, expected))


def _same(field: str, earlier: Node, later: Node) -> bool:
    if not (isinstance(earlier, str) and isinstance(later, str)) or field not in FIELDS:
        return earlier == later
    one, other = FIELDS[field].read(earlier.strip()), FIELDS[field].read(later.strip())
    if one is None or other is None:
        return earlier.strip() == later.strip()
    return canonical(one) == canonical(other)


def _compared(settlements: list[Settlement]) -> list[Settlement]:
    """Faults that show only side by side: a REGLEMENTNUM twice, or the same order twice in one group."""
    numbers = Counter(s.number for s in settlements if s.number)
    orders = Counter((s.group, s.order) for s in settlements if s.group and "order" not in s.malformed)
    if all(n == 1 for n in numbers.values()) and all(n == 1 for n in orders.values()):
        return settlements
    return [_with_twins(s, numbers[s.number] > 1, orders[s.group, s.order] > 1) for s in settlements]


def _with_twins(settlement: Settlement, number_twice: bool, order_twice: bool) -> Settlement:
    faults = list(settlement.faults)
    if number_twice:
        faults.append(Refusal("number_twice", settlement.place.of("number"), settlement.number))
    if order_twice:
        facts = {"group": settlement.group}
        faults.append(Refusal("order_twice", settlement.place.of("order"), str(settlement.order), facts=facts))
    return msgspec.structs.replace(settlement, faults=tuple(faults)) if faults else settlement
