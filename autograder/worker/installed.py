"""What a Python holds: where it lies, what it can import, in which versions. Nothing is imported to find out.

`python -m autograder.worker.installed` prints it, as JSON, on its last line. Whoever asks does not know yet whether
rooms can run in that Python: only the standard library is used here, an old one's too.
"""

from __future__ import annotations

import json
import pkgutil
import sys
from importlib.metadata import PackageNotFoundError, version

from autograder.wire.frameworks import FRAMEWORKS

INSTALLED_AS: dict[str, tuple[str, ...]] = {
    "ipython": ("ipython",),
    "numpy": ("numpy",),
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-rocm", "tf-nightly"),
    **{one.name: one.distributions for one in FRAMEWORKS},
    "tf-keras": ("tf-keras", "tf-keras-nightly"),
    "jax": ("jax",),
}
"""What evidence and trainings depend on, by name, and what packages bring it."""


def versions() -> dict[str, str]:
    """Return the version of this Python, and of each library of INSTALLED_AS that is here."""
    found = {"python": "{}.{}.{}".format(*sys.version_info)}
    for name, packages in INSTALLED_AS.items():
        for package in packages:
            try:
                one = version(package)
            except PackageNotFoundError:
                continue
            if isinstance(one, str):  # half of an installation has a folder, and no version in it
                found[name] = one
                break
    return found


def describe() -> dict[str, object]:
    """Return what the host asks of a Python before it runs rooms there."""
    path = sys.path[1:]  # the first is where this package was found
    own = {*sys.builtin_module_names, *getattr(sys, "stdlib_module_names", ())}
    return {
        "implementation": sys.implementation.name,
        "versions": versions(),
        "python": sys.executable,
        "prefix": sys.prefix,
        "base": sys.base_prefix,
        "path": path,
        "standard": sorted(own),
        "modules": {folder: sorted(one.name for one in pkgutil.iter_modules([folder])) for folder in path},
    }


if __name__ == "__main__":
    print(json.dumps(describe()))
