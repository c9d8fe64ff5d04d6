"""What `collect` takes: `python -m tests.bench.collecting`. Seconds and memory, of a class of 50 and of one of 500.

A submission is a notebook with half a megabyte of outputs that do not compress, as images do not. Memory is what the
process held at most beyond what it held before: flat, if it does not grow with the class.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import toy

CLASSES = (50, 500)
OUTPUT_BYTES = 2**19


def make_download(path: Path, students: int) -> None:
    """Write a Moodle download of a class."""
    cells = toy.answered({})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(students):
            image = base64.b64encode(os.urandom(OUTPUT_BYTES * 3 // 4)).decode()
            cells[2]["outputs"] = [{"output_type": "display_data", "data": {"image/png": image}, "metadata": {}}]
            archive.writestr(f"Student {number:03}_{number}_assignsubmission_file_/toy.ipynb", toy.notebook(cells))


def peak_kb() -> int:
    """Return the most memory this process held since that was last forgotten, in kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def measure(root: Path, download: Path) -> None:
    """Collect in this process, and print what it took, as JSON."""
    from autograder.intake.collect import collect
    from loading import load_assignment

    assignment = load_assignment(root, toy.NAME)
    Path("/proc/self/clear_refs").write_text("5")  # forget what the imports held
    before = peak_kb()
    started = time.perf_counter()
    found = collect(assignment.source, assignment.course, download)
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    again = collect(assignment.source, assignment.course, download)
    print(
        json.dumps(
            {
                "students": len(found.new),
                "archive_mb": round(download.stat().st_size / 2**20),
                "seconds": round(seconds, 2),
                "again_seconds": round(time.perf_counter() - started, 2),
                "unchanged": len(again.unchanged),
                "memory_mb": round((peak_kb() - before) / 1024, 1),
            }
        )
    )


def main() -> None:
    """Measure each class in a process of its own."""
    for students in CLASSES:
        with tempfile.TemporaryDirectory() as folder:
            root = toy.make_course(Path(folder) / "course")
            make_download(Path(folder) / "download.zip", students)
            command = [sys.executable, "-m", "tests.bench.collecting", str(root), f"{folder}/download.zip"]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
