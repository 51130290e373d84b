"""Briefs and facts: what is asked of people, and what their items say.

In come a brief in plain words, or the items of a member that may be shown. Out come criteria that
quote the brief (`parse`), facts that quote the items (`facts`), and whether the one meets the other
(`judge`); `criteria` has the types of all. A text is split into words (`text`), in which names of
the `lexicon` are found (`scan`), titles (`job_titles`), places (`place_spans`, `places`), languages
(`language`), and what is said of each (`operators`). `edits` reads criteria that people change in a
form. Always true: what is not understood stays visible, what is not said stays unknown, and no
model is asked.
"""
