"""Fair search: what a brief may not ask, who is found how often, and the record of searches.

In come briefs, lists of results, and attributes that people gave voluntarily. Out come lawful
wordings (`protected`), figures over groups (`audit`), searches that are checked and recorded
(`search`), and their record, with the explanation that a member gets (`record`). Always true: the
search reads no attribute; no figure is about fewer than ten people; everybody who is shown is in
the record. The phrases that ask for a protected attribute lie in `lexicon/`.
"""
