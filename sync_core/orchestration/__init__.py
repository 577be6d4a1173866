"""The order of the steps: orchestrators, and what they and the activities say to each other."""
