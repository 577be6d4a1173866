"""A reference implementation, generators of sets with known faults, and benchmarks."""
