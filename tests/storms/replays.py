"""The same key again: the same answer, byte for byte, and nothing moves; the same key for anything else is refused.

    python -m tests.storms.replays --replays 20000 --changed 5000 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.replays --replays 20000 --changed 5000
    python -m tests.storms.replays --replays 500 --planted key_checked_outside     # must fail

Four companies live as in the money laws (tests/laws): settlements, deposits, groups, a fourth of it wrong. Each
document goes out one to five times at the same moment from several threads, among documents that were answered before
and among the same keys with one value changed. Every answer to a document must be the first one it got, every changed
one must be refused as `key_reused`, and the books must be those of the model, in which each document is done once.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Any
from unittest import mock

import msgspec

from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.adapters.store.reading import Reader
from lettrage.money import figure
from lettrage.settlement.once import Kept
from tests.databases import STORE
from tests.laws.generators import CALLER, HOUSES, Author, Books, Model, Page, Rolled, adopt, load_invoices
from tests.laws.test_machine import check_laws, check_model
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.races import server

THREADS = 4
AT_ONCE = 5  # times that a document is sent at the same moment, at most
AGAIN = 6  # documents of before that are sent among the new ones of a round
EVERY = 25  # rounds between two looks at the books
ROUNDS_OF_A_LIFE = 100


class Sent(msgspec.Struct, frozen=True):
    """A document under its key; `of`: the one whose key it borrows, where it says something else."""

    key: str
    data: bytes
    of: str = ""


# ---------------------------------------------------------------- something else


def changed(data: bytes, chance: random.Random) -> bytes:
    """The same document with another value somewhere in its settlements."""
    form = json.loads(data)
    holder, name = chance.choice(list(_values(form["data"])))
    holder[name] = another(holder[name])
    return json.dumps(form, indent=1).encode()


def _values(form: Any) -> Iterator[tuple[Any, Any]]:
    """Where each text of a form stands."""
    members = form.items() if isinstance(form, dict) else enumerate(form) if isinstance(form, list) else ()
    for name, value in members:
        if isinstance(value, str):
            yield form, name
        else:
            yield from _values(value)


def another(text: str) -> str:
    """Another text: another amount for an amount, another word for a word."""
    if figure(text) is not None:
        return text[:-1] + str((int(text[-1]) + 1) % 10)
    return text + "X"


# ---------------------------------------------------------------- the storm


class Storm:
    """Lives in which everything is sent several times."""

    def __init__(self, seed: int, changes: int) -> None:
        self.chance, self.choice = random.Random(seed), Rolled(seed)
        self.changes_left = changes
        self.replays = self.refused = self.documents = 0

    def __str__(self) -> str:
        return (
            f"{self.replays:,} replays of {self.documents:,} documents: answers equal to the byte, 0 cents moved;"
            f" {self.refused:,} changed documents, all refused"
        )

    def rage(self, replays: int) -> None:
        """Go on until there were so many replays and all changes. Raises BrokenPromiseError."""
        while self.replays < replays or self.changes_left > 0:
            with closing(Books()) as books, ThreadPoolExecutor(THREADS) as self.pool:
                self._live(books, replays)

    def _live(self, books: Books, replays: int) -> None:
        """One life on books of its own."""
        self.books = books
        self.models = {code: Model.opened(house) for code, house in HOUSES.items()}
        self.known: dict[str, tuple[Sent, str]] = {}  # key -> what was sent and answered first
        for number in range(1, ROUNDS_OF_A_LIFE + 1):
            if self.replays >= replays and self.changes_left <= 0:
                break
            self._round(number)
            if not number % EVERY:
                self._look()
        self._look()

    def _round(self, number: int) -> None:
        """A new document of each company, several times at once, among older ones and borrowed keys."""
        pages = self._written(number)
        sent = [Sent(f"{code}{number}", page.data()) for code, page in pages.items()]
        older = [self.known[key][0] for key in self.choice.die.choices(list(self.known), k=AGAIN)] if self.known else []
        every = [one for one in (*sent, *older) for _ in range(self.chance.randint(1, AT_ONCE))]
        every += [self._borrowed(one) for one in older if self.changes_left > 0]
        self.chance.shuffle(every)
        for one, answer in zip(every, self.pool.map(self._send, every), strict=True):
            self._heard(one, answer)
        self.replays += len(every) - len(sent) - sum(bool(one.of) for one in every)
        self.documents += len(sent)
        for code, page in pages.items():
            adopt(self.models, page, self.known[f"{code}{number}"][1])

    def _written(self, number: int) -> dict[str, Page]:
        pages = {}
        for code, model in self.models.items():
            load_invoices(self.books, model, self.choice, number, 1)
            page = Author(self.choice, model, number).page()
            if page.headers:
                pages[code] = page
        return pages

    def _borrowed(self, one: Sent) -> Sent:
        self.changes_left -= 1
        return Sent(one.key, changed(one.data, self.chance), of=one.key)

    def _send(self, one: Sent) -> str:
        return self.books.settle(one.data, msgspec.structs.replace(CALLER, key=one.key)).text

    def _heard(self, one: Sent, answer: str) -> None:
        if one.of:
            self._heard_refused(one, answer)
            return
        first = self.known.setdefault(one.key, (one, answer))[1]
        if answer != first:
            raise BrokenPromiseError(f"{one.key}: answered {answer[:300]} and {first[:300]}")

    def _heard_refused(self, one: Sent, answer: str) -> None:
        envelope = json.loads(answer)
        response = json.loads(envelope["result"])["result"]["response"] if not envelope["error"] else []
        rows = response if isinstance(response, list) else [response]
        if not rows or any([r["code"] for r in row.get("reasons", ())] != ["key_reused"] for row in rows):
            raise BrokenPromiseError(
                f"{one.of}: another content was answered {answer[:300]}: {one.data.decode()[:300]}"
            )
        self.refused += 1

    def _look(self) -> None:
        """The books are the model's."""
        check_laws(self.books)
        for model in self.models.values():
            check_model(self.books, model, audited=True)


