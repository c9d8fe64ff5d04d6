"""Grades as other programs keep them. Each goes one way: from the store to them."""
