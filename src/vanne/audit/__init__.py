"""What a model gives away: canaries, membership inference and extraction, shard by shard."""
