"""Reports: what members, visitors and operators are told, as data and as sentences.

In come verdicts, choices, corpora and models, or an archive of one's own. Out go:

    inspection                      which items of an archive may be used, and why not the others
    evaluate, assumptions           the verdict on each item; the country and the age that it uses
    inspected_items                 the items of an inspection, read again where they are not kept
    states                          what a network itself says of an item: used, not used, not known
    inspection_words                an inspection in words, and what to do first
    guide                           how to switch training off at other networks
    done, letter, reminder          what is left to do, the letter by their law, when to look again
    member_items                    a member's items and choices, loaded for a report
    member                          a member's report: what may be used, what holds it now
    usage, usage_text, document     what was used of a member: the data, in words, as JSON
    person, person_words            the state of a person, and every sentence that follows from it
    switches                        the settings page, and what one press of a switch records
    explain, policy_text            a verdict in sentences, a policy with examples
    notice                          a change of policy, and what it means for a member
    public                          an item that everybody may see
    contacts                        the data protection authority, and the operator's contact
    verification                    whether a receipt, a proof or a certificate holds
    erase                           the erasure of a member
    tables                          rows of counts, without small counts of people
    oversight                       what an auditor asks about the whole network: counts, no names

Always true: a report states only what other packages recorded; a member sees no text that somebody
else wrote; every sentence exists in French, English, German and Italian; the inspection needs
neither numpy nor Arrow.
"""
