"""What is told, and to whom: small reports as data, and their sentences in four languages.

In come verdicts, choices, corpora and models, or an archive of one's own. Out go:

    inspection, evaluate, assumptions   what an archive holds and what of it may be used
    inspection_words                    the same in words, and what to do first
    guide                               how to switch it off at other networks
    member_items                        all that is there of one member
    member                              a member's report: what may be used, what holds it now
    usage, usage_text, document         what was used of a member, in words and as JSON
    switches                            the settings page, and what one press of a switch records
    explain, policy_text                a verdict and a policy in sentences
    notice                              a change of policy, and what it means for a member
    public, contacts, erase             an item everybody may see; the authority; erasing a member

Always true: a report states only what the other rooms recorded; it shows nobody another person's
text; every sentence exists in French, English, German and Italian; the inspection needs neither
numpy nor Arrow.
"""
