"""A recruiter's desk: searches, what is kept of them, and what leaves with whom.

In come briefs and what a recruiter decides; out come ranked people with their evidence, lists,
notes and files. Always true: nobody is shown, kept or handed out who says no to being found; what
is kept of somebody goes with their no, at once; a reason for an opinion is one of the criteria, so
that nothing which the law protects can move a weight.
"""
