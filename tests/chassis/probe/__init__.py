"""Two small services that misbehave on request, for proofs of the chassis on real processes."""
