"""What it is good for: candidates, opportunities, posts, profile.

In come documents that the purpose at hand allows, out come ranked people and drafts. Nothing is
here yet: `docs/design/index.md` says what is still to come.
"""
