"""Sending: never twice, never lost, and one that is in trouble holds up no other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from lettrage.invoicing.portal import Found, Trouble
from lettrage.invoicing.sending.deposit import packets
from tests.invoicing.sending import BUYER, DAY, Sender

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def test_an_invoice_is_sent_once_and_integrated_under_an_id_of_its_own(sender: Sender) -> None:
    sender.dispatch("F1")

    assert sender.outcome("F1") == ""  # taken is not accepted
    assert sender.flow("F1")["state"] == "sent"

    sender.live(until=HOUR)

    assert sender.outcome("F1") == "integrated"
    assert sender.twin.times_deposited() == {"F1": 1}
    assert sender.codes("F1", "ours") == ["intended", "sent", "integrated"]
    assert sender.codes("F1", "flow") == ["IN_EN_COURS_TRAITEMENT_CPP", "IN_INTEGRE"]
    assert sender.codes("F1", "history") == ["DEPOSEE"]


def test_the_intention_is_committed_before_the_call(sender: Sender) -> None:
    seen = []

    def look(point: str) -> None:
        if point == "calling":
            seen.append((sender.flow("F1")["state"], sender.outcome("F1"), len(sender.twin.flows)))

    sender.intend(sender.parcel("F1"))
    sender.worker(at=look).work("998")

    assert seen == [("sending", "", 0)]


@pytest.mark.parametrize("fault", ["after", "502", "garbled", "contradiction"])
def test_a_lost_answer_leaves_a_doubt_that_a_look_up_ends(sender: Sender, fault: str) -> None:
    sender.twin.faults = [fault]
    sender.dispatch("F1")

    assert sender.outcome("F1") == "in_doubt"

    sender.live(until=2 * HOUR)

    assert sender.outcome("F1") == "integrated"
    assert sender.twin.times_deposited() == {"F1": 1}


def test_a_flow_whose_number_the_platform_does_not_know_is_in_doubt_after_an_hour(sender: Sender) -> None:
    sender.twin.faults = ["misnumbered"]
    sender.dispatch("F1")
    sender.live(until=timedelta(minutes=55))
    assert sender.outcome("F1") == ""

    sender.live(until=3 * HOUR)

    assert sender.outcome("F1") == "integrated"
    assert sender.flow("F1")["number"] == next(iter(sender.twin.flows))
    assert sender.twin.times_deposited() == {"F1": 1}


def test_what_never_arrived_is_sent_again_after_a_day_and_not_before(sender: Sender) -> None:
    sender.twin.faults = ["before"]
    sender.dispatch("F1")
    sender.live(until=timedelta(hours=23, minutes=55))

    assert sender.outcome("F1") == "in_doubt"
    assert not sender.twin.flows

    sender.live(until=2 * HOUR)

    assert sender.outcome("F1") == "integrated"
    assert sender.twin.times_deposited() == {"F1": 1}
    assert sender.codes("F1", "ours")[:4] == ["intended", "in_doubt", "given_up", "intended"]


def test_a_doubt_is_looked_up_after_5_15_60_minutes_and_then_hourly(sender: Sender) -> None:
    sender.twin.faults = ["before"]
    sender.dispatch("F1")
    asked = []
    for minute in range(1, 5 * 60 + 1):
        sender.clock.forward(minutes=1)
        before = sender.twin.calls["find"]
        sender.work()
        asked += [minute] * (sender.twin.calls["find"] - before)

    assert asked == [5, 15, 60, 120, 180, 240, 300]


def test_a_doubtful_invoice_holds_up_no_other_but_its_credit_note(tmp_path: Path) -> None:
    sender = Sender(tmp_path, 3)
    sender.add("A1", type_="381")
    sender.twin.faults = ["before"]
    sender.dispatch("F1")
    sender.intend(sender.parcel("A1", preceding=["F1"], type_="AVOIR"), sender.parcel("F2"), sender.parcel("F3"))
    sender.work()
    sender.live(until=HOUR)

    assert sender.outcomes() == {"F1": "in_doubt", "F2": "integrated", "F3": "integrated", "A1": ""}
    assert sender.flow("A1")["state"] == "intended"

    sender.live(until=timedelta(hours=26))

    assert set(sender.outcomes().values()) == {"integrated"}
    assert set(sender.twin.times_deposited().values()) == {1}


def test_one_found_with_another_amount_is_a_numbering_error_of_ours(sender: Sender) -> None:
    sender.twin.faults = ["before"]
    sender.dispatch("F1")
    sender.twin.strangers = [stranger(sender, amount="121.00")]
    sender.live(until=HOUR)

    assert sender.outcome("F1") == "numbering_error"
    assert [alert.code for alert in sender.alerts] == ["numbering_error"]
    assert sender.jobs() == []


def test_one_found_of_which_chorus_does_not_say_the_amount_proves_nothing(sender: Sender) -> None:
    sender.twin.faults = ["before"]
    sender.dispatch("F1")
    sender.twin.strangers = [stranger(sender, amount="")]
    sender.live(until=timedelta(hours=48))

    assert sender.outcome("F1") == "in_doubt"
    assert not sender.twin.flows


def test_number_already_exists_for_one_that_was_sent_is_no_error_of_it(sender: Sender) -> None:
    """It was given up after a day and sent again; the first flow is integrated after all, just before the second."""
    sender.twin.faults = ["late"]
    sender.dispatch("F1")
    sender.live(until=timedelta(hours=26))

    assert len(sender.twin.flows) == 2
    first = sender.twin.integrated()["F1"]
    assert first.flow.endswith("1")
    assert sender.outcome("F1") == "integrated"
    assert sender.deposits("F1")[0].chorus_id == first.id
    assert len([d for d in sender.deposits("F1") if d.outcome == "integrated"]) == 1


def stranger(sender: Sender, amount: str) -> Found:
    return Found("77", "F1", "DEPOSEE", sender.clock.now(), "", DAY, "", BUYER, "", amount, "EUR", "FACTURE")


@pytest.mark.parametrize("kind", ["maintenance", "quota", "unreachable"])
def test_what_holds_for_all_makes_the_queue_wait_and_loses_nothing(tmp_path: Path, kind: str) -> None:
    sender = Sender(tmp_path, 20)
    sender.twin.closed = Trouble(kind, after=30)  # type: ignore[arg-type]
    sender.dispatch(*sender.numbers)

    assert sender.twin.calls["deposit"] == 1  # not twenty
    assert sender.queue() == "waiting"

    sender.live(until=6 * HOUR)
    assert sender.twin.calls["deposit"] < 60  # less and less often
    sender.twin.closed = None
    sender.live(until=3 * HOUR)

    assert set(sender.outcomes().values()) == {"integrated"}
    assert set(sender.twin.times_deposited().values()) == {1}
    assert sender.queue() == "open"


def test_a_settings_fault_stops_the_queue_once_with_one_alert(tmp_path: Path) -> None:
    sender = Sender(tmp_path, 1_00)
    sender.twin.closed = Trouble("settings", step="token", status=400, code="invalid_client")
    sender.dispatch(*sender.numbers)
    sender.live(until=5 * HOUR)

    assert sender.twin.calls["deposit"] == 1
    assert [alert.code for alert in sender.alerts] == ["queue_stopped"]
    assert sender.queue() == "stopped"

    sender.twin.closed = None
    sender.store.write("998", lambda books: books.reopen("qualification", sender.clock.now()))
    sender.work()

    assert len(sender.twin.flows) == 100


def test_a_synchronous_refusal_is_the_documents_own_and_its_number_is_free_again(sender: Sender) -> None:
    sender.twin.faults = ["refused"]
    sender.dispatch("F1")

    assert sender.outcome("F1") == "refused"
    assert sender.deposits("F1")[0].errors[0].code == "GDP_MSG_11.022"

    sender.dispatch("F1")
    sender.live(until=HOUR)

    assert sender.outcome("F1") == "integrated"


def test_a_rejection_before_integration_frees_the_number(sender: Sender) -> None:
    sender.intend(sender.parcel("F1", refused="Le code service n'existe pas|L'engagement juridique est obligatoire"))
    sender.work()
    sender.live(until=HOUR)

    assert sender.outcome("F1") == "rejected"
    assert [said.text for said in sender.deposits("F1")[0].errors] == [
        "Le code service n'existe pas",
        "L'engagement juridique est obligatoire",
    ]
    assert sender.jobs() == []

    sender.dispatch("F1")
    sender.live(until=HOUR)

    assert sender.outcome("F1") == "integrated"


def test_the_database_refuses_a_second_deposit_of_a_number_that_stands(sender: Sender) -> None:
    sender.dispatch("F1")

    with pytest.raises(Exception, match=r"(?i)unique"):
        sender.intend(sender.parcel("F1"))

    assert sender.intend(sender.parcel("F1"), platform="production"), "the platforms have nothing to do with each other"


@pytest.mark.parametrize("state", ["IN_INCIDENTE", "IN_A_RELANCER", "IN_ERREUR_INTERNE"])
def test_a_flow_that_chorus_wants_again_is_sent_again_unchanged(sender: Sender, state: str) -> None:
    sender.twin.forced = state
    sender.dispatch("F1")
    sender.clock.forward(minutes=20)
    sender.twin.forced = ""
    sender.work()
    sender.live(until=HOUR)

    first, second = sender.twin.flows.values()
    assert first.files == second.files
    assert sender.outcome("F1") == "integrated"
    assert sender.flow("F1")["again"] == 1


def test_a_flow_that_is_never_processed_is_not_sent_for_ever(sender: Sender) -> None:
    sender.twin.forced = "IN_INCIDENTE"
    sender.dispatch("F1")
    sender.live(until=timedelta(days=2))

    assert len(sender.twin.flows) == 6
    assert sender.outcome("F1") == "rejected"
    assert [alert.code for alert in sender.alerts] == ["flow_never_processed"]


def test_an_unknown_state_is_shown_as_it_came_and_asked_again(sender: Sender) -> None:
    sender.twin.forced = "IN_ETAT_DE_DEMAIN"
    sender.dispatch("F1")
    sender.live(until=timedelta(hours=49))

    assert sender.flow("F1")["reported"] == "IN_ETAT_DE_DEMAIN"
    assert sender.outcome("F1") == ""
    assert [alert.code for alert in sender.alerts] == ["flow_late"]
    assert sender.jobs() == [("follow_flow", "1")]


# ---------------------------------------------------------------- lots


def test_a_lot_has_an_outcome_per_invoice(tmp_path: Path) -> None:
    sender = Sender(tmp_path, 12)
    parcels = [sender.parcel(n, refused="Le code service n'existe pas" if n == "F7" else "") for n in sender.numbers]
    sender.intend(*parcels, lots=True)
    sender.work()
    sender.live(until=HOUR)

    assert len(sender.twin.flows) == 1
    assert sender.outcomes() == {n: "rejected" if n == "F7" else "integrated" for n in sender.numbers}


def test_a_poisoned_document_of_a_lot_holds_up_no_other(tmp_path: Path) -> None:
    """Chorus refuses a whole archive for one file that is not valid: the others go on, each alone."""
    sender = Sender(tmp_path, 5)
    sender.twin.forced = "IN_REJETE"
    sender.intend(*map(sender.parcel, sender.numbers), lots=True)
    sender.work()
    sender.twin.forced = ""
    sender.clock.forward(minutes=20)
    sender.work()
    sender.live(until=HOUR)

    assert len(sender.twin.flows) == 6
    assert set(sender.outcomes().values()) == {"integrated"}


def test_a_lot_in_doubt_is_known_by_one_of_its_invoices(tmp_path: Path) -> None:
    sender = Sender(tmp_path, 5)
    sender.twin.faults = ["after"]
    sender.intend(*map(sender.parcel, sender.numbers), lots=True)
    sender.work()
    sender.live(until=2 * HOUR)

    assert set(sender.outcomes().values()) == {"integrated"}
    assert len(sender.twin.flows) == 1


def test_the_same_lot_is_the_same_bytes(tmp_path: Path) -> None:
    sender = Sender(tmp_path, 3)
    parcels = [sender.parcel(n) for n in sender.numbers]
    (one,), (other,) = packets(parcels, lots=True), packets(parcels, lots=True)

    assert one.content == other.content
    assert one.name.endswith(".tar.gz")


# ---------------------------------------------------------------- several workers


def test_a_worker_that_died_in_the_call_leaves_a_doubt(sender: Sender) -> None:
    class Killed(BaseException):
        pass

    def dies(point: str) -> None:
        if point == "called":
            raise Killed

    sender.intend(sender.parcel("F1"))
    with pytest.raises(Killed):
        sender.worker("one", at=dies).work("998")
    sender.worker("two").work("998")
    assert sender.flow("F1")["state"] == "sending", "its lease holds"

    sender.clock.forward(minutes=11)
    sender.worker("two").work("998")
    assert sender.outcome("F1") == "in_doubt"

    sender.live(until=2 * HOUR)
    assert sender.outcome("F1") == "integrated"
    assert sender.twin.times_deposited() == {"F1": 1}


def test_an_answer_that_comes_after_the_lease_is_kept(sender: Sender) -> None:
    """A call of twenty minutes: meanwhile the flow is in doubt; its number is sure all the same."""

    def slow(point: str) -> None:
        if point == "called":
            sender.clock.forward(minutes=11)
            sender.worker("two").work("998")

    sender.intend(sender.parcel("F1"))
    sender.worker("one", at=slow).work("998")

    assert sender.flow("F1")["state"] == "sent"
    assert sender.jobs() == [("follow_flow", "1")]
    sender.live(until=HOUR)
    assert sender.outcome("F1") == "integrated"


def test_who_slept_until_others_gave_up_deposits_nothing(sender: Sender) -> None:
    """A suspended machine: two days later its flow was in doubt, given up, and sent again by another."""

    def sleeps(point: str) -> None:
        if point == "calling":
            sender.live(until=48 * HOUR, step=HOUR)

    sender.intend(sender.parcel("F1"))
    sender.worker("one", at=sleeps).work("998")

    assert sender.twin.times_deposited() == {"F1": 1}
    assert sender.outcome("F1") == "integrated"


def test_several_workers_at_once_send_each_document_once(tmp_path: Path) -> None:
    sender = Sender(tmp_path, 40)
    sender.intend(*map(sender.parcel, sender.numbers))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda name: sender.worker(f"w{name}").work("998"), range(4)))

    assert sum(done) == 40
    assert set(sender.twin.times_deposited().values()) == {1}
    assert len(sender.twin.flows) == 40


# ---------------------------------------------------------------- statements


def statements(sender: Sender, documents: int) -> int:
    """How many statements the intention of so many takes."""
    seen: list[str] = []
    event.listen(sender.store.engine, "before_cursor_execute", lambda _c, _cur, sql, *_: seen.append(sql))
    sender.intend(*(sender.parcel(n) for n in list(sender.numbers)[:documents]))
    return len(seen)


def test_the_intention_of_five_hundred_takes_no_more_statements_than_that_of_five(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()

    few = statements(Sender(tmp_path / "few", 5), 5)
    many = statements(Sender(tmp_path / "many", 500), 500)

    assert many == few
    assert many <= 10


def test_one_document_sent_and_followed_to_its_integration_takes_a_bounded_number_of_statements(sender: Sender) -> None:
    seen: list[str] = []
    sender.intend(sender.parcel("F1"))
    event.listen(sender.store.engine, "before_cursor_execute", lambda _c, _cur, sql, *_: seen.append(sql))
    sender.work()

    assert len(seen) <= 30
