"""Lines made at random, with known truth and with traps: not one may settle itself wrongly.

python -m tests.matching.random_lines [--seed N] [--books N] [--lines N] [--wrong]
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import TypedDict

from lettrage.bank.matching import Facts, Movement
from lettrage.bank.matching.facts import OnSlip, Open, OpenSlip, Party, Posted, Settled
from lettrage.bank.matching.proposal import Booked
from lettrage.bank.statements.document import StatementLine
from tests.matching.measure import Judged, figures, judged
from tests.matching.scenario import EUR, Label, Scenario, _company

FIRST = (
    "ALPHA", "BETA", "GAMMA", "DELTA", "SIGMA", "OMEGA", "LUNA", "SOLEIL", "ATLAS", "ORION", "JUPITER", "VENUS",
    "NOVA", "CENTRE", "NORD", "SUD", "EST", "OUEST", "GRAND", "PETIT",
)  # fmt: skip
TRADES = (
    "TRANSPORTS", "MENUISERIE", "PLOMBERIE", "BOULANGERIE", "GARAGE", "IMPRIMERIE", "CONSEIL", "BATIMENT",
    "PEINTURE", "COUVERTURE", "ELECTRICITE", "DISTRIBUTION", "INFORMATIQUE", "NETTOYAGE", "PAYSAGES",
    "CHARPENTE", "TRAITEUR", "OPTIQUE", "PHARMACIE", "RESTAURANT",
)  # fmt: skip
NAMES = (
    "DUPONT", "MARTIN", "BERNARD", "THOMAS", "PETIT", "ROBERT", "RICHARD", "DURAND", "DUBOIS", "MOREAU",
    "LAURENT", "SIMON", "MICHEL", "LEFEVRE", "LEROY", "ROUX", "DAVID", "BERTRAND", "MOREL", "FOURNIER",
    "GIRARD", "BONNET", "DUPUIS", "LAMBERT", "FONTAINE", "ROUSSEAU", "VINCENT", "MULLER", "FAURE", "ANDRE",
    "MERCIER", "BLANC",
)  # fmt: skip
FORMS = ("SARL", "SAS", "SA", "EURL", "", "", "ETS")
STYLES: tuple[Callable[[int], str], ...] = (
    lambda n: f"FA-2026-{n:04}",
    lambda n: f"{10_000_000 + n}",
    lambda n: f"F26{n:05}",
    lambda n: f"{n}",
    lambda n: f"2026/{n:05}",
    lambda n: f"V{n:06}",
)
TODAY = date(2026, 10, 15)
MARKS = ("FACTURE ", "FACT ", "FACT N° ", "REGLEMENT FACTURE ", "VOTRE FACTURE ", "REF ", "FAC.", "Fact n°")


class Told(TypedDict, total=False):
    """What the bank tells of a payer."""

    name: str
    iban: str


class Maker:
    """One company's random books, and lines about them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.name = f"random {seed}"
        self.style = self.random.choice(STYLES)
        self.parties = [self._party(n) for n in range(self.random.randint(20, 120))]
        self.number = self.random.randint(1, 4_000)
        self.items: list[Open] = []
        self.settled: list[Settled] = []
        for party in self.parties:
            for _ in range(self.random.choice((0, 1, 1, 2, 3, 5, 9))):
                self._open(party)
        self.slips: list[OpenSlip] = []
        self.posted: list[Posted] = []
        self.free = list(self.items)
        self.random.shuffle(self.free)
        self.lines: list[StatementLine] = []
        self.labels: list[Label] = []

    def _party(self, n: int) -> Party:
        draw = self.random
        kind = draw.random()
        if kind < 0.4:
            name = f"{draw.choice(FORMS)} {draw.choice(TRADES)} {draw.choice(NAMES)}"
        elif kind < 0.7:
            last = draw.choice(("", "", "FRANCE", "ET FILS", "NORD", "SUD"))
            name = f"{draw.choice(FIRST)} {draw.choice(TRADES)} {last}"
        elif kind < 0.85:
            name = f"{draw.choice(NAMES)} {draw.choice(('JEAN', 'MARIE', 'PAUL', 'ANNE'))}"
        else:
            name = draw.choice(NAMES)
        iban = (f"FR76{30000 + n:05}{draw.randrange(10**16):016}99",) if draw.random() < 0.6 else ()
        return Party(f"C{n:04}", "customer", " ".join(name.split()), iban, draw.random() < 0.05)

    def amount(self) -> int:
        draw = self.random
        if draw.random() < 0.3:  # round ones meet one another
            return draw.choice((5000, 10000, 12000, 15000, 24000, 30000, 36000, 50000, 60000, 120000))
        return draw.randrange(1_000, 900_000)

    def _open(self, party: Party) -> None:
        draw = self.random
        self.number += draw.choice((1, 1, 1, 2, 7))
        style = self.style if draw.random() < 0.9 else draw.choice(STYLES)
        day = TODAY - timedelta(draw.randrange(5, 120))
        amount, piece = self.amount(), style(self.number)
        if draw.random() < 0.25:
            self.settled.append(Settled(party.code, "customer", "", piece, amount))
            return
        terms = [30] if draw.random() < 0.9 else [30, 60, 90]
        sign = -1 if draw.random() < 0.06 else 1
        for days in terms:
            self.items.append(
                Open(
                    len(self.items) + 1, "invoice" if sign > 0 else "credit_note", "customer", party.code, "", piece,
                    day, day + timedelta(days), EUR, sign * (amount // len(terms)), draw.random() < 0.02,
                )
            )  # fmt: skip

    # ------------------------------------------------------------ pieces of text

    def written(self, piece: str) -> str:
        """A number as somebody may write it."""
        draw = self.random
        mark = draw.choice(MARKS) if draw.random() < 0.8 else ""
        how = draw.random()
        if how < 0.5:
            return mark + piece
        if how < 0.65:
            return mark + piece.replace("-", " ").replace("/", " ")
        if how < 0.8:
            return mark + piece.replace("-", "").replace("/", "")
        if how < 0.9:
            return mark + piece.lower()
        return mark + piece.replace("-", "/")

    def called(self, party: Party) -> str:
        """A name as a bank may write it."""
        draw, words = self.random, party.name.split()
        how = draw.random()
        if how < 0.3:
            draw.shuffle(words)
        elif how < 0.5:
            words = [w for w in words if w not in FORMS]
        elif how < 0.6:
            return " ".join(words)[:24].strip()
        elif how < 0.7 and len(words) > 1:
            words = words[:-1]
        return " ".join(words)

    def line(
        self,
        amount: int,
        text: str,
        what: str | tuple[str, ...],
        *,
        never: bool = False,
        name: str = "",
        iban: str = "",
    ) -> None:
        at = len(self.lines) + 1
        day = TODAY + timedelta(self.random.randrange(-3 if what == "slip" or text.startswith("REM") else -8, 8))
        self.lines.append(StatementLine(at, day, day, EUR, amount, text=text, name=name, iban=iban, id=at))
        self.labels.append(Label(what, "never" if never else ""))

    def who(self, party: Party, sure: float = 0.5) -> Told:
        """What the bank tells of a payer."""
        draw = self.random
        told: Told = {}
        if party.ibans and draw.random() < sure:
            told["iban"] = party.ibans[0]
        if draw.random() < 0.75:
            told["name"] = self.called(party)
        return told

    def noise(self) -> str:
        draw = self.random
        return draw.choice(
            ("", "", "VIR SEPA", "VIREMENT RECU", "VIR INST", f"REF {draw.randrange(10**9):09}", "MERCI",
             f"CDE {draw.randrange(10**5)}", f"TEL 06{draw.randrange(10**8):08}", f"{draw.randrange(1, 29):02}/09/2026",
             f"CLIENT {draw.randrange(10**4)}", f"{draw.randrange(1000, 95999):05} VILLE")
        )  # fmt: skip

    # ------------------------------------------------------------ kinds of lines

    def one(self) -> Open | None:
        """An open item that no line is about yet."""
        while self.free:
            found = self.free.pop()
            if found.open > 0:
                return found
        return None

    def party(self, code: str) -> Party:
        return next(p for p in self.parties if p.code == code)

    def label(self, item: Open) -> tuple[str, ...]:
        return (f"{item.third_party}:{item.piece}",)

    def alone(self, item: Open) -> str | tuple[str, ...]:
        """What a line is that tells no more than whose it is: nobody can say which of two of one amount."""
        alike = [i for i in self.items if (i.third_party, i.open) == (item.third_party, item.open)]
        return self.label(item) if len({i.piece for i in alike}) == 1 else "nothing"

    def named(self) -> None:
        item = self.one()
        if item:
            told = self.who(self.party(item.third_party))
            self.line(item.open, f"{self.noise()} {self.written(item.piece)} {self.noise()}", self.label(item), **told)

    def by_iban(self) -> None:
        item = self.one()
        if item and self.party(item.third_party).ibans:
            self.line(item.open, self.noise(), self.alone(item), **self.who(self.party(item.third_party), 1.0))

    def by_name(self) -> None:
        item = self.one()
        if item:
            self.line(item.open, self.noise(), self.alone(item), name=self.called(self.party(item.third_party)))

    def several(self) -> None:
        first = self.one()
        if not first:
            return
        more = [i for i in self.free if i.third_party == first.third_party][: self.random.randint(1, 3)]
        own = [first, *more]
        total = sum(i.open for i in own)
        if not more or total <= 0:
            return
        self.free = [i for i in self.free if i not in more]
        names = self.random.choice((" ", ", ", " ET ", "/", " + ")).join(dict.fromkeys(i.piece for i in own))
        if self.random.random() < 0.3:
            names = self.noise()
        text = f"{self.random.choice(MARKS)}{names}"
        self.line(total, text, tuple(self.label(i)[0] for i in own), **self.who(self.party(first.third_party)))

    def partial(self) -> None:
        item = self.one()
        if item and item.open > 10_000:
            part = self.random.choice((item.open // 2, item.open // 3, 5_000))
            self.line(
                part, self.written(item.piece), self.label(item), never=True, **self.who(self.party(item.third_party))
            )

    def discount(self) -> None:
        item = self.one()
        if item:
            off = item.open * self.random.choice((1, 2, 3)) // 100
            if off:
                told = self.who(self.party(item.third_party))
                self.line(item.open - off, self.written(item.piece), self.label(item), never=True, **told)

    def other_amount(self) -> None:
        """The line names one, and the amount is exactly another's."""
        item, other = self.one(), self.one()
        whole = {
            sum(i.open for i in self.items if (i.third_party, i.piece) == (x.third_party, x.piece)) for x in [item] if x
        }
        if item and other and other.open not in {item.open, *whole}:
            told = self.who(self.party(item.third_party))
            self.line(other.open, self.written(item.piece), "nothing", never=True, **told)

    def settled_named(self) -> None:
        """The line names what is settled, and the amount is that of something open."""
        booked = {piece for one in self.posted for piece in one.pieces}
        gone = next((s for s in self.random.sample(self.settled, len(self.settled)) if s.piece not in booked), None)
        if gone is None:
            return
        theirs = [i for i in self.items if i.third_party == gone.third_party and i.open > 0]
        amount = self.random.choice(theirs).open if theirs else gone.amount
        text = self.random.choice(MARKS) + gone.piece
        self.line(amount, text, "nothing", never=True, **self.who(self.party(gone.third_party)))

    def not_there(self) -> None:
        """The line names what the books do not have, and the amount is that of something open of theirs."""
        item = self.one()
        if item:
            piece = self.style(self.number + self.random.randint(50, 900))
            if any(piece == i.piece for i in self.items):
                return
            self.line(item.open, "FACTURE " + piece, "nothing", never=True, **self.who(self.party(item.third_party)))

    def wrong_number(self) -> None:
        """A slip of the pen makes the number another customer's; the amount is their own item's."""
        item, other = self.one(), self.one()
        if item and other and other.third_party != item.third_party and other.open != item.open:
            told = self.who(self.party(item.third_party))
            self.line(item.open, self.written(other.piece), self.label(item), never=True, **told)

    def stranger(self) -> None:
        """Somebody whom nobody knows, with the amount of something open."""
        item = self.one()
        if item:
            self.line(item.open, f"{self.noise()} DON", "nothing", never=True, name="XAVIER QUENTIN ZIEGLER")

    def homonym(self) -> None:
        """A customer pays something the books do not have; the amount is another customer's open item."""
        item, party = self.one(), self.random.choice(self.parties)
        if item and party.code != item.third_party:
            if any(i.third_party == party.code and i.open == item.open for i in self.items):
                return
            iban = party.ibans[0] if party.ibans else ""
            self.line(item.open, self.noise(), "nothing", never=True, name=party.name, iban=iban)

    def twice(self) -> None:
        """The same payment a second time."""
        item = self.one()
        if item:
            told, text = self.who(self.party(item.third_party)), self.written(item.piece)
            self.line(item.open, text, self.label(item), **told)
            self.line(item.open, text, "nothing", **told)
            one, other = self.lines[-2:]
            if other.date < one.date:  # the first that comes settles
                self.labels[-2:] = reversed(self.labels[-2:])

    def slip(self) -> None:
        draw = self.random
        cheques = tuple(
            OnSlip(len(self.slips) * 20 + n, draw.choice(self.parties).code, self.amount())
            for n in range(draw.randint(1, 6))
        )
        total, number = sum(c.amount for c in cheques), f"BNP-2026-{len(self.slips) + 1:06}"
        sums = Booked(5_000 + len(self.slips), 1, total)
        self.slips.append(OpenSlip(number, "BNP", TODAY - timedelta(3), EUR, total, total, sums, cheques))
        text = draw.choice(("REMISE CHEQUES", "REM CHQ", f"REMISE CHEQUES {len(cheques)} CHQ", f"REMISE {number}"))
        alike = sum(1 for s in self.slips if s.total == total)
        self.line(total, text, f"slip {number}" if alike == 1 or number in text else "nothing")

    def booked(self) -> None:
        draw, party = self.random, self.random.choice(self.parties)
        amount, posting = self.amount(), 7_000 + len(self.posted)
        piece = self.style(self.number + 1_000 + len(self.posted))
        self.settled.append(Settled(party.code, "customer", "", piece, amount))
        day = TODAY - timedelta(draw.randrange(4))
        self.posted.append(
            Posted(posting, 1, "BNP", day, amount, "Encaissement", "", posting, False, (party.code,), (piece,))
        )
        text = self.written(piece) if draw.random() < 0.5 else self.noise()
        alike = sum(1 for p in self.posted if p.amount == amount)
        what = f"booked {posting}" if alike == 1 else "nothing"
        self.line(amount, text, what, **self.who(party))

    def fee(self) -> None:
        text = self.random.choice(("FRAIS DE TENUE DE COMPTE", "COMMISSION DE MOUVEMENT", "COTISATION CARTE"))
        self.line(-self.random.randrange(100, 5_000), text, "fee")

    def scenario(self, lines: int) -> Scenario:
        """So many lines of all kinds."""
        usual = [self.named] * 8 + [self.by_iban] * 4 + [self.by_name] * 3 + [self.several] * 3
        kinds = [
            *usual, self.partial, self.discount, self.other_amount, self.settled_named, self.not_there,
            self.wrong_number, self.stranger, self.homonym, self.twice, self.slip, self.slip, self.booked, self.booked,
            self.fee,
        ]  # fmt: skip
        while len(self.lines) < lines and self.free:
            self.random.choice(kinds)()
        order = sorted(range(len(self.lines)), key=lambda at: (self.lines[at].date, at))
        facts = Facts(
            parties=tuple(self.parties), items=tuple(self.items), settled=tuple(self.settled), slips=tuple(self.slips),
            posted=tuple(self.posted),
        )  # fmt: skip
        movements = tuple(Movement("BNP", self.lines[at]) for at in order)
        return Scenario(self.name, _company({}), facts, movements, tuple(self.labels[at] for at in order))


def trial(seed: int, lines: int = 80) -> list[Judged]:
    """The lines of one seed, judged. A payment that came twice is right whichever of the two settles."""
    return list(judged([Maker(seed).scenario(lines)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--books", type=int, default=50)
    parser.add_argument("--lines", type=int, default=80)
    parser.add_argument("--wrong", action="store_true", help="list what is not matched as it should be")
    options = parser.parse_args()
    own = [one for seed in range(options.seed, options.seed + options.books) for one in trial(seed, options.lines)]
    for one in own:
        if one.wrong or (options.wrong and one.known and not one.within(1)):
            sys.stdout.write(f"{'WRONG' if one.wrong else 'not first'} {one.told}\n")
    found = figures(own)
    sys.stdout.write(f"seeds {options.seed} to {options.seed + options.books - 1}\n{found.text}\n")
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
