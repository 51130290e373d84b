"""Reports of Assist, in words and as JSON documents; nothing is computed here.

What each module puts into words:

    finding         a search for people
    opportunities   job offers for a member
    drafting        advice, findings of the guard, suggestions
    fairness        stopped briefs
"""
