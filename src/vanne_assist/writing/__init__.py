"""Help with writing: build a post, coach a text, draft with a guarded model, improve a profile.

In come the member's own answers, and those of their own items that the purpose `writing-help`
allows. Out come texts that the member may take, change or leave, or what is
wanting for one. Always true: nothing is posted; no
word of another member goes in; in a draft, figures and names that the member did not give are
marked to check, and the draft is marked as a machine's; everything but drafts works without a
model.

    builder    a post from answers              coach     advice on a text
    drafting   drafts of a model                guard     what in a draft the member never said
    prompts    what a model is asked            phrasing  what is a whole sentence
    profile    suggestions for a profile        tokens    words, sentences, figures
    remarks    what is said of a text
"""

PURPOSE = "writing-help"
"""The purpose whose switch says whether own items may ground a draft."""
