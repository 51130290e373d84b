"""A membership test of a model: shard by shard, of people who are in it and who were forgotten.

In come a trained model and the texts of people who are in it, who never were and who were
forgotten. Out comes one JSON document (`vanne/audit/1`) of figures with confidence intervals, and
no text and no id. Always true: every adapter is looked at by itself, because merging hides what one
of them has learnt by heart; every figure stands beside that of models that never saw the person;
the unit is the person and not the item; and what is called found has been corrected for the number
of questions asked.

    auditing     who is asked about, what is judged, kept and told
    membership   whether people who are in can be told from people who never were

    HOME/
    └─ audit/                what audits of the model found
"""
