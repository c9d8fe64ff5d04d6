"""From notebooks to an assignment, and from a solution to its checks: what a lecturer does before the first student."""
