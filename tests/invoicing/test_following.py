"""Following: every change once, in its place, whatever order it was heard in; nothing called accepted before it is."""

from datetime import timedelta
from pathlib import Path

import pytest

from lettrage.adapters.store import schema, writing
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.schedule import Pace, days_left
from lettrage.invoicing.sending.statuses import current, ordered, timeline, unheard
from lettrage.invoicing.settings import WARN_DAYS
from tests.invoicing.sending import BUYER, DAY, Sender
from tests.journeys.helpers import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def heard(code: str, minute: int, id_: str = "", comment: str = "") -> Event:
    return Event(1, "history", code, NOON + timedelta(minutes=minute), id_, comment)


# ---------------------------------------------------------------- changes


def test_the_current_status_is_the_one_with_the_latest_date() -> None:
    events = [heard("MISE_A_DISPOSITION", 3), heard("DEPOSEE", 1), heard("EN_COURS_ACHEMINEMENT", 2)]

    assert [e.code for e in ordered(events)] == ["DEPOSEE", "EN_COURS_ACHEMINEMENT", "MISE_A_DISPOSITION"]
    assert current(events) == events[0]


def test_at_the_same_date_the_higher_history_id_holds_as_a_number() -> None:
    now_is = current([heard("DEPOSEE", 1, "9"), heard("EN_COURS_ACHEMINEMENT", 1, "10")])

    assert now_is is not None
    assert now_is.code == "EN_COURS_ACHEMINEMENT"


def test_a_change_is_kept_once_and_once_more_with_its_id() -> None:
    bare, named = heard("DEPOSEE", 1), heard("DEPOSEE", 1, "7")

    assert unheard([bare], [bare, bare]) == []
    assert unheard([named], [bare]) == []
    assert unheard([bare], [named]) == [named]
    assert ordered([bare, named]) == [named]
    assert unheard([], [named, heard("DEPOSEE", 1, "8")]) == [named, heard("DEPOSEE", 1, "8")]


def test_a_true_step_back_is_shown_as_such_and_the_optional_steps_may_come_in_any_order() -> None:
    codes = ["DEPOSEE", "MISE_A_DISPOSITION", "MANDATEE", "SERVICE_FAIT", "SUSPENDUE", "COMPLETEE", "CODE_DE_DEMAIN"]
    steps = timeline(heard(code, at) for at, code in enumerate(codes))

    assert [step.event.code for step in steps if step.back] == ["SUSPENDUE"]
    assert [step.event.code for step in steps] == codes


# ---------------------------------------------------------------- over time


def test_changes_are_found_in_bulk_and_the_history_read_only_where_something_changed(tmp_path: Path) -> None:
    sender = Sender(tmp_path, 3)
    sender.dispatch(*sender.numbers)
    sender.live(until=2 * HOUR)
    before = sender.twin.calls["history"]
    sender.twin.moves("F2", "MISE_A_DISPOSITION")
    sender.live(until=3 * HOUR)

    assert sender.twin.calls["history"] == before + 1
    assert sender.codes("F2", "history") == ["DEPOSEE", "MISE_A_DISPOSITION"]
    assert [sender.deposits(n)[0].status for n in sender.numbers] == ["DEPOSEE", "MISE_A_DISPOSITION", "DEPOSEE"]


@pytest.mark.parametrize("final", ["REJETEE", "MISE_EN_PAIEMENT", "ABANDONNEE", "SUPPRIMEE"])
def test_nothing_more_is_asked_after_a_final_status(sender: Sender, final: str) -> None:
    sender.dispatch("F1")
    sender.live(until=HOUR)
    sender.twin.moves("F1", final, "motif")
    sender.live(until=3 * HOUR)

    assert sender.deposits("F1")[0].status == final
    assert sender.events("F1", "history")[-1].comment == "motif"
    assert sender.jobs() == []


