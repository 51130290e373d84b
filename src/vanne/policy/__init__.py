"""Read a policy: which data a network may use for which purpose, where, and from when.

In comes a TOML file. Out comes a `Policy`: for each purpose, which categories are listed and which
are never used, from when in which region and with which default, and the minimum age. Always true:
an unknown key is an error that names the file and the line; a policy permits only what it states.

* `load`: a policy from a file or by its built-in name, checked whole
* `policy`: the frozen types of a policy
* `sentences`: a policy in sentences
* `schedule`: which policy is in force at a time, and announced changes
* `editing`: one key of a policy's text, changed alone
* `toml`: a TOML table read key by key, with file and line in errors
"""

from vanne.policy.load import builtin_names, load
from vanne.policy.policy import Policy, PurposePolicy, Rollout
from vanne.words import PurposeWords

__all__ = ["Policy", "PurposePolicy", "PurposeWords", "Rollout", "builtin_names", "load"]
