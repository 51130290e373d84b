"""What an auditor asks about a whole network, answered by counts, without a name.

In come the ledger, the sidecars of the corpus, the certificates, the notices and the records of
models and copies. Out come tables: what is drawn, what stands under «Table», and what is handed out
as CSV and JSON are the same rows.

    choices     who is on and off, where, for what and since when
    standing    who is in the training set, and what keeps the others out
    requests    what is to be forgotten: by which day, done, waiting, late; the certificates
    policies    each change of policy, what it did and to whom
    versions    which corpora, models and copies are alive
    log         the ledger: its checks, its last 30 nights, its entries by kind, its witnesses
    counted     `Counted`: all of these as of one size of the ledger, kept while nothing changes
    attention   what needs a person first, and which sums do not agree
    looks       when an account of the staff last looked

Always true: no table has a name or an id of a person; a count of 1 to 4 people is left out, and
with it another one where it could be found by subtraction.
"""
