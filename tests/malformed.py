"""Downloads as nobody should hand them over, made from a seed: `KINDS` by name, each writes one at a path.

Run as a program, it collects some in this process, under a limit on memory: `python malformed.py COURSE FIRST LAST`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import resource
import socket
import struct
import sys
import tarfile
import tempfile
import time
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import toy
from downloads import NOTEBOOK, OTHER, tarred, zipped

MEMORY_MB = 700
"""What collecting may take beyond the interpreter and its libraries, of addresses."""
NAMES = ("ada", "Zoé", "Bo Li_7_assignsubmission_file", "weili_1_2_toy", "toy-cleo", "submission_3", "山田")
EVIL = (
    "../evil", "../../../../evil", "/tmp/evil", "C:\\evil", "\\\\host\\evil", "ada/../../evil", "..\\evil", "ada/..",
    "ada/./../..", "//evil", "ada//../evil", "~/evil", "ada/evil\0.ipynb", "ada/\x1b[31mevil", "ada/\u202eevil", "...",
    ".", "", "/", "ada/", " ", "ada/ ", "CON", "ada/\n", "._evil", "-rf", "ada/\udcff",
)  # fmt: skip

Make = Callable[[random.Random, Path], None]


def good(rng: random.Random) -> dict[str, bytes]:
    """A few submissions, of one layout or of several."""
    chosen = rng.sample(NAMES, rng.randint(1, len(NAMES)))
    return {f"{name}/toy.ipynb": rng.choice((NOTEBOOK, OTHER)) for name in chosen}


def a_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")  # zipfile says that a name is there twice
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return bytearray(out.getvalue())


def evil_names(rng: random.Random, path: Path) -> None:
    evil = {name: b"evil" for name in rng.sample(EVIL, 6) if "\udcff" not in name}
    (zipped if rng.random() < 0.5 else tarred)(path, {**good(rng), **evil})


def twice(rng: random.Random, path: Path) -> None:
    """The same names again, in another case, in another form of Unicode, and as files where others are folders."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for name in rng.choices(NAMES, k=6):
            for one in (name, name.upper(), unicodedata.normalize("NFD", name)):
                archive.writestr(f"{one}/toy.ipynb", rng.choice((NOTEBOOK, OTHER)))
                archive.writestr(rng.choice((one, f"{one}/", f"{one}/toy.ipynb/x", f"{one}.ipynb")), b"x")


