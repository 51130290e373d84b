"""Azure OpenAI as a second back end: export, fine-tuning, and deletion with signed records.

In comes a version of the corpus and the name of a base model. Out come a model that answers at
Azure, and records of what was deleted there. Always true: only what the corpus allows is sent, once
every choice in the ledger counts; a model is made from a base model, never from a tuned one; data
and weights stay in the resource's region; each step is noted before the next, so that nothing is
made twice or forgotten there. Never claimed: exact forgetting, which only `vanne.forget` gives.

    settings    `HOME/azure.toml`, and the notes of each run
    resource    the three interfaces of a resource, through the `openai` client
    examples    the corpus as chat examples
    replacing   make a model serve, and delete what it replaces
    cli         `vanne azure`
    plugin      the hooks that the core calls

    HOME/
    ├─ azure.toml            the resource at Azure OpenAI, if this back end is used
    └─ azure/                what is there, and what was deleted there
"""
