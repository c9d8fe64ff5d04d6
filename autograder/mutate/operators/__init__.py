"""Mutation operators: how those who write networks get them wrong. Each makes one change in one place of a cell.

What it changes is found in the cell's syntax tree; the change is made in its text. A mutant is a solution that somebody
could have handed in: no operator makes code that no one would write, and none is of this course alone.
"""

from __future__ import annotations

from autograder.mutate.operators.arithmetic import arithmetic, comparison, condition, flag, number, off_by_one
from autograder.mutate.operators.arrays import (
    axis,
    conversion_missing,
    index_missing,
    operand_missing,
    scaling,
    slice_bound,
)
from autograder.mutate.operators.base import Operator
from autograder.mutate.operators.calls import (
    another_argument,
    another_function,
    argument_missing,
    arguments_swapped,
    element_missing,
    element_order,
    key_misspelt,
    result_missing,
    results_swapped,
    statement_missing,
)
from autograder.mutate.operators.layers import bias_missing, frozen_layer, layer_doubled, layer_missing, layer_order
from autograder.mutate.operators.sizes import kernel_size, padding, pooling_size, stride, width
from autograder.mutate.operators.training import (
    labels_shuffled,
    seed,
    sets_swapped,
    step_missing,
    validation_on_training_set,
)
from autograder.mutate.operators.words import (
    ACTIVATION_CALLS,
    ACTIVATIONS,
    FLATTENING,
    LOSS_CALLS,
    LOSSES,
    OPTIMIZER_CALLS,
    OPTIMIZERS,
    REDUCTIONS,
    dtype,
    pooling_kinds,
    renamed,
    said,
)

OPERATORS: tuple[Operator, ...] = (
    Operator("width", width),
    Operator("kernel size", kernel_size),
    Operator("padding", padding),
    Operator("stride", stride),
    Operator("pooling kind", renamed(pooling_kinds())),
    Operator("pooling size", pooling_size),
    Operator("activation", said(ACTIVATIONS)),
    Operator("activation layer", renamed(ACTIVATION_CALLS)),
    Operator("flattening", renamed(FLATTENING)),
    Operator("layer missing", layer_missing),
    Operator("layer doubled", layer_doubled),
    Operator("order of layers", layer_order),
    Operator("bias missing", bias_missing),
    Operator("frozen layer", frozen_layer),
    Operator("loss", said(LOSSES)),
    Operator("loss function", renamed(LOSS_CALLS)),
    Operator("optimizer", said(OPTIMIZERS)),
    Operator("optimizer class", renamed(OPTIMIZER_CALLS)),
    Operator("step missing", step_missing),
    Operator("labels shuffled", labels_shuffled),
    Operator("validation on training set", validation_on_training_set),
    Operator("sets swapped", sets_swapped),
    Operator("seed", seed, luck=True),
    Operator("dtype", dtype),
    Operator("axis", axis),
    Operator("scaling", scaling),
    Operator("operand missing", operand_missing),
    Operator("reduction", renamed(REDUCTIONS)),
    Operator("slice", slice_bound),
    Operator("index missing", index_missing),
    Operator("conversion missing", conversion_missing),
    Operator("comparison", comparison),
    Operator("arithmetic", arithmetic),
    Operator("flag", flag),
    Operator("condition", condition),
    Operator("argument missing", argument_missing),
    Operator("arguments swapped", arguments_swapped),
    Operator("results swapped", results_swapped),
    Operator("result missing", result_missing),
    Operator("element missing", element_missing),
    Operator("order of elements", element_order),
    Operator("key misspelt", key_misspelt),
    Operator("another argument", another_argument),
    Operator("another function", another_function),
    Operator("statement missing", statement_missing),
    Operator("off by one", off_by_one),
    Operator("number", number),
)
"""Where two make the same text, the mutant is the first one's."""
