"""The elements of a bank's XML by their local names: whichever version's namespace they are in."""

from collections.abc import Iterator

from lxml import etree

from lettrage.limits import STATEMENT_TEXT


def local_name(element: etree._Element) -> str:
    """The local name; "" of what is no element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def elements(element: etree._Element, depth: int = 1) -> Iterator[etree._Element]:
    """What it holds, down to this depth."""
    for child in element:
        yield child
        if depth > 1:
            yield from elements(child, depth - 1)


def children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Those of this name, right below."""
    yield from element.iterchildren(f"{{*}}{name}")


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    found = [element]
    for name in path.split("/"):
        found = [child for parent in found for child in children(parent, name)]
    return found


def first_at(element: etree._Element, path: str) -> etree._Element | None:
    """The first one at this path."""
    return next(iter(_all(element, path)), None)


def texts_at(element: etree._Element, path: str) -> list[str]:
    """The texts at this path, each on one line and cut where it is longer than what is kept of one."""
    return [text for found in _all(element, path) if (text := " ".join((found.text or "").split())[:STATEMENT_TEXT])]


def text_at(element: etree._Element, path: str) -> str:
    """The first text at this path, else ""."""
    return next(iter(texts_at(element, path)), "")


def place_of(element: etree._Element) -> tuple[int, int]:
    """Line and column, as far as they are known."""
    return element.sourceline or 1, 1


class Paths:
    """How people find an element: `BkToCstmrStmt/Stmt[2]/Ntry[17]`.

    Siblings are counted on from the one that was told last: what is told comes in the order of the file.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[etree._Element, str], tuple[etree._Element, int]] = {}

    def of(self, element: etree._Element) -> str:
        """From the root's child down to it."""
        steps: list[str] = []
        at: etree._Element | None = element
        while at is not None and (parent := at.getparent()) is not None:
            number = self._number(at, parent)
            several = number > 1 or next(at.itersiblings(at.tag), None) is not None
            steps.append(local_name(at) + (f"[{number}]" if several else ""))
            at = parent
        return "/".join(reversed(steps))

    def _number(self, element: etree._Element, parent: etree._Element) -> int:
        key = parent, str(element.tag)
        last, number = self._last.get(key, (None, 0))
        if last is not element:
            steps = 1
            for before in element.itersiblings(element.tag, preceding=True):
                if before is last:
                    break
                steps += 1
            else:
                number = 0
            number += steps
            self._last[key] = element, number
        return number
