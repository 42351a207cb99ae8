"""What a value of our own API may be: the types of fields and queries, each strict, each with its schema."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from lettrage.dates import day as day_of
from lettrage.limits import CODE_CHARACTERS, NUMBER_DIGITS, TEXT_CHARACTERS

# No control character, no separator of lines, no mark that turns the direction of writing.
_PLAIN = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"


class Shape(BaseModel):
    """An object with exactly these fields, of exactly these types: no number for a text, no 1 for true."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _day(text: Any) -> str:
    found = day_of(text) if isinstance(text, str) and "-" in text else None
    if found is None:
        raise ValueError("YYYY-MM-DD")
    return found.isoformat()


def _either_day(text: Any) -> date:
    found = day_of(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("YYYY-MM-DD, YYYYMMDD")
    return found


def _whole(text: Any) -> int:
    if not (isinstance(text, str) and re.fullmatch(r"[0-9]{1,9}", text)):
        raise ValueError("1, 2, 3 ...")
    return int(text)


def _yes_or_no(text: Any) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true, false")
    return bool(text == "true")


# A name in a path: the edge leaves these two encoded. In this order: what a percent sign makes is not decoded again.
SEGMENT = AfterValidator(lambda text: re.sub("%2f", "/", text, flags=re.IGNORECASE).replace("%25", "%"))
PLAIN = f"^{_PLAIN}+$"
Code = Annotated[str, Field(min_length=1, max_length=CODE_CHARACTERS, pattern=PLAIN)]
Label = Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS)]
Number = Annotated[str, Field(pattern=f"^[1-9][0-9]{{0,{NUMBER_DIGITS - 1}}}$")]
Digits = Annotated[str, Field(pattern=f"^[0-9]{{1,{NUMBER_DIGITS}}}$")]
CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Money = Annotated[str, Field(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$", description="A decimal number, as text")]
Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
State = Annotated[str, Field(pattern="^[A-Z0-9]{1,30}$")]

# Of queries, which arrive as texts.
DayAsked = Annotated[date, BeforeValidator(_either_day), WithJsonSchema({"type": "string", "format": "date"})]
Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_yes_or_no), WithJsonSchema({"type": "boolean"})]
Direction = Literal["encashment", "disbursement"]
Ledger = Literal["customer", "supplier"]
