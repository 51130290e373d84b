"""The pages: each module reads a request, asks `vanne.report` or `vanne.ledger`, and answers.

What each module is for:

    access        who may see a page; forms; Global Privacy Control
    switches      the settings, and the page of each purpose
    save_choice   save what a press of a switch records
    records       a member's record, receipts, notices, certificates and report
    verifying     the public page that verifies receipts and certificates, and the codes of papers
    objecting     objections by people who have no account
    reviewing     the operator's page to decide on objections
    public        home, staff pages, guides, public items, `robots.txt`
    sign_in       sign in and out
"""
