"""The API, `/v1`: what other programs may ask of a deployment and tell it.

In come requests with a service token, out come JSON documents that each say their `schema`, and
problem documents (RFC 9457). Always true: no rule is decided here; a choice is durable before it is
acknowledged; two requests with one idempotency key are carried out once; the OpenAPI document is
made from the routes that run, so that the scope it names is the scope that is checked; a caller
without the scope cannot learn whether a member exists.

    app        the application, and its OpenAPI document
    gate       the check before every route: host name, token, rate limit
    route      what a route declares: its scope, its problems, its idempotency key
    models     the types that documents are made of
    problems   refusals and faults, as problem documents
    choices    record and list choices; a member's report
    ledger     the ledger, its proofs, receipts and notices
    verdicts   verdicts of items, written by hand for speed
    chat       the current model, as OpenAI's API
"""
