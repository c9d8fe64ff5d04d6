"""Text surgery: reading notebooks of any origin, solution regions, nbgrader's metadata. Nothing is run here."""
