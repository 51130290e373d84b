"""What recruiters see of people, and what they store about them.

In come people who were found, and what a recruiter decides. Out come people with their evidence
(`evidence`), lists with notes (`lists`), saved briefs (`briefs`) and messages (`contacts`). All of
it is stored in tables of the one database; an account sees its own rows only. Always true: a member
who opts out of being found is no longer shown or stored, and what was stored about them
is deleted at once.
"""
