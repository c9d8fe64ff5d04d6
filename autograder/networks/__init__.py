"""Networks as records: their normal form and signature, their alignment, and what explains a difference.

Pure: nothing here imports TensorFlow, and nothing is of the judge's.
"""
