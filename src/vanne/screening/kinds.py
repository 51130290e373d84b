"""The kinds of things that screening takes out, and what stands in their place."""

KINDS = ("salary", "phone", "email", "address", "iban", "card", "national-id", "secret")
"""A closed list, in the order of the tables; `secret` is passwords, keys and tokens."""


def placeholder(kind: str) -> str:
    """Return what stands in the place of something of this kind.

    >>> placeholder("national-id")
    '[NATIONAL-ID]'
    """
    return f"[{kind.upper()}]"
