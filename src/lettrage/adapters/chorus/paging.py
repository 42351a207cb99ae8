"""Every page of a list, however the service says how many there are; never one page for the whole."""

from collections.abc import Callable
from typing import NamedTuple

from lettrage.adapters.calling.answers import Answer, Garbled
from lettrage.limits import PLATFORM_LIST_BYTES, PLATFORM_PAGES


class Page(NamedTuple):
    """Lines with what the service says about its pages; None where it does not say."""

    rows: list[Answer]
    number: int | None = None
    pages: int | None = None
    total: int | None = None
    size: int = 0  # of the answer, in bytes


EMPTY = Page([], 1, 0, 0)


def page_of(answer: Answer, rows: list[Answer], *places: Answer) -> Page:
    """A page; its figures stand in `parametresRetour`, or beside the list, or in one of `places`."""
    for place in (answer.inner("parametresRetour"), *places, answer):
        if "pages" in place:
            return Page(rows, place.count("pageCourante"), place.count("pages"), place.count("total"), size=answer.size)
    return Page(rows, size=answer.size)


def every(ask: Callable[[int], Page], key: Callable[[Answer], str]) -> list[Answer]:
    """All lines of a list, each once. Raises Garbled where the pages contradict themselves or never end.

    `ask` gives a page by its number, from 1; `key` tells lines apart. A list that is shorter than its own total is
    garbled too: an invoice that is not found would be sent again.
    """
    found: dict[str, Answer] = {}
    seen: set[tuple[str, ...]] = set()
    received, size, number = 0, 0, 1
    while number <= PLATFORM_PAGES:
        page = ask(number)
        keys = tuple(key(row) for row in page.rows)
        repeated = bool(keys) and keys in seen
        if repeated and page.pages is None:  # a service that has no pages answers the same to each
            return list(found.values())
        if repeated or (keys and page.number not in (None, number)) or (page.pages or 0) > PLATFORM_PAGES:
            raise Garbled("pages")
        seen.add(keys)
        received += len(keys)
        size += page.size
        if size > PLATFORM_LIST_BYTES:
            raise Garbled("too large")
        found |= {one: row for one, row in zip(keys, page.rows, strict=True) if one not in found}
        if number >= page.pages if page.pages is not None else not keys:
            if page.total is not None and received < page.total:
                raise Garbled("total")
            return list(found.values())
        number += 1
    raise Garbled("pages")
