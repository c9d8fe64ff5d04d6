"""What a checks file asserts with: each raises with received, expected, where, and what to try."""

from autograder.judge.asserts import (
    assert_close,
    assert_contains,
    assert_dtype,
    assert_equal,
    assert_frozen,
    assert_output_shape,
    assert_params,
    assert_same_network,
    assert_shape,
    assert_trainable_params,
)
from autograder.judge.compiled import assert_compiled
from autograder.judge.drawn import (
    assert_bars,
    assert_curve,
    assert_figure,
    assert_image,
    assert_images,
    assert_points,
)
from autograder.judge.layers import assert_layer, assert_layers
from autograder.judge.printing import assert_printed
from autograder.judge.reaches import assert_reaches
from autograder.judge.tables import assert_table

__all__ = [
    "assert_bars",
    "assert_close",
    "assert_compiled",
    "assert_contains",
    "assert_curve",
    "assert_dtype",
    "assert_equal",
    "assert_figure",
    "assert_frozen",
    "assert_image",
    "assert_images",
    "assert_layer",
    "assert_layers",
    "assert_output_shape",
    "assert_params",
    "assert_points",
    "assert_printed",
    "assert_reaches",
    "assert_same_network",
    "assert_shape",
    "assert_table",
    "assert_trainable_params",
]
