"""Keras, whose words are the common ones: its layers' nodes are `networks/layers.py`, its names those of all steps."""
