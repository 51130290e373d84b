"""Read a recruiter's brief as criteria, a member's items as facts, and compare the two.

In come a brief in plain words, or the items of a member that may be shown. Out come criteria that
quote the brief, facts that quote the items, and a judgement for each criterion. Always true: words
of a brief that were not understood stay visible; what no item says stays unknown.

    criteria      the types: criterion, fact, profile, judgement
    parse         a brief to criteria
    facts         items to facts
    judge         does a person meet a criterion?
    edits         criteria that people changed in a form
    text          a text to words
    lexicon       names of skills, occupations and more, and the words of the grammar
    scan          find names of the lexicon in a text
    job_titles    find job titles, and compare titles and employers
    place_spans   find places and distances
    places        the places themselves
    language      the language of a brief, and the level of a language skill
    terms_of_work  years, pay, workload, contract, start, remote work, employer, team
    operators     must, nice or not; past or now; alternatives
    sure          whether a must is one, by the words around it
"""
