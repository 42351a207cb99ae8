"""Through an approved platform: never twice, never lost, found again by our own name, and never through both doors."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from lettrage.acts import perform
from lettrage.acts.sending import SendInvoices
from lettrage.caller import Caller
from lettrage.commands import working
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.doors import company_of
from lettrage.invoicing.sending.outbox import Alert
from tests.databases import ask
from tests.invoicing.approved import ApprovedSender, saying
from tests.invoicing.sending import QUALIFICATION

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def sender(tmp_path: Path) -> ApprovedSender:
    return ApprovedSender(tmp_path)


# ---------------------------------------------------------------- an invoice


def test_an_invoice_is_submitted_once_and_has_arrived_when_it_is_acknowledged(sender: ApprovedSender) -> None:
    sender.dispatch("F1")

    assert sender.outcome("F1") == ""  # taken is not accepted
    assert sender.flow("F1")["state"] == "sent"

    sender.live(until=HOUR)

    assert sender.outcome("F1") == "integrated"
    assert sender.deposits("F1")[0].chorus_id == "FLOW-1"
    assert sender.service.times_taken() == {"F1": 1}
    assert sender.codes("F1", "ours") == ["intended", "sent", "integrated"]
    assert sender.codes("F1", "flow") == ["Ok"]


def test_a_flow_bears_a_name_of_ours_that_no_other_has(sender: ApprovedSender) -> None:
    sender.add("F2", "F3")
    sender.dispatch("F1", "F2")
    sender.say(saying())

    names = sender.trackings()
    assert len({*names}) == 3
    assert all(0 < len(name) <= 64 for name in names)
    assert [flow.signalled.tracking for flow in sender.service.taken.values()] == names[:2]


@pytest.mark.parametrize("fault", ["after", "garbled", "misnumbered"])
def test_a_lost_answer_is_found_by_our_name(sender: ApprovedSender, fault: str) -> None:
    sender.service.faults = [fault]
    sender.dispatch("F1")
    sender.live(until=4 * HOUR)

    assert sender.outcome("F1") == "integrated"
    assert sender.flow("F1")["number"] == "FLOW-1"
    assert sender.service.calls["submit"] == 1


def test_what_left_no_trace_is_sent_again_after_a_day_under_the_same_name(sender: ApprovedSender) -> None:
    sender.service.faults = ["before"]
    sender.dispatch("F1")
    sender.live(until=timedelta(hours=23, minutes=55))
    assert sender.outcome("F1") == "in_doubt"
    assert not sender.service.taken

    sender.live(until=2 * HOUR)

    first, second = sender.trackings()
    assert first == second
    assert sender.outcome("F1") == "integrated"
    assert sender.service.times_taken() == {"F1": 1}


def test_one_that_shows_itself_after_it_was_sent_again_goes_on_as_the_first(sender: ApprovedSender) -> None:
    sender.service.faults = ["late"]
    sender.dispatch("F1")
    sender.live(until=timedelta(hours=27))

    assert sender.service.calls["submit"] == 2
    assert sender.service.times_taken() == {"F1": 1}
    assert sender.outcome("F1") == "integrated"
    assert sender.deposits("F1")[0].chorus_id == "FLOW-1"


def test_a_number_that_came_from_elsewhere_is_a_mistake_in_our_numbering(sender: ApprovedSender) -> None:
    sender.intend(sender.parcel("F1"))
    sender.service.foreign = {ask(sender.address, "SELECT sha256 FROM flow WHERE dossier = '998'")[0][0]}
    sender.work()
    sender.live(until=HOUR)

    assert sender.outcome("F1") == "numbering_error"
    assert [alert.code for alert in sender.alerts] == ["numbering_error"]


def test_a_refused_acknowledgement_frees_the_number_and_says_why(sender: ApprovedSender) -> None:
    sender.intend(sender.parcel("F1", refused="InvalidSchema"))
    sender.work()
    sender.live(until=HOUR)

    (deposit,) = sender.deposits("F1")
    assert deposit.outcome == "rejected"
    assert [(said.code, said.text) for said in deposit.errors] == [("InvalidSchema", "file: refused")]

    sender.dispatch("F1")
    sender.live(until=HOUR)
    assert sender.outcome("F1") == "integrated"
    assert len({*sender.trackings()}) == 2


@pytest.mark.parametrize("fault", ["unreachable", "quota", "maintenance", "gateway"])
def test_what_surely_did_not_arrive_is_tried_again_and_never_in_doubt(sender: ApprovedSender, fault: str) -> None:
    sender.service.faults = [fault]
    sender.dispatch("F1")
    sender.live(until=2 * HOUR)

    assert sender.outcome("F1") == "integrated"
    assert "in_doubt" not in sender.codes("F1")
    assert sender.service.times_taken() == {"F1": 1}


def test_a_call_that_is_refused_refuses_the_invoice(sender: ApprovedSender) -> None:
    sender.service.faults = ["refused"]
    sender.dispatch("F1")

    assert sender.outcome("F1") == "refused"


def test_a_platform_that_is_not_set_up_stops_its_own_queue_and_is_told_once(sender: ApprovedSender) -> None:
    sender.add("F2")
    sender.intend(*map(sender.parcel, sender.numbers))

    def tell(_dossier: str, alert: Alert) -> None:
        sender.alerts.append(alert)

    working.worker(sender.store, tell=tell).work("998")

    assert [(a.code, a.facts["code"]) for a in sender.alerts] == [("queue_stopped", "platform_not_connected")]
    assert sender.queue() == "stopped"
    assert ask(sender.address, "SELECT platform FROM chorus_queue") == [(APPROVED,)]
    assert sender.flow("F1")["state"] == "intended"


# ---------------------------------------------------------------- two doors


def sent(sender: ApprovedSender, platform: str, number: str = "F1", supplier: str = "") -> list[str]:
    parcel = sender.parcel(number)
    parcel = msgspec.structs.replace(parcel, supplier=supplier or parcel.supplier)
    act = SendInvoices((parcel,), platform, "anna")
    result = perform(act, Caller("anna", "command line", "998"), sender.store, sender.clock).result
    assert result is not None
    return [f"{r['code']} {r['expected']}" for one in result["refused"] for r in one["reasons"]]


def test_a_number_that_stands_through_one_door_is_refused_through_the_other(sender: ApprovedSender) -> None:
    assert sent(sender, APPROVED, supplier="332540215") == []

    assert sent(sender, QUALIFICATION, supplier="33254021516357") == ["through_the_other_door approved-qualification"]
    assert sent(sender, QUALIFICATION, supplier="FR12332540215") == ["through_the_other_door approved-qualification"]
    assert sent(sender, "production") == []  # another environment


def test_what_the_other_door_refused_may_leave_through_this_one(sender: ApprovedSender) -> None:
    sender.service.faults = ["refused"]
    assert sent(sender, APPROVED) == []
    sender.work()

    assert sent(sender, QUALIFICATION) == []
    assert sent(sender, APPROVED) == ["through_the_other_door qualification"]


@pytest.mark.parametrize(
    ("identifier", "siren"),
    [
        ("33254021516357", "332540215"),
        ("332540215", "332540215"),
        ("332 540 215", "332540215"),
        ("FR12332540215", "332540215"),
        ("BE0123456789", "BE0123456789"),
        ("GB332540215", "GB332540215"),
        ("", ""),
    ],
)
def test_a_supplier_is_known_by_its_siren(identifier: str, siren: str) -> None:
    assert company_of(identifier) == siren


# ---------------------------------------------------------------- messages


def test_a_message_is_sent_once_and_accepted_when_it_is_acknowledged(sender: ApprovedSender) -> None:
    assert sender.say(saying("one"), saying("two"), saying("one")) == [1, 2]
    assert sender.say(saying("two")) == []
    sender.work()
    assert [(m.outcome, m.state) for m in sender.said()] == [("", "sent"), ("", "sent")]

    sender.live(until=HOUR)

    assert [(m.key, m.outcome, m.stands) for m in sender.said()] == [
        ("one", "accepted", True),
        ("two", "accepted", True),
    ]
    assert sender.service.times_taken() == {"one": 1, "two": 1}
    assert sender.said(None) == sender.said()
    assert sender.said(None, "report") == []


def test_a_message_without_a_trace_is_sent_again_under_the_same_name(sender: ApprovedSender) -> None:
    sender.service.faults = ["before"]
    sender.say(saying("one"))
    sender.work()
    assert sender.said()[0].state == "in_doubt"
    sender.live(until=timedelta(hours=27))

    assert len({*sender.trackings()}) == 1
    assert [(m.outcome, m.flow) for m in sender.said()] == [("accepted", 2)]
    assert sender.service.times_taken() == {"one": 1}


def test_a_message_that_never_leaves_a_trace_is_given_up_at_last_and_told(tmp_path: Path) -> None:
    sender = ApprovedSender(tmp_path, redeposits=1)
    sender.service.faults = ["before"] * 3
    sender.say(saying("one"))
    sender.work()
    sender.live(until=timedelta(days=4), step=HOUR)

    assert sender.said()[0].outcome == "given_up"
    assert sender.service.calls["submit"] == 2
    assert [alert.code for alert in sender.alerts] == ["message_rejected"]


@pytest.mark.parametrize("how", ["acknowledged", "called"])
def test_a_refused_message_is_told_and_keeps_its_key_until_somebody_lets_it_go(
    sender: ApprovedSender, how: str
) -> None:
    sender.service.faults = ["refused"] if how == "called" else []
    sender.say(saying("one", refused="InvoiceLCAmountError" if how == "acknowledged" else ""))
    sender.work()
    sender.live(until=HOUR)

    (message,) = sender.said()
    assert (message.outcome, message.stands) == ("rejected", True)
    assert message.errors
    assert [alert.code for alert in sender.alerts] == ["message_rejected"]
    assert sender.alerts[0].facts["key"] == "one"
    assert sender.say(saying("one")) == []

    assert sender.store.write("998", lambda books: books.free(message.id, "status", APPROVED))
    assert not sender.store.write("998", lambda books: books.free(message.id, "status", APPROVED))
    assert sender.say(saying("one")) == [2]
    sender.work()
    sender.live(until=HOUR)
    assert [m.outcome for m in sender.said()] == ["rejected", "accepted"]


def test_what_the_platform_has_or_may_have_is_not_let_go(sender: ApprovedSender) -> None:
    sender.say(saying("one"))
    assert not sender.store.write("998", lambda books: books.free(1, "status", APPROVED))
    sender.work()
    sender.live(until=HOUR)
    assert not sender.store.write("998", lambda books: books.free(1, "status", APPROVED))


# ---------------------------------------------------------------- whoever dies, whoever races


class Killed(BaseException):
    """Where a worker dies; nothing of ours catches it."""


@pytest.mark.parametrize("point", ["taken", "calling", "called", "recorded"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_whoever_dies_wherever_nothing_is_sent_twice_or_forgotten(
    sender: ApprovedSender, point: str, times: int
) -> None:
    sender.add("F2")
    sender.intend(sender.parcel("F1"), sender.parcel("F2"))
    sender.say(saying("one"))
    left = times

    def die(here: str) -> None:
        nonlocal left
        left -= here == point
        if here == point and not left:
            raise Killed

    with pytest.raises(Killed):
        sender.worker(at=die).work("998")
    sender.live(until=timedelta(hours=30))

    assert sender.outcomes() == {"F1": "integrated", "F2": "integrated"}
    assert [message.outcome for message in sender.said()] == ["accepted"]
    assert sender.service.times_taken() == {"F1": 1, "F2": 1, "one": 1}


def test_two_workers_at_once_submit_each_flow_once(tmp_path: Path) -> None:
    sender = ApprovedSender(tmp_path, 12)
    sender.intend(*map(sender.parcel, sender.numbers))
    sender.say(*(saying(f"m{n}") for n in range(12)))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: sender.worker(name).work("998"), ["one", "two"]))
    sender.live(until=HOUR)

    assert {*sender.outcomes().values()} == {"integrated"}
    assert {message.outcome for message in sender.said()} == {"accepted"}
    assert {*sender.service.times_taken().values()} == {1}
    assert sender.service.calls["submit"] == 24
