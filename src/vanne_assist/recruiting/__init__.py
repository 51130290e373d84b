"""A recruiter's desk: what is kept of searches, and what leaves with whom.

In come briefs and what a recruiter decides; out come people with their evidence (`evidence`), saved
briefs with their news (`briefs`), lists, notes and opinions (`lists`), and files (`export`). All of
it lies in tables of the one database; an account sees its own rows only. Always true: nobody who
opted out of being found is shown, kept or handed out, and what is kept of somebody goes with their
opt-out, at once (`candidates`). An opinion's reason is one of the criteria, so that nothing which
the law protects can move a weight.
"""