def test_questions_become_rarer_as_the_youngest_document_ages(sender: Sender) -> None:
    sender.dispatch("F1")
    asked = []
    for _ in range(4):
        before = sender.twin.calls["find"]
        sender.live(until=timedelta(days=10), step=HOUR)
        asked.append(sender.twin.calls["find"] - before)

    assert asked[0] > asked[1] >= asked[2] > asked[3] >= 9


def test_an_unknown_status_is_kept_as_it_came(sender: Sender) -> None:
    sender.dispatch("F1")
    sender.live(until=HOUR)
    sender.twin.moves("F1", "STATUT_DE_2031")
    sender.live(until=3 * HOUR)

    assert sender.deposits("F1")[0].status == "STATUT_DE_2031"
    assert sender.jobs() == [("follow_changes", "")]


def test_a_buyer_who_never_reports_the_payment_is_not_followed_for_ever(tmp_path: Path) -> None:
    sender = Sender(tmp_path, unreported_days=10)
    record = f'{{"id": "1", "identifier": "{BUYER}", "payment_not_reported": true}}'
    row = ("998", "qualification", "SIRET", BUYER, record, "")
    sender.store.write("998", lambda books: writing.insert(books.connection, schema.chorus_structure, [row]))
    sender.dispatch("F1")
    sender.live(until=timedelta(days=9), step=HOUR)
    assert sender.deposits("F1")[0].followed

    sender.live(until=timedelta(days=4), step=HOUR)
    assert not sender.deposits("F1")[0].followed
    assert sender.jobs() == []


def test_a_history_that_lags_behind_the_search_is_asked_again(sender: Sender) -> None:
    sender.dispatch("F1")
    sender.live(until=HOUR)
    sender.twin.moves("F1", "MISE_A_DISPOSITION")
    sender.twin.lagging = True
    sender.live(until=2 * HOUR)
    assert sender.deposits("F1")[0].status == "DEPOSEE"
    sender.twin.lagging = False
    sender.live(until=2 * HOUR)

    assert sender.deposits("F1")[0].status == "MISE_A_DISPOSITION"


# ---------------------------------------------------------------- the schedule


def test_a_flow_is_looked_at_after_5_15_60_minutes_hourly_for_48_hours_then_daily() -> None:
    pace, at, looks = Pace(), NOON, []
    while at < NOON + timedelta(days=4):
        at = pace.flow(NOON, at)
        looks.append((at - NOON) // timedelta(minutes=1))

    hourly = [60 * hour for hour in range(1, 49)]
    assert looks == [5, 15, *hourly, 72 * 60, 96 * 60]


def test_a_hurrying_platform_shortens_every_time_alike() -> None:
    slow, fast = Pace(), Pace(speed=60)

    assert fast.look_up(NOON, NOON) == NOON + timedelta(seconds=5)
    assert fast.forgotten(NOON, NOON + timedelta(minutes=24))
    assert not fast.forgotten(NOON, NOON + timedelta(minutes=23))
    assert slow.changes(NOON, NOON + timedelta(days=2)) == NOON + timedelta(days=2, hours=4)
    assert fast.changes(NOON, NOON + timedelta(minutes=48)) == NOON + timedelta(minutes=52)


def test_tries_come_later_and_later_at_random_up_to_half_an_hour_and_never_before_what_was_asked() -> None:
    pace = Pace()
    latest = [pace.later(n, NOON, lambda most: most - 1) - NOON for n in range(8)]

    assert latest[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(latest) == timedelta(minutes=30)
    assert pace.later(0, NOON, lambda _: 0, least=90) >= NOON + timedelta(seconds=90)
    assert pace.later(10**6, NOON, lambda _: 0) > NOON


def test_the_password_is_told_from_thirty_days_before() -> None:
    assert days_left(None, DAY) is None
    assert days_left(DAY + timedelta(days=WARN_DAYS + 1), DAY) is None
    assert days_left(DAY + timedelta(days=WARN_DAYS), DAY) == WARN_DAYS
    assert days_left(DAY - timedelta(days=2), DAY) == -2
