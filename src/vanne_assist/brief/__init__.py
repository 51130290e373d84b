"""Briefs and facts: what is asked of people, and what their items say.

In come a brief in plain words, or the items of a member that may be shown. Out come criteria that
quote the brief (`parse`), facts that quote the items (`facts`), and whether the one meets the other
(`judge`); `criteria` has the types of both. A brief is read by its words (`text`, `lexicon`,
`scan`), the phrases around them (`phrases`, `operators`), titles, places, levels and amounts
(`job_titles`, `place_spans`, `levels`, `amounts`); slips of the pen are read as what was meant
(`spelling`), and what is wrong is told (`notices`). `edits` changes criteria, `wording` writes them
as words. Always true: what is not understood stays visible, what is not said stays unknown, and no
model is asked.
"""
