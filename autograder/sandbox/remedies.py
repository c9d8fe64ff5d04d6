"""What to do where a step of the wall does not hold: which line of which file, as the kernel's and systemd's files say.

A text that lists every cause there may be helps nobody: each function looks for the one that is there.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

from autograder.sandbox import cgroups

SYSCTL = Path("/proc/sys")
OUR_SYSCTLS = "/etc/sysctl.d/60-autograder.conf"
OUR_DELEGATION = "/etc/systemd/system/user@.service.d/autograder.conf"
UNIT_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
)
"""Where systemd looks for units, the one that wins first."""

SWITCHES = (
    *((f"user/max_{kind}_namespaces", "0", "15000") for kind in ("user", "mnt", "pid", "net", "ipc", "uts")),
    ("kernel/unprivileged_userns_clone", "0", "1"),  # Debian's, and what derives from it
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu's, from 23.10 on
)
"""What keeps an ordinary user from namespaces: the file, the value that does, and one that does not."""
PROFILE = (
    "; or, for this Python alone, an AppArmor profile: in /etc/apparmor.d/autograder, "
    "`abi <abi/4.0>, profile autograder {} flags=(unconfined) {{ userns, }}`, then "
    "`apparmor_parser -r /etc/apparmor.d/autograder`"
)
CONTAINER = (
    "in a container, run it with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`, on Ubuntu "
    "also `--security-opt apparmor=unconfined`; elsewhere, boot a kernel, 5.12 or later, that has CONFIG_USER_NS"
)

VERSION_1 = (
    "control groups are of version 1 here, which only root may make: run as root, or boot with "
    "`systemd.unified_cgroup_hierarchy=1` (in GRUB_CMDLINE_LINUX of /etc/default/grub, then `update-grub`)"
)
UNMOUNTED = "`mount -t cgroup2 none /sys/fs/cgroup` as root; in a container, run it with `--cgroupns=private`"
NO_CONTROLLER = (
    "this kernel has no {} among its controllers ({}): boot without `cgroup_disable=`, or with `cgroup_enable=`, on "
    "its command line"
)
NO_SYSTEMD = "without systemd: run as root, alone in its control group"
NO_SYSTEMD_RUN = "systemd is here and `systemd-run` is not on the PATH: install it, in Debian's package `systemd`"
NO_MANAGER = (
    "user {} has no systemd manager, which su and sudo do not start: log in by ssh or on a console, or as root "
    "`loginctl enable-linger {}`"
)
NOT_DELEGATED = (
    "{} lacks {}, for {}: write `[Service]` and `Delegate=cpu memory pids` in {}, then `systemctl daemon-reload` and "
    "`systemctl restart user@{}.service` as root, or log in again"
)
UNKNOWN = "ask systemd: `systemd-run --user --scope --property=Delegate='cpu memory pids' true`"


def remedy(step: str) -> str:
    """Return what would make this step of the wall hold here; empty where there is nothing to say."""
    match step:
        case "namespaces" | "private file system":
            return _namespaces()
        case "Landlock":
            return "boot Linux 5.13 or later with `landlock` among the names of its `lsm=` parameter"
        case "system call filter":
            return "run on x86-64 or AArch64, with a kernel that has CONFIG_SECCOMP_FILTER"
        case "control groups":
            return _control_groups()
    return ""


def _namespaces() -> str:
    shut = [(name, opens) for name, shuts, opens in SWITCHES if _read(SYSCTL / name) == shuts]
    if not shut:
        return CONTAINER
    lines = " and ".join(f"`{name.replace('/', '.')} = {opens}`" for name, opens in shut)
    found = f"write {lines} in {OUR_SYSCTLS}, then `sysctl --system`, as root"
    if any("apparmor" in name for name, _ in shut):
        found += PROFILE.format(os.path.realpath("/proc/self/exe"))
    return found


def _control_groups() -> str:
    if not (cgroups.MOUNT / "cgroup.controllers").exists():
        return VERSION_1 if (cgroups.MOUNT / "memory").exists() else UNMOUNTED
    if lacks := _lacks(cgroups.MOUNT):
        return NO_CONTROLLER.format(lacks, cgroups.MOUNT / "cgroup.controllers")
    if not cgroups.SYSTEMD.exists():
        return NO_SYSTEMD
    if not shutil.which("systemd-run"):
        return NO_SYSTEMD_RUN
    return _of_user(os.geteuid()) if os.geteuid() else ""


def _of_user(user: int) -> str:
    if cgroups.user_manager() is None:
        name = _user_name(user)
        return NO_MANAGER.format(name, name)
    service = cgroups.MOUNT / "user.slice" / f"user-{user}.slice" / f"user@{user}.service"
    if lacks := _lacks(service):
        said = next(_delegations(), "systemd delegates nothing to users")
        return NOT_DELEGATED.format(service / "cgroup.controllers", lacks, said, OUR_DELEGATION, user)
    return UNKNOWN


def _user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # in a container, say
        return str(user)


def _lacks(group: Path) -> str:
    """Return the controllers that rooms need and `group` has not been given."""
    has = _read(group / "cgroup.controllers").split()
    return ", ".join(name for name in cgroups.VERSION_2 if name not in has)


def _delegations() -> Iterator[str]:
    """Yield the lines that say what systemd delegates to a user's manager, the one that wins first."""
    drop_ins = [path for folder in UNIT_FOLDERS for path in Path(folder, "user@.service.d").glob("*.conf")]
    drop_ins.sort(key=lambda path: path.name, reverse=True)  # the last of them by name, whatever folder it lies in
    for path in (*drop_ins, *(Path(folder, "user@.service") for folder in UNIT_FOLDERS)):
        for line in reversed(_read(path).splitlines()):
            if line.replace(" ", "").startswith("Delegate="):
                yield f"{path} says `{line.strip()}`"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
