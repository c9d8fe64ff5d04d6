"""Cells that would have an error of theirs look like a fault of ours, named by how: nobody pays for those of ours.

Each is all of a notebook, whose `x` is asked for.
"""

from __future__ import annotations

from hostile.batch import FORGE

PRETENDED = {
    "raise-what-rooms-raise": "raise ModuleNotFoundError(\"No module named 'autograder.worker.pytorch.following'\")",
    "raise-it-as-ours-would": (
        "exec(compile('raise AttributeError(1)', __import__('autograder').__path__[0] + '/worker/tables.py', 'exec'))"
    ),
    "forget-a-module": (
        "import pandas, sys\nx = pandas.DataFrame({'a': [1]})\n"
        "for name in [one for one in sys.modules if one.startswith('autograder.worker')]: del sys.modules[name]"
    ),
    "import-nothing-any-more": (
        "import builtins\nbuiltins.__import__ = lambda *a, **k: (_ for _ in ()).throw(ImportError('autograder'))\n"
        "class Tensor: detach = None\nTensor.__module__ = 'torch'\nx = Tensor()"
    ),
    "empty-the-finders": (
        "import sys\nsys.meta_path.clear()\nsys.path.clear()\nclass Tensor: detach = None\n"
        "Tensor.__module__ = 'torch'\nx = Tensor()"
    ),
    "a-library-of-its-own": "import sys, types\nsys.modules['torch'] = types.ModuleType('torch')\nx = 1",
    "break-our-reader": "from autograder.worker import encode\ndel encode.codec\nx = 1",
    "break-what-our-reader-calls": "import numpy\ndel numpy.asarray\nx = numpy.zeros(3)",
    "say-that-it-was-ours": f"{FORGE}\nHERE = 0\nran(HERE); say(m.CellsDone())\n"
    """answer('{"type":"fault","kind":"raised","error":"AttributeError","message":"x","ours":"worker/tables.py:57"}')""",
    "say-that-all-was-ours": f"{FORGE}\nsay(m.Broken('AttributeError: x'))\ntime.sleep(60)",
    "say-it-of-a-place-that-is-none": f"{FORGE}\nHERE = 0\nran(HERE); say(m.CellsDone())\n"
    """answer('{"type":"fault","kind":"raised","error":"E","message":"x","ours":"../../etc/passwd:1"}')""",
}
"""By name: the source of the cell."""
