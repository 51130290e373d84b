"""The pages and the API of Assist, which `attached` adds to the web server.

What each module is for:

    attached        the address of each page, and the links to them
    find            the recruiter's search
    desk            what the recruiter's pages share
    appear          how a member appears to recruiters
    opportunities   job offers for a member
    write           write a post
    suggestions     suggestions for a member's profile
    api             the same for programs
"""
