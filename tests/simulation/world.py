"""One life: everything put together under one seed, step by step, with the laws looked at after each."""

import hashlib
import json
import logging
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from lettrage.adapters.store.books import SqlStore
from lettrage.opening import load
from lettrage.refusal import StoreTrouble
from tests.laws.generators import Rolled
from tests.reliability.long_form import BrokenPromiseError
from tests.scratch import scratch
from tests.simulation import service
from tests.simulation.asking import promised
from tests.simulation.callers import PATIENCE, PEOPLE, Callers
from tests.simulation.chance import Faults
from tests.simulation.clock import STARTS, Clock
from tests.simulation.laws import Laws
from tests.simulation.ledger import Ledger
from tests.simulation.network import Network, Request
from tests.simulation.portal import Portal
from tests.simulation.sending import Sending
from tests.simulation.service import Answer, Killed, Service
from tests.storms.forgetting import Disk, forgetting

DOSSIERS = ("998", "999")
NEVER = 10**9
AUDITED = 250  # steps between two audits of the whole file, in a life that is not looked at step by step
MOMENT = timedelta(minutes=1)
LATE_ROUND = timedelta(hours=25)  # after which changes were asked for once more, whatever the pace
LONGEST = timedelta(days=10)  # in which everything must have come to rest once nothing goes wrong any more
IBAN = "FR7630006000011234567890189"


def _company(code: str) -> dict[str, Any]:
    tolerance = {"amount": "10.00", "percent": "5"}
    return {
        "code": code,
        "name": f"Maison {code}",
        "currency": "EUR",
        "allow_other_payer": True,
        "discount_limit": {"percent": "5"},
        "tolerances": {"settlement_difference": tolerance, "exchange_difference": tolerance},
        "banks": [{"code": "BNP", "account": "512100", "currency": "EUR", "iban": IBAN}],
        "third_parties": [
            {"code": "C1", "kind": "customer", "name": "Client 1"},
            {"code": "C2", "kind": "customer", "name": "Client 2"},
            {"code": "F1", "kind": "supplier", "name": "Fournisseur 1"},
        ],
    }


@cache
def _template() -> tuple[Path, dict[str, dict[str, str]]]:
    """Both companies in a file of this process, made once, with the tokens of their people."""
    folder = scratch("simulation-")
    clock = Clock(min(STARTS))
    store = SqlStore(f"sqlite:///{folder / 'template.sqlite'}", clock, create=True)
    content = json.dumps({"dossiers": [_company(code) for code in DOSSIERS]}).encode()
    loaded = load(content, "load.json", "", store, clock)
    assert not loaded.faults, [fault.say("en") for fault in loaded.faults]
    tokens = {
        code: {name: store.accounts.issue(name, role, code) for name, (role, _) in PEOPLE.items()} for code in DOSSIERS
    }
    store.close()
    return folder, tokens


@contextmanager
def _quiet_pool() -> Iterator[None]:
    """A connection that cannot be closed, for want of power, is no news here."""
    pool = logging.getLogger("sqlalchemy.pool")
    with mock.patch.object(pool, "handlers", [logging.NullHandler()]), mock.patch.object(pool, "propagate", False):
        yield


