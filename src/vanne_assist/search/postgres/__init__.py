"""The index of who can be found in PostgreSQL with pgvector: the second home of a search.

In come the same profiles as into the files of `vanne_assist.search`, out comes the same answer with
the same scores. Always true: only what the purpose allows is ever written; a no takes the rows of a
person out, with what only they had said, in one transaction before the next answer; every
statistic is that of the people who are there, so that an update writes those alone who changed.
"""
