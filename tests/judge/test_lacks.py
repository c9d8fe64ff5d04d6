"""What this machine lacks, told from what a student got wrong."""

from __future__ import annotations

import pytest

from autograder.judge.lacks import Lack, LackKind, lack_of, looks_own, meant, truly_absent
from autograder.wire.messages import Fault, Frame

INSTALLED = frozenset({"numpy", "keras", "tensorflow", "matplotlib"})


def fault(error: str, message: str, code: str = "") -> Fault:
    return Fault("raised", error, message, [Frame(0, 1, "<module>", code)] if code else [])


@pytest.mark.parametrize(
    ("error", "message", "kind", "name"),
    [
        ("ModuleNotFoundError", "No module named 'pandas'", "library", "pandas"),
        ("ImportError", "Missing optional dependency 'openpyxl'.  Use pip or conda.", "library", "openpyxl"),
        ("ImportError", "Could not import PIL.Image. The use of `load_img` requires PIL.", "library", "PIL"),
        ("ImportError", "This requires the scipy module. You can install it", "library", "scipy"),
        ("ImportError", "You must install pydot (`pip install pydot`) for `plot_model` to work.", "library", "pydot"),
        ("ImportError", "Please run `pip install scikit-learn` first", "library", "sklearn"),
        ("ImportError", "libGL.so.1: cannot open shared object file: No such file", "system library", "libGL.so.1"),
        (
            "OSError",
            "the data set cifar10 is not among this assignment's data, and there is no network here",
            "data set",
            "cifar10",
        ),
        (
            "NotOnShelf",
            "the weights vgg16_weights.h5 are not among this assignment's data, and there is no network here",
            "weights",
            "vgg16_weights.h5",
        ),
        (
            "NotOnShelf",
            "no network while grading: the file d.zip is neither on the data shelf nor beside the notebook",
            "download",
            "d.zip",
        ),
        ("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>", "download", "URLError"),
        (
            "Exception",
            "URL fetch failure on https://storage.googleapis.com/t/x.h5: None -- [Errno -3] Temporary failure",
            "download",
            "https://storage.googleapis.com/t/x.h5",
        ),
        (
            "ConnectionError",
            "HTTPSConnectionPool(host='example.org', port=443): Max retries exceeded with url: /d.csv",
            "download",
            "example.org",
        ),
    ],
)
def test_what_is_lacking_is_named(error: str, message: str, kind: LackKind, name: str) -> None:
    assert lack_of(fault(error, message)) == Lack(kind, name)


def test_the_address_may_stand_in_the_code() -> None:
    found = lack_of(
        fault("URLError", "<urlopen error [Errno -2] Name or service not known>", 'open("https://a.org/b")')
    )
    assert found == Lack("download", "https://a.org/b")


@pytest.mark.parametrize(
    "one",
    [
        fault("ImportError", "cannot import name 'Dens' from 'keras.layers'"),
        fault("ModuleNotFoundError", "No module named 'keras.wrappers'"),
        fault("ModuleNotFoundError", "No module named 'keras.layers.core'; 'keras.layers' is not a package"),
        fault("ValueError", "shapes do not match"),
        fault("FileNotFoundError", "[Errno 2] No such file or directory: 'data.csv'"),
        fault("AssertionError", "Network is unreachable"),
        Fault("time"),
        Fault("missing", error="x"),
    ],
)
def test_what_is_the_students_is_no_lack(one: Fault) -> None:
    assert lack_of(one) is None


@pytest.mark.parametrize("name", ["pandas", "sklearn", "cv2", "lightgbm", "torch", "d2l", "keras_self_attention"])
def test_a_library_that_is_not_installed_is_ours(name: str) -> None:
    assert truly_absent(Lack("library", name), INSTALLED, (), ())


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("numppy", "numpy"), ("nunpy", "numpy"), ("np", "numpy"), ("Keras", "keras"), ("karas", "keras"),
        ("tensor_flow", "tensorflow"), ("tensorfow", "tensorflow"), ("matplotlb", "matplotlib"), ("plt", "matplotlib"),
        ("sk_learn", "sklearn"), ("panda", "pandas"), ("opencv", "cv2"), ("pytorch", "torch"), ("ranodm", "random"),
    ],
)  # fmt: skip
def test_a_misspelt_import_is_the_students(name: str, right: str) -> None:
    assert meant(name, INSTALLED) == right
    assert not truly_absent(Lack("library", name), INSTALLED, (), ())


@pytest.mark.parametrize("name", ["utils", "helper", "my_tools", "tp3", "data_utils", "myLayers", "model"])
def test_a_file_of_the_students_own_is_theirs_to_hand_in(name: str) -> None:
    assert looks_own(name)
    assert not truly_absent(Lack("library", name), INSTALLED, (), ())


def test_what_the_course_imports_is_ours_whatever_it_is_called() -> None:
    assert truly_absent(Lack("library", "utils"), INSTALLED, {"utils"}, ())


@pytest.mark.parametrize(("installed", "beside"), [({"pandas"}, ()), ((), {"pandas"})])
def test_what_is_there_is_not_lacking(installed: set[str], beside: set[str]) -> None:
    assert not truly_absent(Lack("library", "pandas"), installed, {"pandas"}, beside)
