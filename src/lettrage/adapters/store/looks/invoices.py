"""The list of sales: a page of it, how many are in each view, and what is left to pay of them.

A page goes by an index of its order. Where a filter has none, so many sales are looked through at a time and the list
goes on behind them. The views of the latest sales are counted, and of all where an index knows; kept as long as neither
the books nor anything heard of an invoice changes. So nothing here grows with the books.

What was never sent is for one view or the other by its customer's door, which the rules of routes decide: only for the
customers of what was found, in as many statements for one of them as for all.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Literal, cast, get_args

import msgspec

from lettrage.adapters.store.looks.memo import Memo
from lettrage.adapters.store.outbox import as_keys
from lettrage.adapters.store.reading import Reader, held
from lettrage.invoicing.document import CREDIT_NOTES
from lettrage.invoicing.doors import Door, door_of, environment_of, siblings
from lettrage.invoicing.routing.deciding import RouteBooks, known
from lettrage.invoicing.sending.listing import ALL, COUNTED, LOOKED, SUMMED, Listed, Order, Tally, View, Wanted
from lettrage.invoicing.sending.shelf import NOT_SENT

Position = tuple[int | str, ...]

# What is open of an invoice; what a cancelled transaction made is withdrawn.
_STANDS = (
    '(i."transaction" IS NULL OR (SELECT c.status FROM "transaction" c WHERE c.dossier = ?1'
    " AND c.number = i.\"transaction\") <> 'cancelled')"
)
_OF_INVOICE = "i.dossier = ?1 AND i.third_party = v.third_party AND i.prefix = v.prefix AND i.piece = v.number"
_SOLD = ", ".join(
    f"v.{name}" for name in ("dossier", "id", "third_party", "prefix", "number", "date", "home", "currency", "amount")
)
_JOINS = """
LEFT JOIN third_party t ON t.dossier = ?1 AND t.code = v.third_party
LEFT JOIN sales_document d ON d.dossier = ?1 AND d.id = (SELECT max(n.id) FROM sales_document n
     WHERE n.dossier = ?1 AND n.number = v.prefix || v.number AND n.third_party = v.third_party)
LEFT JOIN deposit p ON p.dossier = ?1 AND p.document = d.id AND p.platform IN (?2, ?3)
     AND p.flow = (SELECT max(q.flow) FROM deposit q
                   WHERE q.dossier = ?1 AND q.document = d.id AND q.platform IN (?2, ?3))
LEFT JOIN flow f ON f.dossier = ?1 AND f.id = p.flow
"""
_STATE = f"""
CASE WHEN p.flow IS NULL THEN '{NOT_SENT}' WHEN p.outcome = 'integrated' AND p.status <> '' THEN p.status
     WHEN p.outcome <> '' THEN p.outcome ELSE f.state END
"""
_UNSENT = "unsent"  # no view: its customer's door decides
# Which view a line belongs to: what stopped first, as the home page counts it; see `ix_deposit_stuck`.
_VIEW = """
CASE WHEN x.state IN ('rejected', 'refused', 'numbering_error') THEN 'a_corriger'
     WHEN x.state IN ('REJETEE', '210', '213') AND x.still <> 0 AND (SELECT count(*) FROM sales_document s
          WHERE s.dossier = ?1 AND s.corrects = x.document) = 0 THEN 'a_corriger'
     WHEN x.state IN ('SUSPENDUE', 'A_RECYCLER', '207', '208', '221') THEN 'suspendues'
     WHEN x.state IN ('in_doubt', 'given_up') THEN 'doute'
     WHEN x.still = 0 THEN 'reglees'
     WHEN x.document IS NULL THEN 'sans_plateforme'
     WHEN x.state = 'not_sent' THEN 'unsent'
     WHEN x.state IN ('MISE_EN_PAIEMENT', '211') THEN 'mises_en_paiement'
     WHEN x.state IN ('MISE_A_DISPOSITION', 'PRISE_EN_COMPTE_DESTINATAIRE', 'COMPLETEE', 'SERVICE_FAIT', 'MANDATEE',
                      'MISE_A_DISPOSITION_COMPTABLE', 'COMPTABILISEE',
                      '202', '203', '204', '205', '206', '209', '212', '214', '224', '225', '226', '227', '228',
                      'partly_received')
          THEN 'chez_le_client'
     ELSE 'en_cours' END
