"""What recruiters see of people, and what they keep of them.

In come people who were found, and what a recruiter decides. Out come people with their evidence
(`evidence`), lists with notes and files (`lists`), and saved briefs and opinions (`briefs`), which
are tables of the one database; an account sees its own rows only. Always true: a member who opts
out of being found is shown, kept and handed out no more, and what is kept of them goes at once. An
opinion's reason is one of the criteria, so that nothing which the law protects can move a weight.
"""
