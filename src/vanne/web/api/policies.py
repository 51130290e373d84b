"""The policy in force, read again only when its file changed."""

from functools import lru_cache

from vanne.config import Home
from vanne.errors import storing
from vanne.policy import Policy, load


def policy_of(home: Home) -> Policy:
    """Return the policy in force.

    Raises:
        ConfigError: it is not one.
        StorageError: it cannot be read.
    """
    with storing("the policy"):
        facts = home.policy.stat()
    return _policy_of(str(home.policy), facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=4)
def _policy_of(path: str, changed_ns: int, size_bytes: int) -> Policy:
    return load(path)
