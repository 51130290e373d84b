"""Make up a network, and show the whole mission on it.

In: a seed, a number of members, a time. Out: members, items and choices that look like those of a
professional network in four languages, texts that nobody can withdraw, and texts of people who
are in no network. Always true: the same arguments give the same network, byte for byte; the k-th
member is the same however many there are, but for links to others; no person, employer, address or
telephone number is real; nothing is dated after the time that was given.

    demo       the whole mission, every figure measured
    network    members, choices, policy, and texts that are nobody's data
    people     who they are              items      what is theirs, what they share and say
    grammar    templates, agreement, typography
    photos     the pictures              dice       chance that can be repeated
"""
