"""What a recruiter looks for: words become criteria that people see and can change.

In comes a brief in plain words, out come criteria, each with the words that it was read from; what
was not understood stays as text. Always true: reading is a function of the brief and of data files;
nothing that the law protects becomes a criterion.
"""
