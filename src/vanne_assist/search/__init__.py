"""Who can be found: an index of what members may show, and the search in it.

In comes what the purpose `recruiter-search` allows, read through the corpus, and a brief. Out come
people in order (`find`), each with the parts of their score and the facts that speak for them.
`indexer` makes the index, `index` opens it; it holds facts in columns (`fact_table`), titles by
meaning (`title_index`, `encoder`), and words (`word_index`). Always true: what the purpose denies
is in no file of an index; who opted out is not found at the next question; a choice about training
changes nothing; the same index, ledger and brief give the same list.
"""
