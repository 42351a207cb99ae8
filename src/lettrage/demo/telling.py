"""How a story is told: numbered steps, and the program's own commands, shown as one would type them and run."""

import json
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from lettrage import opening, terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.caller import Caller
from lettrage.commands.shared import Context, app, context
from lettrage.refusal import Language
from lettrage.settlement import settle
from lettrage.simulator.approved.settings import Settings as ApprovedSettings
from lettrage.simulator.server import Simulator
from lettrage.simulator.settings import Settings

_LITTLE = 0.02  # seconds
MOMENT = 120  # seconds of Chorus Pro's clock: enough for what it does next


class Story:
    """The story of a dossier so far: the books, the platforms, and a folder with the files that it brings in."""

    def __init__(self, dossier: str, store: SqlStore, portal: Simulator, folder: Path, lang: Language) -> None:
        self.dossier = dossier
        self.store = store
        self.portal = portal
        self.folder = folder
        self.lang = lang
        self.number = 0

    def begin(self, title: tuple[str, str], company: str, clock: SystemClock) -> None:
        """The title; a dossier of its own from a company file of the examples."""
        heading = terminal.said(title, self.lang)
        terminal.say("", heading, "═" * len(heading))
        content = files("lettrage.demo").joinpath("examples", company).read_bytes()
        assert not opening.load(content, company, "", self.store, clock).faults
        self.folder.mkdir(parents=True, exist_ok=True)

    def step(self, french: str, english: str) -> None:
        """The heading of a step."""
        self.number += 1
        terminal.say("", f"{self.number}. {terminal.said((french, english), self.lang)}")

    def command(self, *words: str, expected: int = 0) -> None:
        """Show a command as one would type it, and run it."""
        terminal.say(f"$ lettrage {shlex.join(words)}")
        paths = [str(self.folder / word) if (self.folder / word).is_file() else word for word in words]
        with _called_for(self.store, self.lang):
            shared = ["--dossier", self.dossier, "--lang", self.lang]
            status = app([*shared, *paths], prog_name="lettrage", standalone_mode=False)
        assert (status or 0) == expected, (words, status)

    def file(self, name: str, content: Any) -> str:
        """Put a file into the folder; its name."""
        (self.folder / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        return name

    def later(self) -> None:
        """Let Chorus Pro do what it does next."""
        self.portal.platform.clock.advance(MOMENT)

    def judged(self) -> None:
        """Wait until the approved platform has read what it was sent: it judges files beside its answers."""
        platform = self.portal.approved.platform
        while any(flow.ack == "Pending" for flow in platform.flows()):
            time.sleep(_LITTLE)

    def settled(self, header: dict[str, Any], clock: SystemClock) -> None:
        """A settlement as a bank file, a till or an ERP would bring it."""
        document = json.dumps({"data": {"EnteteReglementtb": [header]}}).encode()
        reply = settle(document, Caller("demo", "demonstration", self.dossier), self.store, clock)
        assert (reply.error, reply.refused) == (0, 0), reply.text


@contextmanager
def _called_for(store: SqlStore, lang: Language) -> Iterator[None]:
    """What commands share is the story's for a while."""
    before = {name: getattr(context, name) for name in Context.__struct_fields__}
    context.opened, context.lang = store, lang
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def simulator() -> Simulator:
    """The platforms of the stories; they serve on after them. The approved one does everything at once."""
    at_once = ApprovedSettings(acknowledgement=0, routing=0, state=0)
    return Simulator(settings=Settings(integration=MOMENT / 2, routing=MOMENT / 8), approved=at_once)
