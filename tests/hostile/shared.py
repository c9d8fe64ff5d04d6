"""What one room may use up that another needs, named by what it is: what it does, and what its neighbour then asks for.

Each is what the kernel counts by user. The first fills it and waits; the second says what it could have.
"""

from __future__ import annotations

_SENT = "import fcntl, os, signal, socket, threading, time\n"

SHARED = {
    "descriptors-on-their-way": (
        "held = []\ntry:\n    for _ in range(200):\n        held.append(socket.socketpair())\n"
        "        held[-1][0].setblocking(False)\n"
        "        for _ in range(500): socket.send_fds(held[-1][0], [b'x'], [0] * 250)\nexcept OSError: pass",
        "pair = socket.socketpair()\nsocket.send_fds(pair[0], [b'x'], [0] * 9)\n"
        "x = len(socket.recv_fds(pair[1], 1, 9)[1])",
    ),
    "pages-of-pipes": (
        "held = []\ntry:\n    for _ in range(400):\n        held.append(os.pipe())\n"
        "        fcntl.fcntl(held[-1][0], 1031, 2**20)\nexcept OSError: pass",
        "pipe = os.pipe()\nx = [fcntl.fcntl(pipe[0], 1032), fcntl.fcntl(pipe[0], 1031, 2**18)]",
    ),
    "signals-that-wait": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])\n"
        "while libc.sigqueue(os.getpid(), int(signal.SIGRTMIN), None) == 0: pass",
        "import ctypes\nlibc = ctypes.CDLL(None)\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])\n"
        "x = [libc.sigqueue(os.getpid(), int(signal.SIGRTMIN), None) for _ in range(9)]",
    ),
    "timers": (
        "import ctypes\nlibc = ctypes.CDLL('librt.so.1')\none = ctypes.c_void_p()\n"
        "for _ in range(200_000):\n    if libc.timer_create(1, None, ctypes.byref(one)): break",
        "import ctypes\nlibc = ctypes.CDLL('librt.so.1')\none = ctypes.c_void_p()\n"
        "x = [libc.timer_create(1, None, ctypes.byref(one)) for _ in range(9)]",
    ),
    "memory-that-is-locked": (
        "import ctypes, mmap\nlibc = ctypes.CDLL(None)\nheld = []\nwhile len(held) < 9000:\n"
        "    held.append(mmap.mmap(-1, 4096))\n"
        "    if libc.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(held[-1]))), 4096): break",
        "import ctypes, mmap\nlibc = ctypes.CDLL(None)\npage = mmap.mmap(-1, 4096)\n"
        "x = libc.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(page))), 4096)",
    ),
    "watches": (
        "import select\nheld, files = [], [os.dup(os.pipe()[0]) for _ in range(300)]\ntry:\n"
        "    for _ in range(300):\n        held.append(select.epoll())\n"
        "        for one in files: held[-1].register(one)\nexcept OSError: pass",
        "import select\none = select.epoll()\npipe = os.pipe()\none.register(pipe[0])\nx = 'watched'",
    ),
}
SHARED = {name: (f"{_SENT}{fills}\ntime.sleep(5)", f"{_SENT}{needs}") for name, (fills, needs) in SHARED.items()}
"""By name: the cell of who fills it, and the cell of their neighbour."""
