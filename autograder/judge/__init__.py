"""The trusted side: pytest over evidence. Data only; TensorFlow, Keras and PyTorch cannot be imported here."""