def long_names(rng: random.Random, path: Path) -> None:
    part = rng.choice(("x", "é", "_", "1_", " - ", "a_1_assignsubmission_file_", "_attempt_", "./", "x/", "\u0301"))
    name = (part * (rng.choice((200, 300, 4000, 60_000)) // len(part.encode())))[:60_000]
    (zipped if rng.random() < 0.5 else tarred)(path, {**good(rng), name: b"1", f"ada/{name}.ipynb": NOTEBOOK})


def zip_cut(rng: random.Random, path: Path) -> None:
    data = a_zip(good(rng))
    path.write_bytes(data[: rng.randrange(len(data))] if rng.random() < 0.7 else data[rng.randrange(len(data)) :])


def zip_flipped(rng: random.Random, path: Path) -> None:
    data = a_zip(good(rng), rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
    for _ in range(rng.randint(1, 30)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)


def zip_directory_flipped(rng: random.Random, path: Path) -> None:
    data = a_zip(good(rng))
    start = data.index(b"PK\x01\x02")
    for _ in range(rng.randint(1, 10)):
        data[rng.randrange(start, len(data))] = rng.choice((0, 255, rng.randrange(256)))
    path.write_bytes(data)


def zip_ends_that_lie(rng: random.Random, path: Path) -> None:
    """End records that give other sizes, places and counts, of 32 and of 64 bits."""
    data = a_zip(good(rng))
    at = data.rindex(b"PK\x05\x06")
    odd = (0, 1, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, rng.randrange(2**32))
    struct.pack_into(
        "<2H2L", data, at + 8, rng.choice(odd) & 0xFFFF, rng.choice(odd) & 0xFFFF, rng.choice(odd), rng.choice(odd)
    )
    if rng.random() < 0.5:
        big = (0, 1, 2**40, 2**63, rng.randrange(2**64))
        end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *(rng.choice(big) for _ in range(4)))
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, rng.choice(big), 1)
        data = data[:at] + end + locator + data[at:]
    path.write_bytes(data)


def zip_encodings(rng: random.Random, path: Path) -> None:
    """Names in other encodings than the archive says."""
    data = a_zip({f"{'N' * 12}{number}/toy.ipynb": NOTEBOOK for number in range(5)})
    for number in range(5):
        name = rng.choice(
            (rng.randbytes(12), "Zoé Lefèvre".encode("cp1252").ljust(12), "山田太郎 花".encode("cp932")[:12])
        )
        data = bytearray(
            bytes(data).replace(b"N" * 12 + str(number).encode(), name.ljust(12, b"_") + str(number).encode())
        )
    if rng.random() < 0.3:
        at = data.index(b"PK\x01\x02")
        struct.pack_into("<H", data, at + 8, 0x800)  # « in UTF-8 »
    path.write_bytes(data)


def zip_bomb(rng: random.Random, path: Path) -> None:
    """Much from little: files of zeros, sizes that lie, one content that many names share, archives in archives."""
    files = {**good(rng), **{f"eve/{number}.ipynb": bytes(8 * 2**20) for number in range(rng.randint(1, 4))}}
    data = a_zip(files)
    kind = rng.randrange(4)
    if kind == 1:
        for field in (24, 20):
            struct.pack_into("<L", data, data.rindex(b"PK\x01\x02") + field, rng.choice((0, 1, 2**32 - 1, 2**31)))
    if kind == 2:
        entry = data[data.rindex(b"PK\x01\x02") : data.rindex(b"PK\x05\x06")]
        end = data.rindex(b"PK\x05\x06")
        data = data[:end] + entry * 2000 + data[end:]
        at = data.rindex(b"PK\x05\x06")
        struct.pack_into(
            "<2HL", data, at + 8, 0xFFFF, 0xFFFF, struct.unpack_from("<L", data, at + 12)[0] + len(entry) * 2000
        )
    if kind == 3:
        for _ in range(5):
            data = a_zip({"eve/a.zip": bytes(data), "eve/toy.ipynb.zip": bytes(data)})
    path.write_bytes(data)


def zip_of_many(rng: random.Random, path: Path) -> None:
    """More entries than any class has, or an end record that speaks of few."""
    count = rng.choice((70_000, 200_001, 250_000))
    name = b"a/b"
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name
    size, few = len(entry) * count, rng.choice((1, count & 0xFFFF))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, few, few, size, 0, 0)
    path.write_bytes(entry * count + end)


def tar_damaged(rng: random.Random, path: Path) -> None:
    tarred(path, good(rng))
    data = bytearray(gzip.decompress(path.read_bytes()))
    for _ in range(rng.randint(0, 10)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    packed = bytearray(rng.choice((bytes, gzip.compress, bz2.compress, lzma.compress))(bytes(data)))
    if rng.random() < 0.4:
        packed[rng.randrange(len(packed))] ^= 0xFF
    path.write_bytes(packed[: rng.randrange(len(packed))] if rng.random() < 0.4 else packed)


def tar_headers(rng: random.Random, path: Path) -> None:
    """Headers that say they are long, sparse, negative, or linked to what is not there."""
    info = tarfile.TarInfo("ada/toy.ipynb")
    info.type = rng.choice((b"x", b"g", b"L", b"K", b"S", b"1", b"2", b"3", b"6", b"7", b"D", b"V", b"\xff"))
    info.size = rng.choice((0, 1, 2**20, 2**31, 2**33 - 1))
    info.linkname = rng.choice(("", "bob/toy.ipynb", "/etc/passwd", "ada/toy.ipynb"))
    body = rng.choice((b"", b"30 mtime=1.1\n", b"99999999999 path=x\n", b"-1 a=b\n", b"\0" * 4096, rng.randbytes(4096)))
    if rng.random() < 0.3:
        body = bytes(64 * 2**20)
    data = info.tobuf(tarfile.GNU_FORMAT) + body + bytes(-len(body) % 512)
    header = tarfile.TarInfo("bob/toy.ipynb")
    header.size = len(NOTEBOOK)
    data += header.tobuf() + NOTEBOOK + bytes(-len(NOTEBOOK) % 512) + bytes(1024)
    path.write_bytes(rng.choice((bytes, gzip.compress, lzma.compress))(data))


def tar_ending_in_a_zip(rng: random.Random, path: Path) -> None:
    """The last file's end is that of a zip."""
    with tarfile.open(path, "w") as out:
        for name, content in {
            **good(rng),
            "eve/toy.zip": bytes(a_zip({"ada/toy.ipynb": OTHER, "bob.ipynb": OTHER})),
        }.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))


