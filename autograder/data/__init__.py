"""The data shelf: image sets as memory-mapped arrays, each with a digest. Host side; never loads TensorFlow."""
