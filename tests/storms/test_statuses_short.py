"""The short form; the long form is `python -m tests.storms.statuses --sequences 50000 --malformed 2000`."""

import pytest

from tests.storms.statuses import BrokenPromiseError, main, run

SEED = 20_261_122


def test_shuffled_and_repeated_statuses_end_in_the_right_state() -> None:
    run(2_000, 0, SEED)


def test_answers_that_make_no_sense_lead_to_no_wrong_state() -> None:
    run(0, 1_000, SEED)


@pytest.mark.parametrize("planted", ["last_writer_wins", "every_delivery_kept", "ids_as_texts", "any_number_is_ours"])
def test_a_careless_reader_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(400, 400, SEED, planted)


def test_the_command_prints_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sequences", "20", "--malformed", "20", "--seed", "5"]) == 0
    assert "seed 5, 20 sequences" in capsys.readouterr().out
