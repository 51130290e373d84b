"""Azure OpenAI as a second back end: export, fine-tuning, deletion with records.

In comes a version of the corpus and the name of a base model; out come a model that answers at
Azure, and records of what was deleted there. Always true: only what the corpus allows is sent, once
every choice has been heard; a model is made from a base model and never from a tuned one; data and
weights stay in the resource's region; what was made is noted before the next step, so that nothing
is made twice or forgotten there. Never claimed: that it forgets exactly, as `vanne.forget` does.

    settings    the resource, and the notes of what is there
    resource    its three interfaces, through the `openai` client
    examples    the corpus as chat examples
    replacing   make a model serve, and delete what it replaces

    HOME/
    ├─ azure.toml            the resource at Azure OpenAI, if this back end is used
    └─ azure/                what is there, and what was deleted there
"""
