"""The command that watches a drop folder: each document put there is settled once, and answered beside it.

It looks again and again instead of waiting for the system's word (inotify): that word does not come from a network
drive, which is where an ERP drops its files, and is lost when the queue overflows. A look costs one listing.
"""

import hashlib
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from lettrage import terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import log, warn
from lettrage.commands.shared import app, context, plain, print_json
from lettrage.limits import DOCUMENT, PATH_CHARACTERS
from lettrage.ports import Store
from lettrage.refusal import Refusal, Stop, StoreTrouble, legible, quoted
from lettrage.settlement import Caller, settle
from lettrage.settlement.answer import Reply

if TYPE_CHECKING:
    from lettrage.adapters.folder import DropFolder, Taken

LONGEST_PAUSE = 60.0  # seconds between two tries while there is trouble
MOST_SECONDS = 3_600.0
BUSY = 503


@app.command()
def watch(
    directory: Annotated[str, typer.Argument(metavar="DIR", help="The drop folder")],
    once: Annotated[bool, typer.Option("--once", help="Settle what is there, and end")] = False,
    every: Annotated[float, typer.Option(metavar="SECONDS", help="How often to look")] = 1.0,
    settling: Annotated[float, typer.Option(metavar="SECONDS", help="Unchanged for so long, a file is whole")] = 2.0,
    caller: Annotated[str, typer.Option(help="Who sends it; default: the folder's name")] = "",
) -> None:
    """Settle the documents put into a folder. / Surveiller un dossier de dépôt."""
    path = _folder(directory)
    sender = plain(caller, "--caller") or legible(path.name)
    if not sender:
        raise Stop(Refusal("malformed_option", "--caller", "", "NAME"))
    from lettrage.adapters.folder import DropFolder  # noqa: PLC0415  (needs a POSIX system, other commands do not)

    folder = DropFolder(path, _seconds(settling, "--settling", 0.0))
    watching = Watch(folder, Caller(sender, "drop folder", context.dossier), context.store())
    with _stopped_by_signals(watching.stop):
        if once:
            raise typer.Exit(watching.once())
        watching.until_stopped(_seconds(every, "--every", 0.01))


def _folder(directory: str) -> Path:
    path = Path(directory)
    with suppress(OSError, ValueError):
        if path.is_dir():
            return path.resolve()
    raise Stop(Refusal("malformed_option", "DIR", quoted(directory, PATH_CHARACTERS), "DIR"))


def _seconds(given: float, option: str, least: float) -> float:
    if not least <= given <= MOST_SECONDS:  # so that what is no number is refused too
        raise Stop(Refusal("malformed_option", option, str(given), f"{least:g}-{MOST_SECONDS:g}"))
    return given


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the watch after the file in hand."""
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: stop.set()) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


class Watch:
    """One watcher. Several may watch one folder: each file is settled by one of them."""

    def __init__(self, folder: "DropFolder", caller: Caller, store: Store) -> None:
        self.folder = folder
        self.caller = caller
        self.store = store
        self.stop = threading.Event()
        self.refused = 0
        self.trouble: Refusal | None = None  # the last one
        self._set_aside: set[str] = set()  # in hand, and too much for this program

    def until_stopped(self, every: float) -> None:
        """Look every so many seconds; less and less often, up to a minute, while there is trouble."""
        log("watching", folder=legible(str(self.folder.path)), every=every, settling=self.folder.settling)
        pause = every
        while not self.stop.is_set():
            calm = self.look()
            pause = every if calm else max(every, min(2 * max(pause, every), LONGEST_PAUSE))
            self.stop.wait(pause)
        log("stopped", refused=self.refused)

    def once(self) -> int:
        """Settle what is there and whole: the exit status. What still grows is left to the next run."""
        calm = self.look()
        if calm and self.folder.waiting:
            self.stop.wait(self.folder.settling)
            calm = self.look()
        if not calm and self.trouble is not None:
            terminal.tell(self.trouble.say(context.lang))
        return 2 if not calm or self._set_aside else 1 if self.refused else 0

    def look(self) -> bool:
        """Settle what can be settled now; whether all went well. What could not be stays, to be tried again."""
        try:
            self.folder.prepare()
            whole, left_alone = self.folder.whole(time.monotonic())
            for left in left_alone:
                warn("left_alone", file=legible(left.name), why=left.why)
            # What a crash left in hand comes first.
            left_in_hand = [name for name in self.folder.in_hand() if name not in self._set_aside]
            return all([*map(self._resume, left_in_hand), *map(self._take, whole)])
        except OSError as error:
            self._trouble("folder_trouble", _unusable(str(self.folder.path), error))
        except StoreTrouble as trouble:
            self._trouble("store_trouble", trouble.refusal)
        return False

    def _trouble(self, event: str, refusal: Refusal) -> None:
        self.trouble = refusal
        warn(event, code=refusal.code, said=refusal.say(context.lang))

    def _resume(self, claimed: str) -> bool:
        return self._with(self.folder.resume(claimed), claimed)

    def _take(self, name: str) -> bool:
        return self._with(self.folder.take(name, SystemClock().now()), name)

    def _with(self, hand: AbstractContextManager["Taken | None"], name: str) -> bool:
        """Settle what a hand holds, if anything; whether that went well. Raises StoreTrouble."""
        if self.stop.is_set():
            return True
        try:
            with hand as taken:
                data = taken.read(DOCUMENT.document_bytes) if taken is not None else None
                if taken is not None and data is not None:
                    self._settle(taken, data)
        except OSError as error:
            self._trouble("folder_trouble", _unusable(name, error))
            return False
        return True

    def _settle(self, taken: "Taken", data: bytes) -> None:
        """Settle, then answer: the answer is there only when what it says is durable."""
        # With its bytes in the claim, a file that somebody mends while it lies in hand is another document.
        claim = f"{taken.claim}:{hashlib.sha256(data).hexdigest()}"
        caller = msgspec.structs.replace(self.caller, source=legible(taken.name), claim=claim)
        try:
            reply = settle(data, caller, self.store, SystemClock())
        except Exception as error:
            if context.debug:
                raise
            # Our own mistake must not keep the other files waiting; this one is tried again by the next watch.
            self._set_aside.add(taken.claimed)
            warn("set_aside", file=legible(taken.claimed), error=type(error).__name__)
            return
        if reply.error == BUSY and reply.reason is not None:
            raise StoreTrouble(reply.reason)
        refused = bool(reply.error or reply.refused)
        place = self.folder.finish(taken, reply.text.encode(), refused=refused)
        self.refused += refused
        _report(taken, reply, f"{place.parent.name}/{place.name}")


def _unusable(name: str, error: OSError) -> Refusal:
    reason = str(error.strerror or type(error).__name__)
    return Refusal("unreadable_file", "FILE", quoted(name, PATH_CHARACTERS), reason)


def _report(taken: "Taken", reply: Reply, place: str) -> None:
    """One line for each file. All is done by now: nobody there to read it changes nothing."""
    facts = {"error": reply.error, "done": reply.done, "refused": reply.refused, "replayed": reply.replayed}
    name, place = legible(taken.name), legible(place)
    log("document", file=name, claim=taken.claim, **facts)
    with suppress(OSError):
        if context.json:
            print_json({"file": name, **facts, "place": place})
        else:
            counts = (f"{reply.done} fait(s), {reply.refused} refusé(s)", f"{reply.done} done, {reply.refused} refused")
            said = reply.reason.say(context.lang) if reply.reason else terminal.said(counts, context.lang)
            terminal.say(f"{name} : {said} → {place}")
