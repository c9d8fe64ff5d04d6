"""What may cross the wall between a room and the host: plain records (`messages`) and their bytes (`codec`).

This package imports NumPy and msgspec and nothing of the project: both sides of the wall load it.
"""
