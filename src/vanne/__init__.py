"""Vanne decides which data of a network's members may train generative AI, and proves it.

The packages follow the path of the data:

    sources      reads archives and tables into items
    policy       what may be used for which purpose
    ledger       every choice, append-only and signed
    objections   people who are no members, and the items about them
    decide       the verdict on each item, with its reason
    screening    takes pay, contacts and secrets out of texts
    corpus       the allowed items, as a view
    train        trains a model on a corpus
    inference    answers with the model, and exports it
    forget       takes items out of the model, and certifies it
    report       what a member or an operator is told
    web, cli     pages, API and commands; neither holds a rule
    words        sentences in four languages
    database     everything that changes and is no choice
    demo         a made-up network

Plug-ins (`vanne.plugins`) bring the rest.
"""

__version__ = "0.1.0"
