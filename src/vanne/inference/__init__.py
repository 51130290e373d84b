"""What has been learnt, answering: in this process, or exported for other engines.

In comes a store with a published model; out come answers to conversations, and copies of the model
in the formats of others. Always true: an answer comes whole from one version, which it names; when
another version is published the one before answers no new question once the other is loaded, and is
gone from memory soon after; nothing of a question is kept; every copy of a model is recorded in its
store, so that forgetting deletes it, and none appears of a model that no longer serves.
"""
