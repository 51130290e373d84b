"""Many small cases in one test: every one of them is tried, and all that fail are named."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from inspect import signature
from typing import Any

SHOWN = 20

Test = Callable[..., None]


def every(
    names: str | Sequence[str], values: Iterable[Any], ids: Callable[[Any], object] = repr
) -> Callable[[Test], Test]:
    """Try a test with every value, as `pytest.mark.parametrize` does, without a test for each.

    To collect and to report a thousand tests costs 10 s of CPU. What a test is given besides is
    the same for all its cases, so they must leave it as it is.
    """
    known, many = list(values), not isinstance(names, str)
    names = names if many else [names]

    def decorated(test: Test) -> Test:
        @wraps(test)
        def wrapper(*arguments: Any, **given: Any) -> None:
            failed: list[tuple[Any, Exception]] = []
            for value in known:
                row = dict(zip(names, value if many else [value], strict=True))
                try:
                    test(*arguments, **given, **row)
                except Exception as error:
                    failed.append((value, error))
            assert known, "there is no case"
            if failed:
                lines = [f"{ids(value)}: {error!s:.2000}" for value, error in failed[:SHOWN]]
                said = "\n".join([f"{len(failed)} of {len(known)} cases fail", *lines])
                raise AssertionError(said) from failed[0][1]

        own = signature(test)
        others = [each for name, each in own.parameters.items() if name not in names]
        wrapper.__signature__ = own.replace(parameters=others)  # type: ignore[attr-defined]
        return wrapper

    return decorated
