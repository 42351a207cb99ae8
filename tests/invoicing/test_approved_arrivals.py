"""What an approved platform brings: every status once, in its place; nothing lost, and no bad file in the way."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lettrage.invoicing.document import Identifier, Note
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.flow_service import Seen
from lettrage.invoicing.formats import cdar
from lettrage.invoicing.lifecycle.heard import plain
from lettrage.invoicing.lifecycle.message import (
    BETWEEN_PLATFORMS,
    BUYER,
    Acknowledgement,
    Detail,
    Message,
    Party,
    Reference,
)
from lettrage.invoicing.lifecycle.statuses import statuses as lifecycle
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending import arrive
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.statuses import current, ordered, timeline, unheard
from tests.databases import ask
from tests.invoicing.approved import AT, ApprovedSender, saying
from tests.invoicing.sending import DAY, SUPPLIER

MINUTE, HOUR, DAYS = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SIREN = SUPPLIER[:9]


def status(
    code: str,
    at: datetime,
    number: str = "F1",
    *,
    id_: str = "",
    seller: str = SIREN,
    day: date | None = DAY,
    reason: str = "",
    text: str = "",
    note: str = "",
) -> bytes:
    """A lifecycle message of one status, as a platform sends it."""
    details = (Detail(reason, text, notes=(Note(note),) if note else ()),) if reason or note else ()
    about = Reference(number, code, "380", day, issuer=Party(ids=(Identifier(seller, "0002"),)), details=details)
    told = Acknowledgement("23", (about,), at)
    return cdar.render(
        Message(BETWEEN_PLATFORMS, id_ or f"{number}_{code}_{at:%d%H%M}", (told,), at, issuer=Party(BUYER))
    )


@pytest.fixture
def sender(tmp_path: Path) -> ApprovedSender:
    """A firm whose invoices F1 and F2 the platform has."""
    sender = ApprovedSender(tmp_path, 2)
    sender.dispatch("F1", "F2")
    sender.live(until=HOUR)
    return sender


def became(sender: ApprovedSender) -> dict[str, str]:
    rows = ask(sender.address, "SELECT number, became FROM arrival WHERE dossier = '998' ORDER BY number")
    return {row[0]: row[1] for row in rows}


# ---------------------------------------------------------------- statuses


def test_what_the_platform_brings_becomes_statuses_of_the_invoice(sender: ApprovedSender) -> None:
    now = sender.clock.at
    sender.service.brings(status("200", now - 30 * MINUTE, id_="M-200"))
    sender.service.brings(status("208", now - 10 * MINUTE, reason="CMD_ERR", text="No order", note="Which one?"))
    sender.live(until=2 * HOUR)

    assert [(e.code, e.history_id, plain(e.comment)) for e in sender.events("F1", "history")] == [
        ("200", "M-200", ""),
        ("208", f"F1_208_{now - 10 * MINUTE:%d%H%M}", "CMD_ERR No order Which one?"),
    ]
    assert sender.deposits("F1")[0].status == "208"
    assert sender.deposits("F2")[0].status == ""
    assert sender.events("F2", "history") == []
    assert became(sender) == {"IN-1": "read", "IN-2": "read"}


def test_each_flow_is_fetched_once_and_each_status_kept_once(sender: ApprovedSender) -> None:
    content = status("203", sender.clock.at - MINUTE)
    sender.service.brings(content)
    sender.service.brings(content)  # the same message in another flow
    sender.live(until=12 * HOUR)

    assert sender.codes("F1", "history") == ["203"]
    assert sender.service.calls["content"] == 2
    assert became(sender) == {"IN-1": "read", "IN-2": "read"}


@pytest.mark.parametrize(
    "other",
    [
        {"number": "F9"},
        {"seller": "123456782"},
        {"day": DAY + DAYS},
    ],
)
def test_a_status_of_an_invoice_that_is_not_ours_is_kept_and_changes_nothing(
    sender: ApprovedSender, other: dict[str, str]
) -> None:
    sender.service.brings(status("210", sender.clock.at, **other))  # type: ignore[arg-type]
    sender.live(until=2 * HOUR)

    assert became(sender) == {"IN-1": "nobody's"}
    assert sender.codes("F1", "history") == []
    assert sender.deposits("F1")[0].followed


def test_a_message_that_does_not_say_the_date_is_believed_by_its_number(sender: ApprovedSender) -> None:
    sender.service.brings(status("205", sender.clock.at, day=None))
    sender.live(until=2 * HOUR)

    assert sender.deposits("F1")[0].status == "205"


def test_bad_files_are_kept_and_told_and_hold_up_nothing(sender: ApprovedSender) -> None:
    bad = [b"", b"<no", b"<a/>", b"%PDF-1.7", b"\xff\xfe\x00"]
    for content in bad:
        sender.service.brings(content)
    sender.service.brings(status("204", sender.clock.at))
    sender.service.brings(b"<Invoice/>", "BOUGHT")
    sender.service.brought["BOUGHT"].seen = msgspec.structs.replace(
        sender.service.brought["BOUGHT"].seen, type="SupplierInvoice", syntax="UBL"
    )
    sender.live(until=30 * MINUTE)
    assert became(sender) == {"IN-6": "read", "BOUGHT": "nobody's"}
    assert sender.alerts == []
    sender.live(until=5 * HOUR)

    kept = became(sender)
    assert [kept[f"IN-{n}"] for n in range(1, 7)] == ["unreadable"] * 5 + ["read"]
    assert kept["BOUGHT"] == "nobody's"
    assert [alert.code for alert in sender.alerts] == ["arrival_unreadable"] * 5
    assert sender.deposits("F1")[0].status == "204"
    rows = ask(sender.address, "SELECT content, said FROM arrival WHERE dossier = '998' AND number = 'IN-2'")
    assert (bytes(rows[0][0]), bool(rows[0][1])) == (b"<no", True)


def test_a_flow_that_cannot_be_fetched_is_asked_again_and_holds_up_nothing(sender: ApprovedSender) -> None:
    gone = sender.service.brings(Trouble("refused", status=404, code="NotFound"))
    sender.service.brings(status("204", sender.clock.at))
    sender.live(until=5 * HOUR)
    assert sender.deposits("F1")[0].status == "204"
    assert became(sender) == {"IN-2": "read"}

    sender.service.brought[gone].content = status("205", sender.clock.at)
    sender.live(until=5 * HOUR)
    assert became(sender) == {"IN-1": "read", "IN-2": "read"}
    assert sender.deposits("F1")[0].status == "205"


def test_a_page_in_the_place_of_a_file_is_not_believed(sender: ApprovedSender) -> None:
    number = sender.service.brings(b"<html>Sorry</html>")
    sender.live(until=30 * MINUTE)
    sender.service.brought[number].content = status("204", sender.clock.at)
    sender.live(until=3 * HOUR)

    assert became(sender) == {number: "read"}
    assert sender.alerts == []
    assert sender.service.calls["content"] == 2


def test_a_flow_that_can_never_be_fetched_is_kept_as_unreadable_after_two_days(sender: ApprovedSender) -> None:
    sender.service.brings(Trouble("garbled", status=200, code="not_json"))
    sender.live(until=2 * DAYS + 9 * HOUR, step=30 * MINUTE)

    assert became(sender) == {"IN-1": "unreadable"}
    asked = sender.service.calls["content"]
    sender.live(until=DAYS, step=HOUR)
    assert sender.service.calls["content"] == asked


def test_a_trouble_on_the_way_loses_nothing_that_was_fetched(sender: ApprovedSender) -> None:
    sender.service.brings(status("203", sender.clock.at))
    broken = sender.service.brings(Trouble("gateway", status=502))
    sender.service.brings(status("205", sender.clock.at + MINUTE))
    sender.live(until=90 * MINUTE)
    assert became(sender) == {"IN-1": "read"}

    sender.service.brought[broken].content = status("204", sender.clock.at)
    sender.live(until=3 * HOUR)
    assert sorted(sender.codes("F1", "history")) == ["203", "204", "205"]


def test_more_than_one_round_brings_is_brought_in_several(
    sender: ApprovedSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrive, "AT_ONCE", 3)
    start = sender.clock.at
    for n in range(10):
        sender.service.brings(status("207", start + n * MINUTE, id_=f"M{n}"))
    sender.store.write("998", lambda books: books.receive_now(APPROVED, sender.clock.now()))
    sender.work()

    assert len(sender.events("F1", "history")) == 10
    assert sender.service.calls["content"] == 10


def test_bad_files_beyond_one_round_are_not_asked_for_over_and_over(
    sender: ApprovedSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrive, "AT_ONCE", 2)
    for _ in range(5):
        sender.service.brings(b"<no")
    sender.service.brings(status("204", sender.clock.at))
    sender.store.write("998", lambda books: books.receive_now(APPROVED, sender.clock.now()))
    sender.work()
    assert sender.deposits("F1")[0].status == "204"
    assert sender.service.calls["content"] <= 8

    sender.live(until=14 * HOUR)
    assert sorted(became(sender).values()) == ["read", *["unreadable"] * 5]


def test_two_workers_that_bring_the_same_keep_it_once(sender: ApprovedSender) -> None:
    sender.service.brings(status("203", sender.clock.at))
    sender.clock.forward(hours=1)

    def sleep() -> None:
        """The first one sleeps over its time, and another does the same work."""
        sender.clock.forward(minutes=31)
        sender.work()

    sender.worker("sleepy", at=once(sleep)).work("998")

    assert sender.codes("F1", "history") == ["203"]
    assert sender.service.calls["content"] == 2


def once(act: Callable[[], None]) -> Callable[[str], None]:
    """Do it when the first call has been made, and never again."""
    left = [act]
    return lambda point: left.pop()() if left and point == "called" else None


def test_a_status_heard_before_the_acknowledgement_is_the_invoices_all_the_same(tmp_path: Path) -> None:
    sender = ApprovedSender(tmp_path)
    sender.dispatch("F1")
    sender.service.brings(status("200", sender.clock.at))
    sender.store.write("998", lambda books: books.receive_now(APPROVED, sender.clock.now()))
    sender.work()
    assert sender.deposits("F1")[0].status == "200"
    sender.live(until=HOUR)

    assert (sender.outcome("F1"), sender.deposits("F1")[0].status) == ("integrated", "200")


# ---------------------------------------------------------------- when


def test_a_platform_is_asked_hourly_at_first_and_more_rarely_later(sender: ApprovedSender) -> None:
    asked = []
    for _ in range(4):
        before = sender.service.calls["arrived"]
        sender.live(until=10 * DAYS, step=HOUR)
        asked.append(sender.service.calls["arrived"] - before)

    assert asked[0] > asked[1] >= asked[2] > asked[3] >= 9


def test_a_webhook_has_it_asked_at_once_and_the_cursor_holds(sender: ApprovedSender) -> None:
    sender.live(until=10 * DAYS, step=HOUR)
    sender.service.brings(status("204", sender.clock.at))
    (before,) = ask(sender.address, "SELECT payload FROM job WHERE dossier = '998' AND kind = 'receive'")
    sender.store.write("998", lambda books: books.receive_now(APPROVED, sender.clock.now()))
    (after,) = ask(sender.address, "SELECT payload FROM job WHERE dossier = '998' AND kind = 'receive'")
    sender.work()

    assert before == after
    assert sender.deposits("F1")[0].status == "204"


def test_nothing_that_follows_an_invoice_through_chorus_pro_is_ever_planned(sender: ApprovedSender) -> None:
    sender.store.write("998", lambda books: books.follow_now([1, 2], APPROVED, sender.clock.now()))

    assert sender.jobs() == [("receive", "")]


def test_a_platform_whose_clock_is_ahead_does_not_move_the_question_out_of_reach(sender: ApprovedSender) -> None:
    sender.service.brings(status("203", sender.clock.at), "FAR")
    far = sender.service.brought["FAR"]
    far.seen = msgspec.structs.replace(far.seen, updated_at=sender.clock.at + 400 * DAYS)
    sender.live(until=2 * HOUR)
    sender.service.brings(status("204", sender.clock.at))
    sender.live(until=5 * HOUR)

    assert sender.deposits("F1")[0].status == "204"


# ---------------------------------------------------------------- what we said


def test_what_we_said_is_a_status_once_the_platform_has_taken_it(sender: ApprovedSender) -> None:
    sender.service.brings(status("204", AT - HOUR))
    sender.say(saying("paid"))
    assert sender.deposits("F1")[0].status == ""
    sender.live(until=2 * HOUR)

    assert sender.deposits("F1")[0].status == "212"
    assert not sender.deposits("F1")[0].followed
    assert [step.event.code for step in timeline(sender.events("F1"))][-2:] == ["204", "212"]


def test_what_the_platform_repeats_of_what_we_said_is_one_step() -> None:
    ours = Event(1, "ours", "212", AT.replace(microsecond=5))
    echo = Event(1, "history", "212", AT, "M")

    assert ordered([ours, echo]) == [echo]
    assert ordered([ours]) == [ours]


# ---------------------------------------------------------------- which holds


def heard(code: str, minute: int = 0, origin: str = "history") -> Event:
    return Event(1, origin, code, AT + minute * MINUTE, f"{code}-{minute}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("codes", "now_is"),
    [
        ([("200", 0), ("203", 5), ("205", 9)], "205"),
        ([("200", 0), ("202", 0), ("203", 0)], "203"),  # of one moment
        ([("205", 9), ("208", 10), ("204", 3)], "208"),
        ([("210", 5), ("212", 9)], "210"),  # nothing more comes after a refusal
        ([("220", 5), ("213", 9)], "213"),
        ([("299", 5), ("200", 1)], "299"),  # nobody knows it
        ([("212", 1), ("200", 5), ("203", 9)], "212"),  # paid before it was sent
        ([("204", 1), ("221", 9), ("213", 5)], "213"),
    ],
)
def test_the_latest_status_holds_in_whatever_order_it_is_heard(codes: list[tuple[str, int]], now_is: str) -> None:
    events = [heard(code, minute) for code, minute in codes]
    for order in permutations(events):
        found = current(order)
        assert found is not None
        assert found.code == now_is


_ANY = st.builds(heard, st.sampled_from([*lifecycle(), "299"]), st.integers(0, 3))


@given(st.lists(_ANY, max_size=6), st.randoms(use_true_random=False))
def test_neither_the_order_nor_repetition_decides_which_holds(told: list[Event], chance: random.Random) -> None:
    again = [*told, *told[:3]]
    chance.shuffle(again)

    here, there = unheard((), told), unheard((), again)
    assert current(here) == current(there)
    assert ordered(here) == ordered(there)


def test_a_true_step_back_is_shown_as_such() -> None:
    steps = timeline(
        [heard("200"), heard("204", 1), heard("208", 2), heard("209", 3), heard("205", 4), heard("211", 5)]
    )

    assert [step.event.code for step in steps if step.back] == ["208"]


def test_what_is_told_late_of_the_transmission_is_no_step_back() -> None:
    steps = timeline([heard("212"), heard("200", 1), heard("203", 2), heard("208", 3)])

    assert [step.event.code for step in steps if step.back] == ["208"]


# ---------------------------------------------------------------- hostile


@pytest.mark.parametrize("syntax", ["CDAR", "", "UBL"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 10, b"<a>" * 2000, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_whatever_a_file_is_it_is_data(content: bytes, syntax: str) -> None:
    came = arrive.read(Seen("N", "Ok", "X" * 5000, "In", syntax=syntax), content)

    assert came.statuses == ()
    assert bool(came.unread) == (syntax == "CDAR")
    assert len(came.type) <= 2000


@pytest.mark.parametrize("first", ["history", "ours"])
def test_at_one_moment_the_higher_status_holds_whoever_said_it(first: str) -> None:
    """Messages date statuses by the second: the buyer approves, and in the same second we tell a receipt."""
    approved, received = Event(1, "history", "205", AT, "M-205"), Event(1, "ours", "212", AT)
    events = [approved, received] if first == "history" else [received, approved]
    numbered = [msgspec.structs.replace(event, sequence=at) for at, event in enumerate(events, 1)]

    assert current(numbered) == numbered[events.index(received)]
    assert [step.event.code for step in timeline(numbered)] == ["205", "212"]
    assert not any(step.back for step in timeline(numbered))
