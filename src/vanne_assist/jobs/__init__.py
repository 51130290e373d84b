"""Job offers and members, both ways: which offers fit somebody, and who could be told of an offer.

In come postings (schema.org JobPosting, JSON Lines) and what the purpose `job-matching` allows of
members, read through the corpus; out come opportunities with reasons and with what is missing.
Always true: every row of a file becomes a posting or is listed with its reason; what a member
switched off is not read, and nothing is shown to who switched it off; pay is shown and matches
nobody; what the law protects is flagged and asked of nobody.

    posting    a job posting, and files of them     board      postings with what they ask, kept
    match      the offers for a member              members    the members for an offer
"""

PURPOSE = "job-matching"
"""The purpose whose switch decides here."""
