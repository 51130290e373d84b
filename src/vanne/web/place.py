"""A place in the ledger, as an address names it: `{index:place}`.

Python refuses to read a number of thousands of digits; an address with one is none of ours, and
not a fault.
"""

from starlette.convertors import Convertor, register_url_convertor

NAME = "place"


class Place(Convertor[int]):
    """A whole number of as many digits as anybody could mean."""

    regex = "[0-9]{1,100}"

    def convert(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Write it."""
        return str(value)


register_url_convertor(NAME, Place())
PLACE = f"{{index:{NAME}}}"
"""The part of an address."""
