"""Keras in rooms: its networks read into records, and made and trained anew from records."""