"""
# The lines of the sales that are looked through (`{sold}`), as far as `{inside}` and `{outside}` let them.
_LINES = f"""
SELECT y.* FROM (SELECT x.*, {_VIEW} AS standing FROM (
    SELECT v.id, v.third_party, v.prefix || v.number AS shown, v.date, v.number, v.home, v.currency, v.amount,
           d.id AS document, d.type, t.record, {_STATE} AS state, p.platform AS left_by, v.still, v.open, v.open_home,
           coalesce(v.due, (SELECT max(i.due_date) FROM due_item i WHERE {_OF_INVOICE})) AS due
    FROM (SELECT {_SOLD}, count(i.id) AS still, CAST(sum(i.open) AS BIGINT) AS open,
                 CAST(coalesce(sum(i.carried), 0) AS BIGINT) AS open_home, min(i.due_date) AS due
          FROM ({{sold}}) v LEFT JOIN due_item i ON {_OF_INVOICE} AND i.open <> 0 AND {_STANDS}
          GROUP BY {_SOLD}) v
    {_JOINS} {{inside}}) x) y {{outside}}
"""
# The same to be counted: no more of each sale than says its view.
_NAMES = "v.dossier, v.id, v.third_party, v.prefix, v.number"
_COUNTED = f"""
SELECT y.standing, y.party, count(*), CAST(sum(y.open_home) AS BIGINT) FROM (
SELECT z.standing, CASE WHEN z.standing = '{_UNSENT}' THEN z.third_party ELSE '' END AS party, z.open_home FROM (
SELECT x.third_party, x.open_home, {_VIEW} AS standing FROM (
    SELECT v.third_party, d.id AS document, {_STATE} AS state, v.still, v.open_home
    FROM (SELECT {_NAMES}, count(i.id) AS still, CAST(coalesce(sum(i.carried), 0) AS BIGINT) AS open_home
          FROM ({{sold}}) v LEFT JOIN due_item i ON {_OF_INVOICE} AND i.open <> 0 AND {_STANDS}
          GROUP BY {_NAMES}) v
    {_JOINS}) x) z) y GROUP BY y.standing, y.party
"""
_HEARD = """
SELECT h.at, (SELECT count(*) FROM status_event e
              WHERE e.dossier = ?1 AND e.platform = ?2 AND e.heard_at = h.at),
       h.approved, (SELECT count(*) FROM status_event e
                    WHERE e.dossier = ?1 AND e.platform = ?3 AND e.heard_at = h.approved), h.flows
FROM (SELECT (SELECT max(heard_at) FROM status_event WHERE dossier = ?1 AND platform = ?2) AS at,
             (SELECT max(heard_at) FROM status_event WHERE dossier = ?1 AND platform = ?3) AS approved,
             (SELECT max(id) FROM flow WHERE dossier = ?1) AS flows) h
