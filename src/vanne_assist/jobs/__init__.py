"""Job postings, and which of them fit a member.

In come postings (schema.org JobPosting, JSON Lines) and what the purpose `job-matching` allows of
members, read through the corpus. Out come opportunities with reasons and with what is missing.
Always true: every row of a file becomes a posting or is listed with its reason; what a member
switched off is not read, and a member who opted out is shown nothing; pay is shown and never
compared; a protected requirement is flagged and compared with nobody.

    posting    a job posting, and files of them
    board      stored postings with what they ask
    match      the offers for a member
"""

PURPOSE = "job-matching"
"""The purpose whose switch decides here."""