# ---------------------------------------------------------------- planted bugs


def key_checked_outside() -> AbstractContextManager[object]:
    """The key is looked up first, and then the books are locked."""
    sound = SqlStore.write

    def write(self: SqlStore, dossier: str, work: Callable[[SqlBooks], Any]) -> Any:
        with self.books(dossier, writing=False) as before:
            rows = before.rows("SELECT caller, key, digest, answer FROM kept_answer WHERE dossier = ?1")
        seen = {(caller, key): Kept(digest, answer) for caller, key, digest, answer in rows}

        def unguarded(books: SqlBooks) -> Any:
            books.kept = lambda caller, key: seen.get((caller, key))  # type: ignore[method-assign]
            return work(books)

        return sound(self, dossier, unguarded)

    return mock.patch.object(SqlStore, "write", write)


class _Equal(str):
    """The digest of anything."""

    __slots__ = ()

    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = str.__hash__


@contextmanager
def key_compared_alone() -> Iterator[None]:
    """Whatever comes under a known key is taken for what came before."""
    sound = Reader.kept

    def kept(self: Reader, caller: str, key: str) -> Kept | None:
        found = sound(self, caller, key)
        return found and msgspec.structs.replace(found, digest=_Equal(found.digest))

    with mock.patch.object(Reader, "kept", kept):
        yield


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "key_checked_outside": key_checked_outside,
    "key_compared_alone": key_compared_alone,
}

# ---------------------------------------------------------------- the command


def run(replays: int, changes: int, seed: int, planted: str = "") -> Storm:
    """So many replays and borrowed keys. Raises BrokenPromiseError with the seed."""
    storm = Storm(seed, changes)
    with PLANTED[planted]():
        try:
            storm.rage(replays)
        except Exception as broken:  # a planted bug may stop in the database too
            raise BrokenPromiseError(f"seed {seed}, {storm.documents} documents: {broken}") from broken
    return storm


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "B1 B2",
        lambda given, bug: str(run(given.replays, given.changed, given.seed, bug)),
        PLANTED,
        options={"replays": 20_000, "changed": 5_000},
        trial={"replays": 1_000, "changed": 100},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)
