"""What it is good for: candidates, opportunities, posts, profile.

In come documents that the purpose at hand allows, out come ranked people and drafts. Below all of
it lies `titles`: the one form of a job title for everybody.

    HOME/
    └─ writing.toml          which back end drafts posts (optional)
"""

from vanne.words import register
from vanne_assist.messages import TEMPLATES

register("vanne_assist", TEMPLATES)
