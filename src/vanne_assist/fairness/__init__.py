"""Fair search: what a brief may not ask, and the record of searches.

In come briefs. Out come lawful wordings (`protected`), doubts about what is asked by a detour
(`meaning`), searches that are checked and recorded (`search`), and their record, with the
explanation that a member gets (`record`). Always true: everybody who is shown is in the record. The
phrases that ask for a protected attribute lie in `lexicon/`.
"""
