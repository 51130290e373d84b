"""What is asked of people, and what their items say: `criteria` has the types of both.

Comes in: a brief in plain words, or the items of a member that may be shown. Goes out: criteria
that quote the brief (`parse`), facts that quote the items (`facts`), and whether the one meets the
other (`judge`). Always true: what is not understood stays visible, what is not said stays unknown,
and nothing is asked of a model.
"""
