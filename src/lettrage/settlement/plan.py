"""Settlements + the books as read -> transactions, instruments and balanced entries; or every reason against.

Pure: nothing is written here. Each group of headers is planned on a draft; a refused one leaves no trace.
"""

from collections.abc import Iterable
from itertools import groupby

import msgspec

from lettrage.company.states import Direction
from lettrage.money import ratio
from lettrage.refusal import Refusal
from lettrage.settlement import deposit
from lettrage.settlement.desk import Desk, Draft
from lettrage.settlement.document import (
    Document,
    Header,
    Outcome,
    Plan,
    Remark,
    Settlement,
    Transaction,
)
from lettrage.settlement.exchange import Exchange, Money
from lettrage.settlement.match import Matcher
from lettrage.settlement.operations import Scene, judged
from lettrage.settlement.posting import Work, settled
from lettrage.settlement.terms import Glossary, Terms
