"""What is unlearnt: the same training on fewer documents, and a certificate that it was done.

In come a trained model and the documents of the refreshed corpus; out come the model that training
without the missing documents would have given, and a signed certificate. Always true: forgetting
has no training code of its own; shards without a change keep their bytes; every checkpoint that the
new model does not name is deleted before the certificate is written; a crash in between is repaired
by calling `forget` again.
"""

from vanne.forget.certificate import Certificate, verify_certificate
from vanne.forget.forgetting import forget
from vanne.forget.planning import ForgetPlan, plan
from vanne.forget.proof import never_trained

__all__ = ["Certificate", "ForgetPlan", "forget", "never_trained", "plan", "verify_certificate"]