def odd_folder(rng: random.Random, path: Path) -> None:
    """What no archive has: pipes, sockets, loops of links, names that are no text, files nobody may read."""
    path.mkdir()
    for name, content in good(rng).items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_bytes(content)
    own = path / "eve"
    own.mkdir()
    os.mkfifo(own / "toy.ipynb")
    (own / "loop").symlink_to("..")
    (path / "loop").symlink_to(".")
    (path / "passwd.ipynb").symlink_to("/etc/passwd")
    (path / os.fsdecode(rng.randbytes(9).replace(b"/", b"").replace(b"\0", b"") + b"x")).mkdir(exist_ok=True)
    (own / os.fsdecode("donn\xe9es.csv".encode("latin-1"))).write_bytes(b"1")
    (own / "closed.csv").write_bytes(b"1")
    (own / "closed.csv").chmod(0)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(own / "s"))
    deep = own
    for _ in range(rng.choice((3, 60))):
        deep /= "deep"
    deep.mkdir(parents=True)
    (deep / "toy.ipynb").write_bytes(NOTEBOOK)


def metadata(rng: random.Random, path: Path) -> None:
    """Gradescope's account, with what YAML allows and Gradescope does not write."""
    odd = (
        "&a [*a]", "*b", "!!python/object/apply:os.system [touch evil]", "[" * 200, "{" * 2000, "? ? ? a", "'", "\t",
        "%YAML 9.9\n---", "{a: &x [1], b: [*x, *x]}", "\U0001f600", "0x7fffffffffffffff", "!!binary 'x'", "- - - -",
        "<<: *a", "|\n a", "2026-99-99 99:99:99 Z", "\x00", "\x85", "\ud7ff", "null", "~", "[]", "../evil", "\\u202e",
        "a" * 100_000,
    )  # fmt: skip
    lines = [
        "submission_1:",
        "  :submitters:",
        "  - :name: Ada",
        "    :sid: '1'",
        "  :created_at: 2026-11-20 10:30:00.5 Z",
    ]
    at = rng.randrange(len(lines))
    lines[at] = f"{lines[at].partition(': ')[0]}: {rng.choice(odd)}" if rng.random() < 0.7 else rng.choice(odd)
    bomb = (
        [f"k{n}: &k{n} [{', '.join([f'*k{n - 1}' if n else 'x'] * 9)}]" for n in range(12)]
        if rng.random() < 0.2
        else []
    )
    text = "\n".join([*bomb, *lines]).encode(rng.choice(("utf-8", "utf-16", "latin-1")), errors="replace")
    zipped(path, {"submission_metadata.yml": text, "submission_1/toy.ipynb": NOTEBOOK, "submission_2/toy.ipynb": OTHER})


def garbage(rng: random.Random, path: Path) -> None:
    start = rng.choice(
        (b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0", b"BZh9", b"\xfd7zXZ\0", b"ustar", b"Rar!", b"7z\xbc\xaf")
    )
    path.write_bytes(start + rng.choice((rng.randbytes(rng.randrange(5000)), bytes(rng.randrange(20_000)), b"")))


KINDS: tuple[Make, ...] = (
    evil_names, twice, long_names, zip_cut, zip_flipped, zip_directory_flipped, zip_ends_that_lie, zip_encodings,
    zip_bomb, zip_of_many, tar_damaged, tar_headers, tar_ending_in_a_zip, odd_folder, metadata, garbage,
)  # fmt: skip


def collect_some(root: Path, first: int, last: int) -> None:
    """Collect those of the seeds, and print one JSON object a line: the kind, what came of it, seconds, megabytes."""
    from autograder.errors import CourseError
    from autograder.intake.collect import collect
    from loading import load_assignment

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    addresses = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (addresses + MEMORY_MB * 2**20,) * 2)
    assignment = load_assignment(root, toy.NAME)
    for seed in range(first, last):
        make = KINDS[seed % len(KINDS)]
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            path = Path(folder) / "download"
            make(random.Random(seed), path)
            started = time.monotonic()
            try:
                found = collect(assignment.source, assignment.course, path, anyway=seed % 2 == 0)
                came = f"{len(found.new) + len(found.changed)} collected"
            except CourseError as error:
                came = f"refused: {str(error).removeprefix(f'{path}: ')[:80]}"
            taken = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            json.dumps({"seed": seed, "kind": make.__name__, "came": came, "seconds": round(taken, 2), "mb": peak}),
            flush=True,
        )


if __name__ == "__main__":
    collect_some(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
