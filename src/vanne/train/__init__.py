"""Train a model on a corpus: one small adapter per shard, and their mean.

In come the documents of a corpus, texts that nobody can withdraw (the ground, the shared start of
all shards), settings and a store folder. Out comes a model: a LoRA checkpoint per shard and slice,
named by the hash of everything that made it; a lineage that lists the checkpoints; and an ensemble
that answers. Always true: `fit` is a pure function of (documents, ground, settings, base model,
environment, salt), memoised in the store; the training of a slice depends on no document outside
its own chain of slices; a checkpoint is used only if its bytes match its note; a crash leaves the
published model whole.

    settings     every number that the bits depend on     base         the base model
    environment  what else the bits depend on             tokens       from text to token ids
    shards       the shard of a member, names of slices   adapter      LoRA on the top layers
    fit          train what is missing, and publish       loop         the training of one slice
    store        checkpoints by key                       model        the lineage of a model
    ensemble     the mean of the shards                   exports      copies outside the store
    estimate     what a training would take               digests      hashes of training inputs
"""