"""
_NAMED = """
SELECT code, record FROM third_party WHERE dossier = ?1 AND ledger = 'customer'
AND (lower(code) LIKE lower(?2) OR lower(record) LIKE lower(?2)) ORDER BY code LIMIT 1000
"""
# The few that stopped are reached from their deposits (`ix_deposit_stuck`), a customer's from its code.
# Of an approved platform those that its customers stopped are among the followed ones (`ix_deposit_followed`).
_STUCK = """(SELECT DISTINCT s.invoice FROM (
    SELECT g.document FROM deposit g WHERE g.dossier = ?1 AND g.platform IN (?2, ?3)
    AND (g.outcome IN ('rejected', 'refused', 'numbering_error', 'in_doubt', 'given_up')
         OR g.status IN ('REJETEE', 'SUSPENDUE', 'A_RECYCLER'))
    UNION ALL
    SELECT g.document FROM deposit g WHERE g.dossier = ?1 AND g.platform = ?3 AND g.followed = 1
    AND g.status IN ('207', '208', '210', '213', '221')) g
JOIN sales_document s ON s.dossier = ?1 AND s.id = g.document) g CROSS JOIN invoice v"""
_STUCK_VIEWS: frozenset[View] = frozenset(("a_corriger", "suspendues", "doute"))
_PLACES: Mapping[Order, int] = {"date": 3, "number": 4, "home": 5}  # in a line
_PARTY, _DOCUMENT, _LEFT_BY = 1, 8, 12
_FEW = 20  # customers that a word may mean for their sales to be reached from their codes
_Standing = View | Literal["unsent"]
_Doors = Mapping[str, Door | Literal[""]]  # of customers, by code
_BY_DOOR: tuple[View, ...] = ("a_deposer", "sans_plateforme")
_WAITING = 1_000  # customers whose door is asked for the counts; of more these two views have at least so many
_counts: Memo[Mapping[tuple[_Standing, str], Tally]] = Memo(32)


class _Record(msgspec.Struct):
    name: str = ""
    siret: str = ""


_record = msgspec.json.Decoder(_Record).decode


class _Question:
    """Conditions with their parameters, numbered from the fourth on, and from where sales are reached.

    `platform`: Chorus Pro's; what left through the other door of its environment is listed beside it.
    """

    def __init__(self, platform: str) -> None:
        chorus, approved = siblings(platform)
        self.given: list[object] = [chorus, approved]
        self.start = "invoice v"
        self.along: list[str] = []  # on a sale, by the index that the list goes by
        self.inside: list[str] = []  # on what the tables have
        self.outside: list[str] = []  # on what was worked out of it

    def number(self, value: object) -> str:
        self.given.append(value)
        return f"?{len(self.given) + 1}"

    def ask(self, condition: str, *values: object) -> None:
        self.inside.append(condition.format(*map(self.number, values)))

    def ask_along(self, condition: str, *values: object) -> None:
        self.along.append(condition.format(*map(self.number, values)))

    def of_customers(self, codes: Sequence[str]) -> None:
        self.start = f"json_each({self.number(as_keys((code,) for code in codes))}) k CROSS JOIN invoice v"
        self.along.append("v.third_party = k.value->>0")

    @property
    def sifts(self) -> bool:
        """Whether sales that are looked at may be left out."""
        return bool(self.inside or self.outside)

    def sold(self, order: str, most: int | None) -> str:
        """The sales that are looked through, in their order."""
        limit = f" LIMIT {self.number(most)}" if most is not None else ""
        return (
            f"SELECT {_SOLD} FROM {self.start} WHERE v.dossier = ?1 AND v.ledger = 'customer'{_and(self.along)}"
            f" ORDER BY {order}{limit}"
        )

    def lines(self, sold: str) -> str:
        return _LINES.format(sold=sold, inside=_where(self.inside), outside=_where(self.outside))


class InvoiceListLooks(Reader):
    """What the list of sales asks."""

    def invoice_counts(self, platform: str) -> Mapping[str, Tally]:
        """How many sales each view has, and what is left to pay of them; `toutes`: of all.

        Three statements at most beside those for doors. Of books with more sales than are counted, a view has `more`
        than what the latest have of it.
        """
        moving = ("postings", "head", "next_item", "next_transaction", "next_document")
        (heard,) = self.rows(_HEARD, *siblings(platform))
        key = (self.dossier, platform, *heard, *(self.counters[name] for name in moving))
        latest = _counts.or_else(self.connection.engine, key, lambda: self._tallies(_Question(platform)))
        found = self._by_view(latest, platform)
        whole = Tally(sum(one.count for one in latest.values()), sum(one.open for one in latest.values()))
        if whole.count <= COUNTED:
            return {ALL: whole} | found
        stuck = _Question(platform)
        stuck.start, stuck.along = _STUCK, ["v.id = g.invoice"]
        few = _counts.or_else(self.connection.engine, ("stuck", *key), lambda: self._tallies(stuck))
        counts = {view: _more(found.get(view, Tally())) for view in (*get_args(View), ALL)}
        return counts | {ALL: _more(whole)} | {view: few.get((view, ""), Tally()) for view in _STUCK_VIEWS}

    def _tallies(self, asked: _Question) -> Mapping[tuple[_Standing, str], Tally]:
        """The views of the latest sales, of one more than are counted; what was never sent by its customer."""
        sql = _COUNTED.format(sold=asked.sold(_order("v", "date", "DESC"), COUNTED + 1))
        return {(view, party): Tally(n, open_) for view, party, n, open_ in self.rows(sql, *asked.given)}

    def _by_view(self, tallies: Mapping[tuple[_Standing, str], Tally], platform: str) -> dict[str, Tally]:
        """The same with what was never sent where its customer's door puts it."""
        waiting = sorted({party for view, party in tallies if view == _UNSENT})
        doors = self._doors(waiting[:_WAITING], platform)
        cut = len(waiting) > _WAITING
        found: dict[str, Tally] = {view: Tally(more=True) for view in _BY_DOOR} if cut else {}
        for (standing, party), one in tallies.items():
            if standing != _UNSENT or party in doors:
                view = _view(standing, doors.get(party, ""))
                sum_ = found.get(view, Tally())
                found[view] = Tally(sum_.count + one.count, sum_.open + one.open, sum_.more)
        return found

    def _doors(self, customers: Collection[str], platform: str) -> _Doors:
        """The doors of these customers' invoices now, "" where no platform reaches them. Five statements at most.

        Of a customer with several addresses the approved platform's: each invoice's own service decides among them, and
        the check before a deposit says so of one that names none.
        """
        if not customers:
            return {}
        routes = known(cast("RouteBooks", self), sorted(customers), environment_of(platform))
        doors = {code: one.route() for code, one in routes.items()}
        return {code: "approved" if one.open else one.door or "" for code, one in doors.items()}

    def invoices_listed(
        self, platform: str, wanted: Wanted, after: Position, limit: int, looked: int | None = LOOKED
    ) -> tuple[Sequence[Listed], Position | None]:
        """Lines of the list from behind a position on, and where it goes on; None where it ends.

        Where a filter has no index, so many sales are `looked` through, None: all; the list goes on behind them.
        """
        asked = self._asked(platform, wanted)
        way = "ASC" if wanted.ascending else "DESC"
        if len(after) == 2 and isinstance(after[1], int) and isinstance(after[0], int) == (wanted.order == "home"):
            asked.ask_along(f"(v.{wanted.order}, v.id) {'>' if wanted.ascending else '<'} ({{}}, {{}})", *after)
        given = list(asked.given)
        sifts = asked.sifts or wanted.view != ALL
        sold = asked.sold(_order("v", wanted.order, way), looked if sifts else limit + 1)
        self._ask_view(asked, wanted.view, sold, platform)
        sql = f"{asked.lines(sold)} ORDER BY {_order('y', wanted.order, way)} LIMIT {asked.number(limit + 1)}"
        rows = self.rows(sql, *asked.given)
        if len(rows) > limit:
            last = rows[limit - 1]
            return self._told(rows[:limit], platform), (last[_PLACES[wanted.order]], last[0])
        asked.given = given
        end = self._end(asked, wanted.order, way, looked) if sifts and looked else None
        return self._told(rows, platform), end

    def _ask_view(self, asked: _Question, view: str, sold: str, platform: str) -> None:
        """The view that is asked for, of these sales: of what was never sent its customers' doors decide."""
        if view == ALL:
            return
        if view not in _BY_DOOR:
            asked.outside.append(f"y.standing = {asked.number(view)}")
            return
        unsent = f"SELECT DISTINCT w.third_party FROM ({asked.lines(sold)}) w WHERE w.standing = '{_UNSENT}'"
        doors = self._doors([code for (code,) in self.rows(unsent, *asked.given)], platform)
        keys = asked.number(as_keys((code,) for code, door in doors.items() if door))
        reached = f"y.third_party IN (SELECT k.value->>0 FROM json_each({keys}) k)"
        if view == "a_deposer":
            asked.outside.append(f"y.standing = '{_UNSENT}' AND {reached}")
        else:
            asked.outside.append(f"(y.standing = '{view}' OR (y.standing = '{_UNSENT}' AND NOT {reached}))")

    def _told(self, rows: Sequence[Any], platform: str) -> list[Listed]:
        """The lines as values, with the door of each."""
        waiting = (row for row in rows if row[_DOCUMENT] is not None and not row[_LEFT_BY])
        doors = self._doors({row[_PARTY] for row in waiting}, platform)
        return [_listed(row, doors) for row in rows]

    def _end(self, asked: _Question, order: Order, way: str, looked: int) -> Position | None:
        """The last of the sales that were looked through; None where there were not so many."""
        sql = (
            f"SELECT w.{order}, w.id FROM (SELECT v.{order}, v.id, row_number() OVER (ORDER BY"
            f" {_order('v', order, way)}) AS at FROM ({asked.sold(_order('v', order, way), looked)}) v) w"
            f" WHERE w.at = {asked.number(looked)}"
        )
        return next((tuple(row) for row in self.rows(sql, *asked.given)), None)

    def invoices_summed(self, platform: str, wanted: Wanted) -> Tally:
        """How many lines a filter leaves, and what is left to pay of them; of more than a thousand, one more.

        `more`: not all sales were looked through.
        """
        asked = self._asked(platform, wanted)
        sifts = asked.sifts or wanted.view != ALL
        sold = asked.sold(_order("v", wanted.order, "DESC"), LOOKED if sifts else SUMMED + 1)
        self._ask_view(asked, wanted.view, sold, platform)
        sql = (
            f"SELECT count(*), CAST(coalesce(sum(z.open_home), 0) AS BIGINT), (SELECT count(*) FROM ({sold}) w)"
            f" FROM ({asked.lines(sold)} LIMIT {asked.number(SUMMED + 1)}) z"
        )
        ((count, open_, looked),) = self.rows(sql, *asked.given)
        return Tally(count, open_, more=sifts and looked >= LOOKED)

    def invoices_chosen(self, platform: str, documents: Sequence[int]) -> Sequence[Listed]:
        """The lines of these documents, the latest first."""
        asked = _Question(platform)
        keys = asked.number(as_keys((one,) for one in documents))
        asked.start = (
            f"(SELECT DISTINCT s.invoice FROM json_each({keys}) k CROSS JOIN sales_document s ON s.dossier = ?1"
            " AND s.id = CAST(k.value->>0 AS BIGINT)) g CROSS JOIN invoice v"
        )
        asked.along.append("v.id = g.invoice")
        lines = asked.lines(asked.sold(_order("v", "date", "DESC"), None))
        rows = self.rows(f"{lines} ORDER BY {_order('y', 'date', 'DESC')}", *asked.given)
        return self._told([row for row in rows if row[8] in set(documents)], platform)

    def _asked(self, platform: str, wanted: Wanted) -> _Question:
        """The filter as conditions."""
        asked = _Question(platform)
        if wanted.view in _STUCK_VIEWS:
            asked.start = _STUCK
            asked.along.append("v.id = g.invoice")
        if wanted.customer:
            self._ask_customers(asked, self._customers(wanted.customer))
        for word in wanted.words:
            self._ask_word(asked, word)
        if wanted.commitment:
            asked.ask("d.content LIKE {}", f'%"engagement":"{wanted.commitment}"%')
        for comparison, amount in wanted.amounts:
            asked.ask(f"abs(v.home) {comparison} {{}}", amount)
        on_day = asked.ask_along if wanted.order == "date" else asked.ask
        if wanted.first is not None:
            on_day("v.date >= {}", wanted.first.isoformat())
        if wanted.last is not None:
            on_day("v.date <= {}", wanted.last.isoformat())
        if wanted.establishment:
            asked.ask("d.establishment = {}", wanted.establishment)
        return asked

    def _ask_word(self, asked: _Question, word: str) -> None:
        """A word is of a number or of a customer; a customer's own code means the customer alone."""
        codes = self._customers_of(word)
        own = [code for code in codes if code.casefold() == word.casefold()]
        named = own or ([] if any(map(str.isdigit, word)) else codes)
        if named:
            self._ask_customers(asked, named)
        else:
            keys = as_keys((code,) for code in codes)
            asked.ask(
                "(lower(v.prefix || v.number) LIKE lower({})"
                " OR v.third_party IN (SELECT k.value->>0 FROM json_each({}) k))",
                f"%{word}%",
                keys,
            )

    def _ask_customers(self, asked: _Question, codes: Sequence[str]) -> None:
        """Sales of these customers: from their codes where they are few and nothing else is the start."""
        if len(codes) <= _FEW and asked.start == "invoice v":
            asked.of_customers(codes)
        else:
            keys = as_keys((code,) for code in codes)
            asked.ask("v.third_party IN (SELECT k.value->>0 FROM json_each({}) k)", keys)

    def _customers(self, code: str) -> list[str]:
        return [own for own in self._customers_of(code) if own.casefold() == code.casefold()]

    def _customers_of(self, word: str) -> list[str]:
        """The customers of a word: in their code, their name or their SIRET."""
        sought = word.casefold()
        found = ((code, _record(record)) for code, record in self.rows(_NAMED, f"%{word}%"))
        return [code for code, one in found if sought in f"{code}\n{one.name}\n{one.siret}".casefold()]


def _more(tally: Tally) -> Tally:
    """What the latest sales have, of books with more."""
    return Tally(min(tally.count, COUNTED), tally.open, more=True)


def _order(table: str, order: Order, way: str) -> str:
    return f"{table}.{order} {way}, {table}.id {way}"


def _and(conditions: Sequence[str]) -> str:
    return "".join(f" AND {condition}" for condition in conditions)


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _view(standing: _Standing, door: str) -> View:
    """The view of a line."""
    if standing != "unsent":
        return standing
    return "a_deposer" if door else "sans_plateforme"


def _listed(row: Any, doors: _Doors) -> Listed:
    (
        id_, party, number, day, _, _, code, amount, document, type_, record, state, left_by, _, open_, _, due, at,
    ) = row  # fmt: skip
    door: Door | Literal[""] = door_of(left_by) if left_by else doors.get(party, "") if document is not None else ""
    return Listed(
        id_, document, number, party, _record(record).name if record else "", date.fromisoformat(day),
        date.fromisoformat(due) if due else None, held(code), amount, open_ or 0, state, _view(at, door), door,
        type_ in CREDIT_NOTES if type_ else amount < 0,
    )  # fmt: skip
