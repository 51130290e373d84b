"""Assist: search for candidates, job offers for members, drafts of posts, suggestions for profiles.

In come documents that the purpose at hand allows. Out come ranked people, job offers and drafts.

    brief       read a recruiter's brief, and the facts in a member's items
    search      the index of who can be found, and the search in it
    fairness    what a brief may not ask, and the record of searches
    recruiting  read a recruiter's brief with a model, and show people with evidence
    jobs        job postings, and which of them fit a member
    writing     posts, advice, drafts of a model, suggestions for a profile
    titles      one form of each job title, whatever its gender (`endings/`); all others use it
    own         what a purpose may read of a member now
    shipped     the tables of words that lie beside the code
    tables      the tables in the database; `migrations` makes them
    messages    the English templates; `locale` holds the translations
    report      answers in words, for the pages and the command line
    web, cli    the pages and the API, and the commands
    demo        job postings for the demo
    plugin      the hooks that the core calls

    HOME/
    └─ writing.toml          which back end drafts posts (optional)
"""

from vanne.words import register
from vanne_assist.messages import TEMPLATES

register("vanne_assist", TEMPLATES)
