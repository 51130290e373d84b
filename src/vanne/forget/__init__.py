"""What is unlearnt: the same training on fewer documents, and a certificate that it was done.

In come a trained model, the documents of the refreshed corpus, and who asked; out come at once the
model of what is clean, then the one that training without the missing documents would have given,
and a signed certificate of each. Always true: forgetting has no training code of its own; shards
without a change keep their bytes; what held something that has left is deleted before a certificate
is written; a crash in between is repaired by calling `forget` again.
"""

from vanne.forget.certificate import Certificate, ForgetRequest
from vanne.forget.forgetting import forget
from vanne.forget.planning import ForgetPlan, plan
from vanne.forget.proof import never_trained
from vanne.forget.requests import RemovalRequest
from vanne.forget.verifying import verify_certificate

__all__ = [
    "Certificate",
    "ForgetPlan",
    "ForgetRequest",
    "RemovalRequest",
    "forget",
    "never_trained",
    "plan",
    "verify_certificate",
]
