"""The whole course on the real data, calibrated anew and validated: `make validate-real ARCHIVES=DIR`.

DIR holds mnist.npz, fashion_mnist.npz and cifar10.npz, each with the arrays of `keras.datasets` (docs/data.md). The
course is a copy, in `real-course` of the current folder, with `stand_ins: false`; what `calibrate` writes stays in that
copy's course.yaml.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

from demo_course import environments, make_course
from lessons import LESSONS

HERE = Path("real-course")
SETS = ("mnist", "fashion_mnist", "cifar10")


def make_real_course(root: Path) -> list[str]:
    """Write the course, without stand-ins, and return the assignments that have thresholds."""
    make_course(root, [lesson.name for lesson in LESSONS], 0)
    file = root / "course.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("stand_ins: true", "stand_ins: false"), encoding="utf-8")
    assignments = yaml.safe_load(text)["assignments"]
    return [
        name for name, one in assignments.items() if any("cpu" in recipe for recipe in one.get("recipes", {}).values())
    ]


def run(*words: str) -> int:
    """Run a command of the grader there, and say how long it took. Return its exit status."""
    print(f"\n$ autograder {' '.join(words)}", flush=True)
    started = time.monotonic()
    status = subprocess.run([Path(sys.executable).parent / "autograder", *words], cwd=HERE, check=False).returncode
    print(f"[{time.monotonic() - started:.0f} s, exit status {status}]", flush=True)
    return status


def main(archives: Path) -> int:
    """Return 0 where each threshold was found and each assignment is valid on the real data."""
    if absent := [name for name in SETS if not (archives / f"{name}.npz").is_file()]:
        print(f"{archives} lacks {', '.join(f'{name}.npz' for name in absent)}", file=sys.stderr)
        return 2
    names = [lesson.name for lesson in LESSONS]
    calibrated = make_real_course(HERE)
    os.environ["AUTOGRADER_DATA"] = str(HERE.absolute() / "data")
    for name in set(environments()):
        print(f"*** {name} IS NOT RUN: its environment is not here; `make .venv-torch/ready` ***", file=sys.stderr)
        names.remove(name)
    found = [run("data", "add", name, str(archives.absolute() / f"{name}.npz")) for name in SETS]
    found += [run("calibrate", name) for name in calibrated if name in names]
    found += [run("validate", name) for name in names]
    return max(found)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
