"""Submissions that are alike beyond what the release and the solution explain: an order to look in, never a verdict."""
