"""A membership test of a model: does it remember people who are in it, or who were forgotten?

In come a trained model and the texts of three groups of people: those who are in it, those who
never were, and those who were forgotten. Out comes one JSON document (`vanne/audit/1`) of figures
with confidence intervals, without any text or id. Always true: each shard's adapter is tested by
itself, because merging hides what one of them has memorised; each figure stands beside the figure
of models that never saw the person; the unit is the person, not the item; and findings are
corrected for the number of tests.

    auditing     choose the people, run the test, ask for their numbers, and store the result
    membership   the statistics: can people in the model be told from people outside it?
    cli          `vanne audit`
    plugin       the hooks that the core calls

    HOME/
    └─ audit/                what audits of the model found
"""
