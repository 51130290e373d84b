"""Fair search: what may not be asked, what a list shows of groups, and what is kept of a search.

In come briefs, lists of results, and attributes that people gave of their own will and that lie in
a file apart; out come lawful rewordings, figures over groups, and a record of each search. Always
true: no attribute is read by the search, no figure is told of fewer than ten people, and nothing
here takes a person off a list.
"""
