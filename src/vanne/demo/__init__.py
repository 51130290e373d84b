"""Make up a network, and demonstrate on it all that Vanne does.

In come a seed, a number of members and a time. Out come members, items and choices that look like
those of a professional network in four languages, texts that nobody can withdraw, and texts of
people who are in no network. Always true: the same arguments give the same network, byte for byte;
the k-th member is the same whatever the number of members, except for links to others; no person,
employer, address or telephone number is real; nothing is dated after the given time.

    demo       the whole demonstration, with every figure measured
    network    members, choices, policy, and texts that are nobody's data
    people     who the members are           items      their own items, shared ones, pictures
    grammar    templates, agreement, typography
    dice       random numbers that can be repeated
"""
