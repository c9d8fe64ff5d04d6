"""Checks proposed for an assignment: what its solution makes, asked with inputs that students have not seen."""
