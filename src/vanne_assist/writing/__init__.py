"""What members write: a builder, a coach, drafts of a model behind a guard, changes of a profile.

In come the member's own answers and those of their own items that the purpose `writing-help`
allows; out come texts that they may take, change or leave. Always true: nothing is posted; no word
of another member goes in; what a model writes is shown only if the guard finds nothing in it that
the member did not say, and is marked as a machine's; without a model everything but drafts works.
"""

PURPOSE = "writing-help"
"""The purpose whose switch says whether own items may ground a draft."""
