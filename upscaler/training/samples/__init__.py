"""Samples: crops of truths with their degraded twins, prepared ahead in memory-mapped shards."""
