"""Make a model forget: train without the removed documents, and certify the result.

In come a trained model, the documents of the refreshed corpus, and the requests. Out comes the
model that training without the removed documents would have given, with a signed certificate; or at
once, without a training, the fallback model of untouched checkpoints. Always true: forgetting has
no training code of its own; shards without a change keep their bytes; checkpoints that held a
removed item are deleted before a certificate is written; after a crash, calling `forget` again
repairs the store.

    runs            one training or forgetting of a home, from its corpus to the ledger
    backlog         what a home has to forget, by when, what it costs, and doing it
    requests        who asked, by when it is due, and when it was done
    forgetting      a swap, or at once; and the journal of a killed call
    fallback_model  the model that can serve at once
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
