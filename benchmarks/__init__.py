"""Truth and time: an oracle, generators of sets with known faults, and the measured figures."""
