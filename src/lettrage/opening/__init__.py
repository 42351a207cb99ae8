"""Loading: a company file, its open invoices and its portfolio are read, compared with what is there, posted."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from lettrage.company.form import Form
from lettrage.guard.audited import Event, Hand, differences
from lettrage.opening.document import Load, Opening, Present
from lettrage.opening.plan import plan
from lettrage.opening.read import parse, read
from lettrage.ports import Clock
from lettrage.refusal import Refusal


class Loader(Protocol):
    """What a load may ask of the store, inside one transaction."""

    def record(self, dossier: str) -> dict[str, Any] | None: ...  # noqa: D102

    def present(self, load: Load) -> Present: ...  # noqa: D102

    def write(self, load: Load, opening: Opening, at: str) -> None: ...  # noqa: D102

    def note(self, dossier: str, at: str, hand: Hand, events: list[Event]) -> None: ...  # noqa: D102


class LoadingStore(Protocol):
    """A store that loads."""

    def loading(self) -> AbstractContextManager[Loader]: ...  # noqa: D102


class Loaded(msgspec.Struct, frozen=True):
    """What a load did: counts per dossier, or every fault; and the names that mean nothing.

    `changes`: what it changes of each company file.
    """

    counts: dict[str, dict[str, int]]
    faults: list[Refusal]
    strangers: list[Refusal]
    changes: dict[str, list[Event]] = msgspec.field(default_factory=dict)


class _Refused(Exception):
    """Leaves the store's transaction so that nothing is written."""


def load(
    data: bytes,
    name: str,
    dossier: str,
    store: LoadingStore,
    clock: Clock,
    hand: Hand = Hand(),  # noqa: B008  (frozen)
    *,
    dry_run: bool = False,
) -> Loaded:
    """Load a file into the books, whole or not at all. Raises Unreadable for a text that is no load file.

    `hand`: whose doing the audit log tells. `dry_run`: only look what it would change.
    """
    records = parse(data, name, dossier)
    loaded = Loaded({}, [], [])
    try:
        with store.loading() as loader:
            for index, record in enumerate(records):
                _one(record, f"dossiers[{index}]", loader, loaded, clock, hand)
            if loaded.faults or dry_run:
                raise _Refused
    except _Refused:
        if loaded.faults:
            loaded.counts.clear()
    return loaded


def _one(record: Any, path: str, loader: Loader, loaded: Loaded, clock: Clock, hand: Hand) -> None:
    code = Form(record, path, []).code("code")
    known = loader.record(code)
    form = read(record, path, known, loaded.faults, loaded.strangers)
    if form is None:
        return
    if form.code in loaded.counts:
        loaded.faults.append(Refusal("record_twice", path, form.code))
        return
    opening, faults = plan(form, loader.present(form))
    loaded.faults.extend(faults)
    loaded.counts[form.code] = {} if opening is None else _counts(opening)
    made = [Event("company", "", "", form.company.name)]
    changes = loaded.changes[form.code] = made if known is None else differences(known, form.record)
    if opening is not None and not loaded.faults:
        at = clock.now().isoformat()
        loader.write(form, opening, at)
        loader.note(form.code, at, hand, changes)


def _counts(opening: Opening) -> dict[str, int]:
    return {
        "third_parties": len(opening.third_parties),
        "rates": len(opening.rates),
        "invoices": len(opening.invoices),
        "portfolio": len(opening.instruments),
        "entries": len(opening.entries),
    }
