"""What is unlearnt: the same training on fewer documents, and a certificate that it was done.

In come a trained model, the documents of the refreshed corpus, and who asked. Out come at once the
model of what is clean, then the one that training without the missing documents would have given,
and a signed certificate of each. Always true: forgetting has no training code of its own; shards
without a change keep their bytes; what held something that has left is deleted before a certificate
is written; a crash in between is repaired by calling `forget` again.

    backlog         what a home has to forget, by when, what it would cost, and doing it
    requests        who asked, by when it is due, and when it was done
    forgetting      both phases, and the journal of a killed call
    fallback_model  what can serve at once
    certificate     what is certified, and its signature
    history         which models served, and their entries in the ledger
    verifying       a certificate checked step by step
    proof           training from nothing, and the bytes compared
"""

from vanne.forget.backlog import ForgetPlan, plan
from vanne.forget.certificate import Certificate, ForgetRequest
from vanne.forget.forgetting import forget
from vanne.forget.requests import RemovalRequest
from vanne.forget.verifying import verify_certificate

__all__ = [
    "Certificate",
    "ForgetPlan",
    "ForgetRequest",
    "RemovalRequest",
    "forget",
    "plan",
    "verify_certificate",
]
