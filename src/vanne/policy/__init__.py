"""What may be used for what.

In comes a TOML file, out comes a `Policy`: for each purpose, which categories are listed and which
are never used, from when in which region and with which default, and who is too young. Always true:
a key that is not understood is an error that names the file and the line, and whatever a policy
does not say is not permitted.
"""

from vanne.policy.load import builtin_names, load
from vanne.policy.policy import Policy, PurposePolicy, Rollout
from vanne.words import PurposeWords

__all__ = ["Policy", "PurposePolicy", "PurposeWords", "Rollout", "builtin_names", "load"]
