"""What networks of PyTorch compute, in the words that all networks are compared in, and the words of their authors."""
