"""Places in a file: from the sheets' way to say one to ours (`reading.path_of`), and what stands there."""

import re
from itertools import islice

from lxml import etree

from lettrage.invoicing.formats.reading import path_of

# How the sheets say where: /*:Invoice[namespace-uri()='urn:...'][1]/.../@schemeID
_STEP = re.compile(r"/\*:([\w.-]+)\[namespace-uri\(\)='([^']*)'\]\[(\d+)\]")
_ATTRIBUTE = re.compile(r"/@(?:\*:)?([\w.:-]+)")


def element_at(root: etree._Element, location: str) -> etree._Element | None:
    """The element that a sheet's location names."""
    steps = _STEP.findall(location)
    if not steps or etree.QName(root) != etree.QName(steps[0][1], steps[0][0]):
        return None
    found: etree._Element | None = root
    for name, namespace, nth in steps[1:]:
        assert found is not None, "an element that is not there ends the walk"
        found = next(islice(found.iterchildren(f"{{{namespace}}}{name}"), int(nth) - 1, None), None)
        if found is None:
            return None
    return found


def located(root: etree._Element, location: str) -> tuple[str, str]:
    """A sheet's location as a place, and the value that stands there; the location itself where it is not found."""
    element = element_at(root, location)
    if element is None:
        return location, ""
    attribute = _ATTRIBUTE.search(_STEP.sub("", location))
    if attribute is not None:
        return f"{path_of(element)}/@{attribute[1]}", element.get(attribute[1], "")
    return path_of(element), text_of(element)


def text_of(element: etree._Element) -> str:
    """What an element says, where it is a value rather than a group."""
    return "" if len(element) else (element.text or "").strip()
