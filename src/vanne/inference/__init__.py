"""What has been learnt, answering: in this process, or exported for other engines.

In comes a store with a published model. Out come answers to conversations, and copies of the model
in the formats of others. Always true: an answer comes whole from one version, which it names; a
version that was replaced answers no new question and is soon gone from memory; nothing of a
question is kept; every copy of a model is recorded in its store, so that forgetting deletes it, and
no copy appears of a model that no longer serves.

    asking      a question, its options, and the events of an answer
    generator   one version of the model: from a conversation to tokens, and on
    serving     the current version at hand, and the questions that wait
    exporting   copies for peft, transformers and llama.cpp, with their card
"""
