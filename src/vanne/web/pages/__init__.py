"""The pages: each module reads a request, asks `vanne.report` or `vanne.ledger`, and answers."""