class World:
    """One life of two companies that are alike."""

    def __init__(self, seed: int, tell: Callable[[str], None] = lambda _: None, audited: int = AUDITED) -> None:
        self.seed, self.tell, self.audited = seed, tell, audited
        self.chance = Rolled(seed)
        self.faults = Faults(self.chance)
        self.clock = Clock(self.chance.pick(STARTS))
        self.network = Network(self.chance, self.faults)
        self.steps: Counter[str] = Counter()
        self.trace = hashlib.sha256()
        self.disk: Disk | None = None
        self.eyes: Any = None
        self.version = -1
        self.inside: Request | None = None  # that is being served
        self.nested = False  # in the midst of another one
        self.noticed: BrokenPromiseError | None = None  # in the midst of a call, which may take it for its own
        self.held = ExitStack()

    # ------------------------------------------------------------ beginning and end

    @contextmanager
    def alive(self) -> Iterator["World"]:
        """From the first start of the service to its last end."""
        template, tokens = _template()
        with self.held, tempfile.TemporaryDirectory(dir=template) as folder:
            self.held.enter_context(self.clock.ruling())
            self.held.enter_context(service.in_one_thread())
            self.held.enter_context(_quiet_pool())
            if self.faults.allowed & {"power_cut", "disk_error"}:
                self.disk = self.held.enter_context(forgetting())
            self.file = Path(folder) / "books.sqlite"
            shutil.copy(template / "template.sqlite", self.file)
            self.service = Service(f"sqlite:///{self.file}", self.clock, self._before, self._after)
            self.ledgers = {code: Ledger(code) for code in DOSSIERS}
            self.portals = {code: Portal(self.clock, chance=self.chance, happens=self.faults) for code in DOSSIERS}
            self.callers = {
                code: Callers(self.chance, self.ledgers[code], tokens[code], self.clock.today()) for code in DOSSIERS
            }
            self.secrets = [token.encode() for own in tokens.values() for token in own.values()]
            self.laws = [Laws(self.ledgers[code], self.secrets, self.portals[code]) for code in DOSSIERS]
            self.sending = Sending(self.service.gate, self.clock, self.chance, self.faults, self.portals)
            self._look()
            try:
                yield self
            finally:
                self.eyes.close()
                self.service.close()

    def _look(self) -> None:
        """Another pair of eyes on the file."""
        if self.disk is not None:
            self.eyes = self.disk.driver.connect(str(self.file))
        else:
            self.eyes = sqlite3.connect(self.file, isolation_level=None)
        self.version = -1

    def live(self, steps: int) -> str:
        """So many steps, then everything comes to rest; the digest of all that happened. Raises BrokenPromiseError."""
        try:
            with self.alive():
                for _ in range(steps):
                    self.step()
                self.come_to_rest()
                self.audit()
        except BrokenPromiseError as broken:
            raise BrokenPromiseError(f"{broken} (step {self.steps.total():,})") from broken
        except Exception as error:
            told = f"an error that nobody handles: {type(error).__name__}: {error} (step {self.steps.total():,})"
            raise BrokenPromiseError(told) from error
        return self.trace.hexdigest()

    # ------------------------------------------------------------ steps

    def step(self) -> None:
        """The next thing that happens."""
        self._do(*self._next())

    def _do(self, name: str, does: Callable[[], str]) -> None:
        """Something happens, and the laws after it."""
        self.steps[name] += 1
        said = does()
        said += ", the power fails" if self._power() else ""
        self.tell(f"{self.clock.at:%m-%d %H:%M:%S} {name}: {said}")
        self.trace.update(f"{self.clock.at} {name} {said}\n".encode())
        self.check()
        if self.steps.total() % self.audited == 0:
            self.audit()

    def _next(self) -> tuple[str, Callable[[], str]]:
        roll = self.chance.whole(1, 100)
        if roll <= 58 and self.network.carried:
            return "deliver", self.deliver
        if roll <= 74:
            return "ask", self.ask
        if roll <= 86 and self._something_due():
            return "work", self.work
        if roll <= 92:
            return "wait", self.wait
        if roll <= 95:
            return "send", self.send
        return ("buyer", self.buyer) if roll <= 98 else ("follow", self.follow)

    def ask(self) -> str:
        """Somebody asks something."""
        callers = self.callers[self.chance.pick(DOSSIERS)]
        request = callers.ask(self.clock.today())
        if request is None:
            return "nothing"
        self._send(request)
        return str(request)

    def _send(self, request: Request) -> None:
        request.sent, request.attempts = self.clock.at, request.attempts + 1
        self.network.send(request)

    def deliver(self) -> str:
        """A message arrives: at the service, which serves it; or at who asked."""
        request, answer = self.network.take()
        if answer is not None:
            return self._heard(request, answer)
        return f"{request}: {self._served(request)}"

    def wait(self) -> str:
        """Time passes, and who waits too long asks again."""
        length = timedelta(seconds=self.chance.pick((20, 45, 90, 300, 900, 1_500, 3_600, 7_200, 90_000)))
        self.clock.at += length
        return f"{length}, {self._again()} ask again"

    def _again(self) -> int:
        count = 0
        for callers in self.callers.values():
            late = [r for r in callers.waiting if self.clock.at - r.sent >= PATIENCE]
            for request in late:
                if callers.again(request) is not None:
                    count += 1
                    self._send(request)
        return count

    def work(self) -> str:
        """A worker does the next thing."""
        return self.sending.work(self.chance.pick(DOSSIERS))

    def _something_due(self) -> bool:
        """Whether a worker has something in hand, or would find something to do."""
        now = self.clock.at.isoformat()
        sql = "SELECT 1 FROM job WHERE run_at <= ? AND lease_until <= ? LIMIT 1"
        return any(hand.taken for hand in self.sending.hands) or bool(self.eyes.execute(sql, (now, now)).fetchall())

    def send(self) -> str:
        """Invoices are to go to Chorus Pro."""
        return self.sending.intend(self.chance.pick(DOSSIERS))

    def buyer(self) -> str:
        """A buyer moves an invoice."""
        return self.portals[self.chance.pick(DOSSIERS)].buyer_acts()

    def follow(self) -> str:
        """Somebody wants to know how the invoices stand."""
        return self.sending.follow(self.chance.pick(DOSSIERS))

    # ------------------------------------------------------------ serving

    def _before(self) -> None:
        """A call has read what it needs and awaits its turn to write."""
        inside = self.inside
        if inside is None or self.nested:
            return
        if self.faults("stopped_before"):
            raise Killed
        if self.network.carried and self.faults("meanwhile"):
            others = [at for at, (_, answer) in enumerate(self.network.carried) if answer is None]
            twins = [at for at in others if self.network.carried[at][0] is inside]
            if others:
                request, _ = self.network.carried.pop(self.chance.pick(twins or others))
                self.nested = True
                try:
                    said = self._served(request)
                except BrokenPromiseError as broken:
                    self.noticed = broken
                    raise
                finally:
                    self.nested = False
                self.trace.update(f"meanwhile {request}: {said}\n".encode())
                self.tell(f"   meanwhile {request}: {said}")

    def _after(self) -> None:
        """A call has written and was not answered yet."""
        if self.inside is not None and not self.nested and self.faults("stopped_after"):
            raise Killed

    def _served(self, request: Request) -> str:
        """The service does what is asked; what it says goes back, if it still can."""
        outer, self.inside = self.inside, request
        if self.disk is not None and outer is None:
            if self.faults("power_cut"):
                self.disk.cut_at(self.chance.whole(1, 40))
            elif self.faults("disk_error"):
                self.disk.fail_at("write|sync", self.chance.whole(1, 20))
        try:
            answer = request.asked.ask(self.service, request.who)
        except Killed:
            self._restart()
            return "killed"
        finally:
            self.inside = outer
            if self.disk is not None and outer is None:
                self.disk.mend()
        if self._power():
            return "no power"
        self._judged(request, answer)
        self.network.send(request, answer)
        return self._digest(answer)

    def _judged(self, request: Request, answer: Answer) -> None:
        """The ledger learns what was served."""
        if self.noticed is not None:
            raise self.noticed
        promised(answer.status != 500, "no internal error", answer, self.service.said())
        promised(not any(secret.decode() in answer.text for secret in self.secrets), "no token is answered")
        if not answer.judged:
            self._reconcile()
            return
        if request.expected:
            codes = [code for outcome in answer.outcomes for code in outcome.codes]
            told = request.expected in codes or answer.status in (401, 403)
            promised(told, f"{request.expected} is told", request, answer)
            request.known = True
            return
        ledger = self.ledgers[request.who.dossier]
        key = (request.who.name, request.who.key)
        if request.who.key and key in ledger.answers:
            first = request.first or answer.text
            promised(answer.text == first, "the same key has the same answer", request, answer.text, first)
        else:
            request.asked.judge(ledger, answer, self.clock.today())
            if request.who.key:
                ledger.answers[key] = answer.text
        request.known, request.first = True, request.first or answer.text

    def _heard(self, request: Request, answer: Answer) -> str:
        """Who asked reads the answer; one that says to come back is none."""
        waiting = self.callers[request.who.dossier].waiting
        if answer.judged and request in waiting:
            request.heard = True
            waiting.remove(request)
        return f"{request} hears {self._digest(answer)}"

    def _digest(self, answer: Answer) -> str:
        if answer.status not in (200, 503) or not answer.judged:
            return f"{answer.status} {'' if answer.judged else 'come back'}"
        return hashlib.sha256(answer.text.encode()).hexdigest()[:12]

    # ------------------------------------------------------------ ends and beginnings

    def _power(self) -> bool:
        """Whether the power has failed; then everything starts again."""
        if self.disk is None or self.disk.on:
            return False
        self.sending.drop_hands()
        self._restart()
        return True

    def _restart(self) -> None:
        """The process is gone; a new one opens the same file, and what it finds was done."""
        if self.disk is not None:
            self.disk.mend()
        self.eyes.close()
        self.service.close()
        while True:
            if self.disk is not None and not self.disk.on:
                self.disk.cut(self.chance.die)
            try:
                self.service.open()
                break
            except StoreTrouble:
                promised(self.disk is not None and not self.disk.on, "the service starts again")
        self._look()
        self._reconcile()

    def _reconcile(self) -> None:
        """Of what was asked and never answered, the books may have some: the ledger learns it from them."""
        for code, callers in self.callers.items():
            ledger = self.ledgers[code]
            unknown = {(r.who.name, r.who.key): r for r in callers.asked if not r.known and r.who.key}
            sql = "SELECT caller, key, answer FROM kept_answer WHERE dossier = ? ORDER BY document"
            for caller, key, answer in self.eyes.execute(sql, (code,)).fetchall() if unknown else ():
                request = unknown.get((caller, key))
                if request is not None and (caller, key) not in ledger.answers:
                    request.asked.judge(ledger, service.kept(answer), self.clock.today())
                    ledger.answers[caller, key] = answer
                    request.known = True
            for request in callers.asked:
                if not request.known and not request.who.key and self._there(code, request):
                    request.asked.judge(ledger, Answer(True, "", (service.Outcome(True, None),)), self.clock.today())
                    request.known = True
            numbers = self.eyes.execute("SELECT number FROM sales_document WHERE dossier = ? ORDER BY id", (code,))
            found = [number for (number,) in numbers.fetchall()]
            promised(set(self.sending.intended[code]) <= set(found), "what was intended is there", code, found)
            self.sending.intended[code] = found

    def _there(self, code: str, request: Request) -> bool:
        """Whether the invoices of a load are in the books."""
        party, number, *_ = request.asked.records[0]  # type: ignore[attr-defined]
        sql = "SELECT 1 FROM invoice WHERE dossier = ? AND third_party = ? AND number = ?"
        return bool(self.eyes.execute(sql, (code, party, number)).fetchall())

    # ------------------------------------------------------------ laws

    def check(self) -> None:
        """The laws, where something was written since they were last looked at."""
        ((version,),) = self.eyes.execute("PRAGMA data_version").fetchall()
        if version == self.version:
            return
        self.version = version
        for laws in self.laws:
            laws.check(self.eyes)
        said = self.service.said()
        promised(not any("lettrage_" in line for line in said), "no token is logged", said)

    def audit(self) -> None:
        """Everything, over the whole file."""
        for laws in self.laws:
            laws.audit(self.service.gate.base, self.eyes)

    def come_to_rest(self) -> None:
        """Nothing goes wrong any more: everything that was asked is answered, everything intended has arrived."""
        self.faults.over = True
        if self.disk is not None:
            self.disk.cut_at(NEVER)
        while self.network.carried or any(callers.waiting for callers in self.callers.values()):
            self._do("deliver" if self.network.carried else "wait", self._deliver_or_ask_again)
        until = self.clock.at + LONGEST
        while (due := self._next_job()) and self.clock.at < until:
            self.clock.at = max(self.clock.at + MOMENT, due)  # what is due may wait for its queue
            self._do("work", self._all_work)
        self.clock.at += LATE_ROUND
        self._do("work", self._all_work)
        self._do("work", self._all_work)  # what the round has heard of
        for code in DOSSIERS:
            missing = set(self.sending.intended[code]) - self.portals[code].integrated().keys()
            promised(not missing, "everything intended arrives", code, sorted(missing))
        for laws in self.laws:
            laws.followed(self.eyes)

    def _all_work(self) -> str:
        return ", ".join(str(self.sending.hands[0].worker.work(code)) for code in DOSSIERS)

    def _deliver_or_ask_again(self) -> str:
        if self.network.carried:
            return self.deliver()
        self.clock.at += PATIENCE
        return f"{self._again()} ask again"

    def _next_job(self) -> Any:
        """When the next thing is due that brings an invoice to Chorus."""
        sql = "SELECT min(max(run_at, lease_until)) FROM job WHERE kind IN ('send', 'look_up', 'follow_flow')"
        ((at,),) = self.eyes.execute(sql).fetchall()
        return datetime.fromisoformat(at) if at else None
