"""Who can be found: an index of what members may show, and the search in it.

In comes what the purpose `recruiter-search` allows, read through the corpus, and a brief; out come
people in order, each with the parts of their score and the facts that speak for them. Always true:
what the purpose denies is in no file of an index; who said no is not found at the next question; a
choice about training changes nothing; the same index, ledger and brief give the same list.
"""
