"""The short form; the long form is `python -m tests.storms.statuses --sequences 50000 --malformed 2000`."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.statuses import run

SEED = 20_261_122


def test_shuffled_and_repeated_statuses_end_in_the_right_state() -> None:
    run(2_000, 0, SEED)


def test_answers_that_make_no_sense_lead_to_no_wrong_state() -> None:
    run(0, 1_000, SEED)


@pytest.mark.parametrize("planted", ["last_writer_wins", "every_delivery_kept", "ids_as_texts", "any_number_is_ours"])
def test_a_careless_reader_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(400, 400, SEED, planted)
