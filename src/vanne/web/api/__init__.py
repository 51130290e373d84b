"""The API, `/v1`: what other programs may ask of a deployment and tell it, and no rule of its own.

In come requests with a service token, out come JSON documents that each say their `schema`, and
problem documents (RFC 9457). Always true: a choice is durable before it is acknowledged; what was
asked twice with one key is done once; the OpenAPI document is made of what runs, so the scope that
it names is the one that is asked for; nothing tells whether a member exists to who may not know.

`gate` lets in, `route` says what an address needs, `problems` how it refuses; `verdicts` (whose
bodies are made by hand, for speed), `choices`, `ledger` and `chat` answer; `app` describes all.
"""
