"""Answer with a trained model in this process, or export the model for other engines.

In comes a store with a published model. Out come answers to conversations, and copies of the model
in the formats of other engines. Always true: one version gives the whole of an answer, and the
answer names it; a replaced version answers no new question and soon leaves memory; no part of a
question is stored; every copy of a model is recorded in its store, so that forgetting deletes the
copy; only the model that serves can be copied.

    asking      a question, its options, and the events of an answer
    generator   one version of the model: from a conversation to tokens, and on to words
    serving     the current version in memory, and the queue of questions
    exporting   copies for peft, transformers and llama.cpp, with their card
"""
