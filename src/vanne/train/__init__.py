"""What is learnt: one small adapter per shard, and their mean.

In come the documents of a corpus, texts that nobody can withdraw (the ground, the shared start of
all shards), settings and a store folder. Out comes a model: a LoRA checkpoint per shard and slice,
named by the hash of everything that made it, a lineage that lists them, and an ensemble that
answers. Always true: `fit` is a pure function of (documents, ground, settings, base model,
environment, salt), memoised in the store; nothing in the training of one slice depends on any
document outside its own chain of slices; a checkpoint whose bytes do not match its note is never
used; a crash leaves the published model whole.

    settings     every number that the bits depend on     base         the base model
    environment  what else the bits depend on             tokens       from text to token ids
    shards       who is where, and each slice's name      adapter      LoRA on its top layers
    fit          train what is missing, and publish       loop         what happens to one slice
    store        checkpoints by key                       model        the lineage of a model
    ensemble     the mean of the shards                   exports      copies outside the store
    estimate     what a training would take               cluster      training on several machines
    captioner    a model that reads photos                digests      hashes of what goes in
"""
