"""A training room's side: a network rebuilt from allowed classes, and trained."""
