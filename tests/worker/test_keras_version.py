"""Networks of Keras 2 are not read, and that is nobody's mistake; all else of such a notebook is."""

from __future__ import annotations

import pytest

from autograder.judge.lacks import Lack, lack_of, truly_absent
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import CallProbe, Fault, ModelProbe, Probe, Scalar, Symbolic, VariableProbe
from sandbox.test_exam import answer, hold

KERAS = """
import sys, types

def stand(name, version):
    module = types.ModuleType(name)
    module.__version__ = version
    module.Model = type("Model", (), {"fit": lambda self, **kwargs: kwargs, "__module__": name})
    module.Input = lambda shape: shape
    sys.modules[name] = module
    return module
"""
KERAS_2 = f"{KERAS}\nkeras = stand('keras', '2.15.0')\nx = keras.Model()\ncount = 4\ndef block(x): return x"


@pytest.mark.parametrize("source", [KERAS_2, f"{KERAS}\nx = stand('tf_keras', '2.19.0').Model()"])
@pytest.mark.parametrize("probe", [ModelProbe("x"), VariableProbe("x")])
def test_a_network_of_keras_2_is_ours_to_mend(light_zygote: Zygote, source: str, probe: Probe) -> None:
    fault = answer(hold(light_zygote, source, probes={"x": probe}))
    assert isinstance(fault, Fault)
    lack = lack_of(fault)
    assert lack == Lack("version", "Keras 3")
    assert truly_absent(lack, {"keras", "tf_keras"}, (), ())


@pytest.mark.parametrize("source", [KERAS_2, f"{KERAS}\nstand('tf_keras', '2.19.0')\ndef block(x): return x.units"])
def test_what_is_asked_with_a_symbolic_tensor_is_too(light_zygote: Zygote, source: str) -> None:
    fault = answer(hold(light_zygote, source, probes={"x": CallProbe("block", [Symbolic((4,))], {})}))
    assert isinstance(fault, Fault)
    assert lack_of(fault) == Lack("version", "Keras 3")


def test_what_is_no_network_is_read(light_zygote: Zygote) -> None:
    evidence = hold(light_zygote, KERAS_2, probes={"x": VariableProbe("count")})
    assert evidence.answers()["x"][0] == Scalar("int", "4")


def test_a_students_own_module_of_that_name_is_no_keras(light_zygote: Zygote) -> None:
    source = "import sys, types\nsys.modules['keras'] = types.ModuleType('keras')\nx = 4"
    evidence = hold(light_zygote, source, probes={"x": ModelProbe("x")})
    assert evidence.answers()["x"][0] == Scalar("int", "4")


def test_another_import_that_fails_is_no_lack_of_keras() -> None:
    fault = Fault(kind="raised", error="ImportError", message="cannot import name 'Keras 3 is needed'")
    assert lack_of(fault) is None
