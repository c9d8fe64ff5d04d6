"""Records as rooms bring them back, made by hand."""

from __future__ import annotations

from typing import Any

from autograder.evidence import Exam, TrainingRun


def exam(**changes: Any) -> Exam:
    """An exam that ran to its end and had no cell; `changes` are fields of another value."""
    fields: dict[str, Any] = {
        "key": "key",
        "plan": "plan",
        "submission": "digest",
        "isolation": "strict",
        "device": "cpu",
        "seconds": 0.1,
        "cpu_seconds": 0.1,
        "peak_bytes": 0,
        "versions": {},
        "cells": [],
        "sources": {},
        "repairs": [],
        "fault": None,
    }
    return Exam(**{**fields, **changes})


def training_run(**changes: Any) -> TrainingRun:
    """A training without epochs or scores; `changes` are fields of another value."""
    fields: dict[str, Any] = {
        "key": "key",
        "signature": "signature",
        "recipe": "short",
        "seed": 0,
        "data": "mnist",
        "data_digest": "digest",
        "stand_in": False,
        "device": "cpu",
        "versions": {},
        "seconds": 1.0,
        "asked": 10,
        "epochs": [],
        "scores": {},
    }
    return TrainingRun(**{**fields, **changes})
