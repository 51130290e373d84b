"""What is learnt: one small adapter per shard, and their mean.

In come the documents of a corpus, texts that nobody can withdraw (the ground), settings and a store
folder; out comes a model: per shard and slice a LoRA checkpoint named by the hash of everything
that made it, a lineage that lists them, and an ensemble that answers. Always true: `fit` is a pure
function of (documents, ground, settings, base model, environment, salt), memoised in the store;
nothing in the training of one slice depends on any document outside its own chain of slices; a
checkpoint whose bytes do not match its note is never used; a crash leaves the published model
whole.
"""
