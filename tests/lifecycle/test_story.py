"""The life of an invoice: what stands beside our own events, in the reader's language."""

from datetime import UTC, date, datetime

from lettrage.invoicing.explaining.story import Told, shape, story
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.money import Currency

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
INVOICE = Shelved(1, "F1", "380", date(2026, 11, 5), "C1", "1", Currency("EUR", 2), 12_000, "json", 0, "", "")


def test_our_own_words_are_in_the_readers_language_and_a_platforms_as_they_came() -> None:
    events = [Event(1, "ours", "integrated", AT, comment="N-1"), Event(1, "flow", "Ok", AT, comment="tel quel")]
    ours, theirs = (one for one in story(Told([INVOICE], events)) if one.kind in ("ours", "flow"))

    assert (ours.beside("fr"), ours.beside("en")) == ("n° N-1 sur la plateforme", "no. N-1 on the platform")
    assert (shape(ours)["text"], shape(ours)["text_en"]) == (ours.beside("fr"), ours.beside("en"))
    assert (theirs.beside("fr"), theirs.beside("en")) == ("tel quel", "tel quel")
    assert theirs.word("fr") == "Contrôlée et prise par la plateforme"
