"""Fair search: what a brief may not ask, who is found how often, and what is kept of a search.

In come briefs, lists of results, and attributes that people gave of their own will. Out come lawful
wordings (`protected`), figures over groups (`audit`), searches that are checked and recorded
(`search`), and the record of them with what a member is told of it (`record`). Always true: the
search reads no attribute, no figure is about fewer than ten people, and whoever is shown is in the
record.
"""
