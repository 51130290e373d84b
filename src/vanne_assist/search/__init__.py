"""The search for people: an index of what members may show, and the search in it.

In comes what the purpose `recruiter-search` allows, read through the corpus, and a brief. Out come
people in order, each with the parts of their score and the facts that support them. Always true:
what the purpose denies is in no row of an index; a member who opts out is hidden from the next
search on; a choice about training changes nothing; the same index, ledger and brief give the same
list.

    indexer       make the index, and bring it up to date person by person
    index         open it, and hide who has opted out since
    find          find people for a brief
    fact_table    facts in columns, and who meets a criterion
    encoder       titles as vectors
    words         who has which words
"""
