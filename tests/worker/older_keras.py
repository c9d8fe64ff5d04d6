"""Reads pairs of networks in the Keras that PYTHONPATH names, and prints those that are not read as they should be.

`python older_keras.py TABLE…`, of `tests/pairs`; run by `test_older_keras.py`.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings

import keras

from autograder.networks.signature import signature
from autograder.worker.keras.reader import read_model


def main(tables: list[str]) -> None:
    """Print one JSON object: the version of Keras, how many pairs were read, and the names of those read wrongly."""
    warnings.simplefilter("ignore")
    read, wrong = 0, []
    for table in tables:
        pairs = importlib.import_module(f"pairs.{table}").P
        for same, found in ((True, pairs.equal), (False, pairs.different)):
            for name, (one, other, _) in found.items():
                try:
                    models = [make() for make in (one, other)]
                except (AttributeError, TypeError, ValueError):
                    continue  # written with what this Keras does not have yet
                records = [read_model(model) for model in models]
                told = any(record.problem for record in records)
                read += 1
                if told or (signature(records[0]) == signature(records[1])) is not same:
                    wrong.append(f"{table}: {name}")
    print(json.dumps({"version": keras.__version__, "read": read, "wrong": wrong}))


main(sys.argv[1:])
