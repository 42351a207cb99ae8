"""The pages that people work in; `site.py` puts them together."""

from starlette.convertors import IntegerConvertor, register_url_convertor


class _Number(IntegerConvertor):
    """A number in an address. One of thousands of digits is none: Python refuses to read it."""

    regex = "[0-9]{1,18}"


register_url_convertor("int", _Number())
