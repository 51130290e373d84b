"""Serve a trained model with an engine, and export the model for other engines.

In comes a store with a published model. Out come an engine that speaks OpenAI's API, and copies of
the model in the formats of other engines. Always true: one version gives the whole of an answer; a
replaced version answers no new question and soon leaves memory; no part of a question is stored;
every copy of a model is recorded in its store, so that forgetting deletes the copy; only the model
that serves can be copied.

    talk        how one speaks to a base model: its marks, and a template if it has none
    llama       llama.cpp's own server for one file
    engine      one version in a process of its own
    serving     the engine of the current version, and those that finish what they began
    exporting   copies for peft, transformers and llama.cpp, with their card
"""
