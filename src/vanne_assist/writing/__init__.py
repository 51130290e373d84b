"""What members write: a builder, a coach, drafts of a model behind a guard, changes of a profile.

In come the member's own answers and those of their own items that the purpose `writing-help`
allows; out come texts that they may take, change or leave. Always true: nothing is posted; no word
of another member goes in; what of a draft the member did not say is marked for them to check, and
the draft as a machine's; without a model everything but drafts works.

    builder    a post from answers              coach     advice on a text
    drafting   drafts of a model                guard     what in a draft the member never said
    server     the model server                 prompts   what it is asked
    profile    suggestions for a profile        tokens    words, sentences, figures
"""

PURPOSE = "writing-help"
"""The purpose whose switch says whether own items may ground a draft."""
