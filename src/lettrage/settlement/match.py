"""Which due item, or which advance, each detail of a settlement means."""

from collections.abc import Iterable
from datetime import date as Day  # noqa: N812  (as in `document.py`)

import msgspec

from lettrage.money import Amount
from lettrage.refusal import Refusal
from lettrage.settlement.desk import Draft, PieceKey
from lettrage.settlement.document import Detail, Item, Operation, Remark, Settlement
from lettrage.settlement.operations import Target
from lettrage.settlement.terms import Terms


class Advance(msgspec.Struct, frozen=True, gc=False):
    """A WAR detail: the advance that it consumes or pays back (`item`), or one to be opened (None).

    `amount` in the header's currency, as seen.
    """

    detail: Detail
    amount: int
    item: Item | None
    sense: int = 1


Chosen = tuple[Item, list[Detail], list[int]]  # a due item, with the details and the amounts that are meant for it


class Match(msgspec.Struct, frozen=True, gc=False):
    """What a settlement's details mean."""

    targets: list[Target]
    advances: list[Advance]


class Matcher:
    """Matches one settlement, gathering its faults and the remarks about it."""

    def __init__(self, settlement: Settlement, terms: Terms, draft: Draft) -> None:
        self.settlement = settlement
        self.terms = terms
        self.draft = draft
        self.faults: list[Refusal] = []
        self.remarks: list[Remark] = []
        self._unsure: set[PieceKey] = set()  # documents with a detail that cannot be read
        self._left: dict[int, Item] = {}  # what this settlement has left so far of each advance

    def match(self) -> Match:
        """Find everything that the details name. The result counts only where `faults` stays empty."""
        self._header()
        by_document: dict[tuple[PieceKey, Day | None], list[Detail]] = {}
        advances = []
        for detail in self.settlement.details:
            key = (detail.third_party, detail.prefix, detail.piece)
            if not (self._plainly_sound(detail) or self._sound(detail)):
                self._unsure.add(key)
            elif detail.operation == "WAR":
                advances += self._advance(detail)
            else:
                by_document.setdefault((key, detail.due_date), []).append(detail)
        return Match(self._targets(self._gathered(by_document)), advances)

    def alone(self) -> list[Refusal]:
        """What is wrong with the header and its details by themselves, where no direction says how to match them."""
        self._header()
        for detail in self.settlement.details:
            if not self._plainly_sound(detail):
                self._sound(detail)
        return self.faults

    def _gathered(
        self, by_document: dict[tuple[PieceKey, Day | None], list[Detail]]
    ) -> dict[tuple[PieceKey, Day | None], list[Detail]]:
        """Where a document has one open due item only, a detail without date means the one that others date."""
        dated = {key: due for key, due in by_document if due is not None}
        for key, due in dated.items():
            undated = by_document.get((key, None))
            still_open = [i for i in self.draft.items_of(key) if i.open]
            if undated and len(still_open) == 1 and still_open[0].due_date == due:
                by_document[key, due] += by_document.pop((key, None))
        return by_document

    def _fault(self, code: str, path: str, seen: str = "", expected: str = "", **facts: str) -> None:
        self.faults.append(Refusal(code, path, seen, expected, facts))

    # ------------------------------------------------------------ the header and the details alone

    def _header(self) -> None:
        if self.settlement.amount is not None and self.settlement.third_party in self.draft.desk.third_parties:
            return
        place = self.settlement.place
        for field, value in (("third_party", self.settlement.third_party), ("amount", self.settlement.amount)):
            if not value and field not in self.settlement.malformed:
                self._fault("missing_field", place.of(field))
        party = self.settlement.third_party
        if party and party not in self.draft.desk.third_parties:
            self._fault("unknown_third_party", place.of("third_party"), party)

    def _sound(self, detail: Detail) -> bool:
        """Whether any detail can be matched: what it must have is there, what it names exists."""
        if "*" in detail.malformed:
            return False
        before = len(self.faults)
        for field in self._required(detail):
            if not getattr(detail, field) and field not in detail.malformed:
                self._fault("missing_field", detail.place.of(field))
        if detail.operation == "WAR" and detail.piece:
            self._fault("piece_on_advance", detail.place.of("piece"), detail.piece)
        if detail.amount is not None and detail.amount.digits == 0:
            self._fault("zero_amount", detail.place.of("amount"), detail.amount.text)
        known = bool(detail.third_party) and self._third_party(detail)
        self._idle_fields(detail)
        sound = known and len(self.faults) == before and not detail.malformed and detail.amount is not None
        if known and not sound and detail.piece and detail.operation != "WAR":
            self._piece_exists(detail)
        return sound

    def _piece_exists(self, detail: Detail) -> None:
        """A detail that cannot be judged is still told when its document does not exist."""
        key = (detail.third_party, detail.prefix, detail.piece)
        unprefixed = self.draft.company.uses_prefixes and not detail.prefix
        if "prefix" not in detail.malformed and not unprefixed and not self.draft.items_of(key):
            self._unknown_piece(detail)

    def _unknown_piece(self, detail: Detail) -> None:
        name = "/".join(filter(None, (detail.prefix, detail.piece)))
        self._fault("unknown_piece", detail.place.of("piece"), name, third_party=detail.third_party)

    def _plainly_sound(self, detail: Detail) -> bool:
        """The everyday payment of the header's own third party, told apart first because it is nearly all of them."""
        return (
            detail.operation == "PAYMENT"
            and detail.amount is not None
            and detail.amount.digits != 0
            and bool(detail.piece)
            and detail.third_party == self.settlement.third_party
            and detail.third_party in self.draft.desk.third_parties
            and not (detail.transaction or detail.from_state or detail.from_home or detail.from_amount)
            and not detail.malformed
            and (bool(detail.prefix) or not self.draft.company.uses_prefixes)
        )

    def _required(self, detail: Detail) -> Iterable[str]:
        if detail.operation == "WAR":
            return ("third_party", "amount")
        prefixed = self.draft.company.uses_prefixes
        return ("third_party", "amount", "piece", "prefix") if prefixed else ("third_party", "amount", "piece")

    def _third_party(self, detail: Detail) -> bool:
        """Whether the detail's third party exists; another payer is told where the dossier does not allow it."""
        place, header = detail.place.of("third_party"), self.settlement.third_party
        if detail.third_party not in self.draft.desk.third_parties:
            if detail.third_party != header:
                self._fault("unknown_third_party", place, detail.third_party)
            return False
        if header and detail.third_party != header and not self.draft.company.allow_other_payer:
            self._fault("other_payer", place, detail.third_party, header)
        return True

    def _idle_fields(self, detail: Detail) -> None:
        """Fields that mean nothing on this detail are told, never silently dropped."""
        idle = [f for f in ("from_state", "from_home", "from_amount") if getattr(detail, f)]
        if detail.operation != "WAR" and detail.transaction:
            idle.append("transaction")
        if detail.operation not in ("PAYMENT", "WAR"):
            idle += [f for f in ("paid", "paid_home") if getattr(detail, f) is not None]
        for field in idle:
            refusal = Refusal("field_ignored", detail.place.of(field), facts={"operation": detail.operation})
            self.remarks.append(Remark(self.settlement.position, refusal))

    # ------------------------------------------------------------ due items

    def _targets(self, by_document: dict[tuple[PieceKey, Day | None], list[Detail]]) -> list[Target]:
        """Dated groups first: an undated one may not take what another detail names."""
        targets = []
        named: set[int] = set()
        dated = any(due is not None for _, due in by_document)
        groups = by_document.items()
        for (key, due), details in sorted(groups, key=lambda pair: pair[0][1] is None) if dated else groups:
            known = self.draft.items_of(key)
            if not known:
                self._unknown_piece(details[0])
                continue
            amounts = self._amounts(details, known[0])
            if amounts is None or key in self._unsure:
                continue
            free = [i for i in known if i.id not in named] if named else known
            if named and due is None and not any(i.open for i in free):
                self._no_fit(known, details[0], sum(amounts))
                continue
            for item, own, parts in self._choose(free, due, details, amounts):
                named.add(item.id)
                targets.append(self._target(item, own, parts))
        if not dated:
            return targets
        order = {id(detail): index for index, detail in enumerate(self.settlement.details)}
        return sorted(targets, key=lambda target: order[id(target.details[0][0])])

    def _amounts(self, details: list[Detail], item: Item) -> list[int] | None:
        """The details' amounts in the document's currency; None when one of them cannot be."""
        amounts = []
        for detail in details:
            assert detail.amount is not None
            minor = detail.amount.minor(item.currency)
            if minor is None:
                self._decimals(detail, "amount", item.currency.code, item.currency.decimals)
            elif detail.currency and detail.currency != item.currency.code:
                path = detail.place.of("currency")
                self._fault("currency_differs", path, detail.currency, item.currency.code, piece=item.piece)
            else:
                amounts.append(minor)
        return amounts if len(amounts) == len(details) else None

    def _decimals(self, detail: Detail, field: str, code: str, decimals: int) -> None:
        seen = getattr(detail, field).text
        self._fault("too_many_decimals", detail.place.of(field), seen, str(decimals), currency=code)

    def _choose(self, known: list[Item], due: Day | None, details: list[Detail], amounts: list[int]) -> list[Chosen]:
        """The due item meant: by its date where given, else the only open one, else the one that the sum fits; several
        where they have one date, which cannot tell them apart."""
        if len(known) == 1 and due is None and known[0].open and not known[0].disputed:
            return [(known[0], details, amounts)]
        place = details[0].place
        dated = [i for i in known if due is None or i.due_date == due]
        if not dated:
            listed = ", ".join(sorted({i.due_date.isoformat() for i in known if i.open}))
            self._fault("unknown_due_date", place.of("due_date"), str(due or "-"), listed or "-")
            return []
        still_open = [i for i in dated if i.open]
        free = [i for i in still_open if not i.disputed]
        if not free:
            one = (still_open or dated)[-1]
            code = "in_dispute" if still_open else "already_settled"
            self._fault(code, place.of("piece"), one.piece, due=one.due_date.isoformat())
            return []
        disputed = self._disputed_fit(still_open, sum(amounts)) if len(free) < len(still_open) else None
        if disputed is not None:
            self._fault("in_dispute", place.of("piece"), disputed.piece, due=disputed.due_date.isoformat())
            return []
        return [(free[0], details, amounts)] if len(free) == 1 else self._fitting(free, details, amounts)

    def _disputed_fit(self, still_open: list[Item], total: int) -> Item | None:
        """The disputed due item that the sum means, where it fits no other one."""
        assert self.terms.direction is not None
        sense = still_open[0].seen(self.terms.direction)
        fits = sorted((i for i in still_open if sense * i.open == total), key=lambda i: i.disputed)
        return fits[0] if fits and fits[0].disputed else None

    def _no_fit(self, known: list[Item], detail: Detail, total: int) -> None:
        """No due item of the document has this open amount: those that are open, with dates and amounts."""
        currency = known[0].currency
        listed = ", ".join(f"{i.due_date} {Amount(i.open, currency).text}" for i in known if i.open)
        path = detail.place.of("due_date")
        self._fault("no_due_item_fits", path, Amount(total, currency).text, listed, piece=known[0].piece)

    def _fitting(self, free: list[Item], details: list[Detail], amounts: list[int]) -> list[Chosen]:
        assert self.terms.direction is not None
        total = sum(amounts)
        sense = free[0].seen(self.terms.direction)
        fits = sorted((i for i in free if sense * i.open == total), key=lambda i: (i.due_date, i.id))
        place = details[0].place.of("due_date")
        listed = ", ".join(f"{i.due_date} {Amount(i.open, i.currency).text}" for i in free)
        if not fits and (told_apart := _told_apart(free, sense, details, amounts)):
            return told_apart
        if not fits:
            code = "sum_of_all" if sense * sum(i.open for i in free) == total else "no_due_item_fits"
            self._fault(code, place, Amount(total, free[0].currency).text, listed, piece=free[0].piece)
            return []
        if len(fits) > 1:
            taken = fits[0].due_date.isoformat()
            refusal = Refusal("ambiguous_due_item", place, free[0].piece, taken, {"candidates": listed})
            self.remarks.append(Remark(self.settlement.position, refusal))
        return [(fits[0], details, amounts)]

    def _target(self, item: Item, details: list[Detail], amounts: list[int]) -> Target:
        assert self.terms.direction is not None
        pairs = list(zip(details, amounts, strict=True))
        sums: dict[Operation, int] = {}
        for detail, amount in pairs:
            sums[detail.operation] = sums.get(detail.operation, 0) + amount
        if item.date > self.terms.day:
            expected = f">= {item.date}"
            self._fault(
                "date_before",
                self.settlement.place.of("date"),
                str(self.terms.day),
                expected,
                piece=item.piece,
            )
        return Target(item, item.seen(self.terms.direction), pairs, sums)

    # ------------------------------------------------------------ advances

    def _advance(self, detail: Detail) -> list[Advance]:
        """A WAR: opened in the third party's own direction, or consumed / paid back by naming its transaction."""
        currency, direction = self.terms.currency, self.terms.direction
        ledger = self.draft.desk.third_parties[detail.third_party].ledger
        if currency is None or direction is None or detail.amount is None:
            return []
        amount = detail.amount.minor(currency)
        if amount is None:
            self._decimals(detail, "amount", currency.code, currency.decimals)
            return []
        own = (ledger == "customer") == (direction == "encashment")
        if own and amount > 0:
            if detail.transaction:
                path = detail.place.of("transaction")
                self._fault("advance_names_transaction", path, str(detail.transaction))
            return [Advance(detail, amount, None)]
        if not own and amount < 0:
            self._fault("wrong_sign", detail.place.of("amount"), detail.amount.text, "+", operation="WAR")
            return []
        return self._open_advance(detail, amount)

    def _open_advance(self, detail: Detail, amount: int) -> list[Advance]:
        assert self.terms.currency is not None
        if not detail.transaction:
            self._fault("missing_field", detail.place.of("transaction"))
            return []
        name = f"{detail.transaction}/{detail.order or 1}"
        path = detail.place.of("transaction")
        of_order = self.draft.advances_of(detail.transaction, detail.order or 1)
        owner = self.settlement.third_party or detail.third_party
        found = [i for i in of_order if i.third_party == detail.third_party == owner]
        if not found:
            known = detail.transaction in self.draft.desk.transactions
            owners = ", ".join(sorted({i.third_party for i in of_order}))
            code = ("advance_of_another" if owners else "no_advance") if known else "unknown_transaction"
            self._fault(code, path, name, owners)
            return []
        item = found[0]
        if item.currency != self.terms.currency:
            seen = self.terms.currency.code
            self._fault("advance_currency", detail.place.of("transaction"), seen, item.currency.code)
            return []
        return self._taken_from(item, detail, amount)

    def _taken_from(self, item: Item, detail: Detail, amount: int) -> list[Advance]:
        """No more than what is left, all details of this settlement together; and nothing that is worth nothing."""
        assert self.terms.direction is not None
        sense = item.seen(self.terms.direction)
        item, part = self._left.get(item.id, item), sense * amount
        path = detail.place.of("amount")
        if abs(part) > abs(item.open):
            left = Amount(sense * item.open, item.currency)
            self._fault("advance_too_small", path, Amount(amount, item.currency).text, left.text)
            return []
        if not item.parts_are_worth_something(part):
            self._fault("worth_nothing", path, Amount(amount, item.currency).text, self.draft.company.currency.code)
        if item.date > self.terms.day:
            path, expected = self.settlement.place.of("date"), f">= {item.date}"
            self._fault("date_before", path, str(self.terms.day), expected, piece=str(item.transaction))
        relief = item.carried if part == item.open else item.relieved(part)
        self._left[item.id] = msgspec.structs.replace(item, open=item.open - part, carried=item.carried - relief)
        return [Advance(detail, amount, item, sense)]


def _told_apart(free: list[Item], sense: int, details: list[Detail], amounts: list[int]) -> list[Chosen]:
    """Due items of one date by their amounts: details that follow one another, up to what one of them has open, are
    meant for it; of two alike the lower number first. Nothing where a detail is left over."""
    if len({item.due_date for item in free}) > 1:
        return []
    left, chosen, begin = sorted(free, key=lambda item: item.id), [], 0
    for end in range(1, len(details) + 1):
        own = sum(amounts[begin:end])
        item = next((item for item in left if sense * item.open == own), None)
        if item is not None:
            left.remove(item)
            chosen.append((item, details[begin:end], amounts[begin:end]))
            begin = end
    return chosen if begin == len(details) else []
