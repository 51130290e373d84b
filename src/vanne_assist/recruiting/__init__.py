"""What recruiters see of people: a brief as it was read, and the evidence for each person.

In come a brief (`reading`) and people who were found (`evidence`). Out come criteria, and people in
their own words. Nothing is stored here but the record of the search (`vanne_assist.fairness`).
Always true: a member who opts out of being found is no longer shown.
"""
