"""What is told, and to whom.

In come verdicts, choices, corpora and models; out come plain sentences and small reports in four
languages: a member's own report, what an archive holds, how to switch it off elsewhere. Always
true: a report states only what the other rooms recorded, it shows nobody another person's text, and
every sentence exists in French, English, German and Italian.
"""
