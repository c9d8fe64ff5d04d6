"""Notebooks that go for points, for neighbours or for the batch: one cell each, named by what it tries.

Each is put in place of the first answer of a notebook that answers nothing else. FORGE speaks for the room.
"""

from __future__ import annotations

FORGE = r"""
import os, socket, struct, sys, time
from autograder.wire import codec, messages as m

def _talk():
    for one in sorted(int(name) for name in os.listdir('/proc/self/fd')):
        try:
            if os.readlink(f'/proc/self/fd/{one}').startswith('socket:'):
                return socket.socket(fileno=os.dup(one))
        except OSError:
            pass

talk = _talk()
talk.settimeout(None)
heard = talk.makefile('rb')

def say(message, blobs=None):
    talk.sendall(codec.pack(message, blobs))

def say_json(text):
    body = text if isinstance(text, bytes) else text.encode()
    talk.sendall(struct.pack('<QII', 8 + len(body), 0, len(body)) + body)

def ran(index, result='', stdout=''):
    say(m.CellRun(index, 0.1, stdout, '', 0, result))

def run_others(first, last, result=''):
    for index in range(first, last):
        say(m.CellStarted(index)); ran(index, result)
    say(m.CellsDone())

def asked():
    questions, _ = codec.unpack(codec.read_frame(heard.read), m.Questions)
    return next(iter(questions.probes))

def answer(body):
    say_json('{"type":"answered","probe":"%s","seconds":0.1,"answer":%s}' % (asked(), body))

HERE, CELLS = 2, 8
def all_ran(result=''):
    ran(HERE)
    for index in (3, 4, 5, 6, 7):
        say(m.CellStarted(index)); ran(index, result)
    say(m.CellsDone())
"""

NETWORK = (
    '{"type":"network","name":"","framework":"keras","dress":"","layers":[LAYERS],"outputs":[0],"input_shapes":[],'
    '"output_shapes":[],"params":1,"trainable_params":1}'
)
LAYER = (
    '{"name":"","cls":"Add","origin":"keras","config":CONFIG,"inputs":[],"input_shapes":[],"output_shapes":[],'
    '"weights":[],"trainable":true,"identity":0}'
)


def _answers(body: str) -> str:
    return f"{FORGE}\nall_ran()\nwhile True:\n    answer({body})\n"


BATCH = {
    # --- points without an answer ---
    "patch-numpys-comparisons": "import numpy as np\nnp.ndarray.__eq__ = lambda *_: True",
    "patch-builtins": "import builtins\nbuiltins.len = lambda _: 3\nbuiltins.all = lambda _: True",
    "answer-with-a-value-equal-to-all": (
        "class Yes:\n    def __eq__(self, other): return True\n    def __len__(self): return 3\n"
        "    def __getitem__(self, key): return self\n    def tolist(self): return self\n"
        "    def __hash__(self): return 1\n"
        "names = Yes()\ndef double(x): return Yes()"
    ),
    "strip-asserts-from-cells": (
        "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Strip())"
    ),
    "rewrite-cells-before-they-run": "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
    "say-that-cells-ran": f"{FORGE}\nall_ran()\ntime.sleep(60)",
    "say-that-cells-displayed-full-points": f"{FORGE}\nall_ran('4')\ntime.sleep(60)",
    "results-of-cells-that-are-not-there": (
        f"{FORGE}\nran(HERE)\nfor index in range(1000, 1010):\n    say(m.CellStarted(index)); ran(index)\n"
        "say(m.CellsDone())\ntime.sleep(60)"
    ),
    "results-of-cells-that-ran-before": f"{FORGE}\nran(HERE)\nsay(m.CellStarted(0)); ran(0)\ntime.sleep(60)",
    "results-out-of-order": f"{FORGE}\nran(HERE)\nsay(m.CellStarted(7)); ran(7)\ntime.sleep(60)",
    "two-results-of-one-cell": f"{FORGE}\nran(HERE)\nran(HERE)\ntime.sleep(60)",
    "done-before-the-cells-ran": f"{FORGE}\nran(HERE)\nsay(m.CellsDone())\ntime.sleep(60)",
    "answers-before-the-questions": (
        f"{FORGE}\nall_ran()\nsay(m.Answered('names', 0.1, m.Text('a', 1)))\ntime.sleep(60)"
    ),
    "answers-to-what-nobody-asked": (
        f"{FORGE}\nall_ran()\nasked()\nsay(m.Answered('?', 0.1, m.Text('a', 1)))\ntime.sleep(60)"
    ),
    "say-that-the-room-is-broken": f"{FORGE}\nsay(m.Broken('a fault of yours'))\ntime.sleep(60)",
    "exit-as-a-broken-room-does": "import os\nos._exit(70)",
    "exit-as-a-starved-room-does": "import os\nos._exit(71)",
    "messages-of-the-supervisors": f"{FORGE}\nsay(m.Ended(0, None, 0.0))\ntime.sleep(60)",
    # --- a fault that would look like ours ---
    "answers-deeper-than-anybody-reads": _answers("""'{"type":"items","kind":"list","items":[' * 490 + ']}' * 490"""),
    "answers-wider-than-anybody-reads": _answers(
        """'{"type":"items","kind":"list","items":[' + ','.join(['{"type":"scalar","kind":"int",'"""
        """'"text":"1"}'] * 99999) + ']}'"""
    ),
    "a-set-whose-hashes-collide": _answers(
        """'{"type":"items","kind":"set","items":[' + ','.join('{"type":"scalar","kind":"int","text":"%d"}' % """
        """(n * (2**61 - 1)) for n in range(60000)) + ']}'"""
    ),
    "a-dictionary-whose-hashes-collide": _answers(
        """'{"type":"mapping","pairs":[' + ','.join('[{"type":"scalar","kind":"int","text":"%d"},{"type":"scalar","""
        """"kind":"int","text":"1"}]' % (n * (2**61 - 1)) for n in range(20000)) + ']}'"""
    ),
    "hundred-thousand-layers": _answers(
        repr(NETWORK) + ".replace('LAYERS', ','.join([" + repr(LAYER.replace("CONFIG", "{}")) + "] * 100000))"
    ),
    "a-configuration-without-end": _answers(
        repr(NETWORK) + ".replace('LAYERS', " + repr(LAYER) + ".replace('CONFIG', '{\"a\":' * 300 + '1' + '}' * 300))"
    ),
    "a-whole-number-of-a-million-digits": _answers("""'{"type":"scalar","kind":"int","text":"' + '9' * 10**6 + '"}'"""),
    "a-number-that-is-none": _answers("""'{"type":"scalar","kind":"int","text":"one"}'"""),
    "an-array-that-does-not-fit-its-bytes": _answers("""'{"type":"array","dtype":"float64","shape":[9,9],"blob":0}'"""),
    "an-array-of-many-dimensions": _answers(
        """'{"type":"array","dtype":"uint8","shape":%s,"blob":0}' % ([1] * 5000)"""
    ),
    "an-array-of-objects": _answers("""'{"type":"array","dtype":"object","shape":[1],"blob":0}'"""),
    "half-a-frame": f"{FORGE}\nall_ran()\nasked()\ntalk.sendall(b'123')\nos._exit(0)",
    "nonsense": f"{FORGE}\ntalk.sendall(os.urandom(4096))\ntime.sleep(60)",
    "a-frame-of-a-length-without-end": f"{FORGE}\ntalk.sendall(struct.pack('<QII', 2**63, 1, 1))\ntime.sleep(60)",
    "a-frame-of-many-blobs": (
        f"{FORGE}\ntalk.sendall(struct.pack('<QII', 2**20, 2**31, 1) + bytes(2**20))\ntime.sleep(60)"
    ),
    # --- the batch, and the machine ---
    "a-quarter-of-a-gigabyte-of-output": f"{FORGE}\nran(HERE, stdout='x' * (140 * 2**20))\ntime.sleep(60)",
    "messages-of-megabytes": _answers(
        """'{"type":"fault","kind":"raised","error":"E","message":"%s"}' % ('<b>&' * 2**20)"""
    ),
    "numbers-that-are-slow-to-read": (
        f"{FORGE}\nsay_json('[' + ('1.' + '1' * 760 + 'e-300,') * 99999 + '0]')\ntime.sleep(60)"
    ),
    "curves-without-end": _answers("""'{"type":"curves","values":{"a":[' + '0,' * 10**6 + '0]},"asked":null}'"""),
    "a-display-that-is-slow-to-read": f"{FORGE}\nall_ran('<tf.Tensor: shape=(), ' + 'numpy=' * 15000)\ntime.sleep(60)",
    "hang-up-and-flood": (f"{FORGE}\nall_ran()\ntalk.shutdown(socket.SHUT_RD)\nwhile True: talk.sendall(bytes(65536))"),
    "never-read-what-is-asked": f"{FORGE}\nall_ran()\ntime.sleep(60)",
    "close-every-descriptor": "import os\nos.closerange(0, 4096)",
    "fork-without-end": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "fork-and-outlive": (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(300)\nos._exit(0)"
    ),
    "end-whoever-is-of-its-group": (
        "import os, time\nif os.fork() == 0:\n    os.kill(0, 9)\n    os._exit(0)\n"
        "os.setpriority(os.PRIO_PGRP, 0, 19)\ntime.sleep(1)\nraise SystemError('alive')"
    ),
    "become-another-program": "import os\nos.execv('/bin/sh', ['sh', '-c', 'sleep 300'])",
    "threads-without-end": (
        "import threading, time\n"
        "while True:\n    try: threading.Thread(target=time.sleep, args=(300,), daemon=True).start()\n"
        "    except RuntimeError: time.sleep(0.1)"
    ),
    "memory-of-its-own": "kept = []\nwhile True: kept.append(bytearray(2**24))",
    "memory-that-is-shared": (
        "import mmap\nkept = []\nwhile True:\n    kept.append(mmap.mmap(-1, 2**24)); kept[-1].write(b'x' * 2**24)"
    ),
    "memory-of-no-process": (
        "import ctypes, os, time\nif ctypes.CDLL(None).syscall(319, b'x', 0) < 0:\n"
        "    raise MemoryError('no file but in folders')\n"
        "while True:\n    one = os.memfd_create('x')\n"
        "    try:\n        while True: os.write(one, bytes(2**20))\n    except OSError: pass"
    ),
    "memory-of-sockets": (
        "import os, socket, time\nkept = []\nfor _ in range(10):\n    if os.fork() == 0: break\n"
        "while True:\n    try:\n        kept.append(socket.socketpair())\n        kept[-1][0].setblocking(False)\n"
        "        while True: kept[-1][0].send(bytes(2**16))\n    except BlockingIOError: pass\n"
        "    except OSError: time.sleep(1)"
    ),
    "memory-of-a-process-that-hides": (
        "import ctypes, mmap, os, time\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\nkept = []\nwhile True:\n"
        "    kept.append(mmap.mmap(-1, 2**24)); kept[-1].write(b'x' * 2**24); time.sleep(0.01)"
    ),
    "memory-of-a-program-that-nobody-reads": (
        "import os, shutil, sys\nshutil.copy(os.path.realpath(sys.executable), 'hidden')\nos.chmod('hidden', 0o111)\n"
        "os.execv('./hidden', ['hidden', '-S', '-c', 'import mmap, time\\nkept = []\\nwhile True:\\n "
        'kept.append(mmap.mmap(-1, 2**24)); kept[-1].write(bytes(b"x") * 2**24); time.sleep(0.01)\'])'
    ),
    "memory-of-its-children": (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        kept = bytearray(b'x') * (60 * 2**20)\n"
        "        time.sleep(300)\ntime.sleep(300)"
    ),
    "files-without-end": "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'wb').write(bytes(2**20)); n += 1",
    "output-without-end": "while True: print('x' * 10**6)",
    "ignore-every-interruption": (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(0.1)"
    ),
    "catch-every-exception": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "sleep-without-end": "import time\ntime.sleep(10**6)",
    "crash": "import ctypes\nctypes.string_at(0)",
    "stop-itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "an-exception-that-cannot-be-told": (
        "class Bad(Exception):\n    def __str__(self): raise Bad\n    __repr__ = __str__\nraise Bad"
    ),
    "half-characters": "print('\\ud800' * 1000)\nraise ValueError('\\udfff')",
    "text-that-steers-a-terminal": "raise ValueError('\\x1b[2J\\x1b]0;owned\\x07\\u202e')",
    "text-that-is-markup": "raise ValueError('<script>alert(1)</script><img src=x onerror=alert(1)>')",
    # --- whoever shows or tells what came of it ---
    "commands-of-a-workflow": "raise ValueError('x\\n::stop-commands::t\\n::error::owned\\n##[group]x')",
    "end-of-a-fence-of-markdown": "raise ValueError('```\\n````\\n[x](javascript:alert(1))')",
    "text-that-is-no-xml": "raise ValueError(']]>\\x00\\x08\\ufffe<!ENTITY x>')",
    "a-class-of-an-error-that-is-markup": "raise type('<script>alert(1)</script>', (Exception,), {})",
    "a-class-of-an-error-whose-name-is-long": "raise type('A' * 10**6, (Exception,), {})",
    "a-class-of-an-error-whose-name-is-no-text": (
        "class M(type):\n    @property\n    def __name__(self): return 3\n"
        "class E(Exception, metaclass=M): pass\nraise E"
    ),
    "causes-in-a-circle": ("a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a"),
    "causes-without-end": (
        "e = None\nfor i in range(20000):\n    n = ValueError(i)\n    n.__cause__, e = e, n\nraise e"
    ),
    "groups-of-errors-without-end": (
        "e = ValueError('x')\nfor _ in range(5000): e = ExceptionGroup('g', [e])\nraise e"
    ),
    "notes-of-an-error-that-are-none": "e = ValueError('x')\ne.__notes__ = 7\nraise e",
    "a-syntax-error-made-up": "raise SyntaxError('m', ('f', -5, 10**9, 'x' * 10**6, -7, 10**9))",
    "a-syntax-error-of-odd-values": "e = SyntaxError('m')\ne.lineno, e.text, e.offset = 'a', 3, []\nraise e",
    "a-missing-name-made-up": "e = NameError('x')\ne.name = '<img>' * 1000\nraise e",
    "a-missing-attribute-of-what-never-answers": (
        "class O:\n    def __getattr__(self, name):\n        import time; time.sleep(100)\n"
        "raise AttributeError('x', name='y', obj=O())"
    ),
    "lines-of-a-traceback-made-up": (
        "import linecache\nlinecache.getline = lambda *a, **k: '<script>' * 1000\n"
        "linecache.getlines = lambda *a, **k: 1 / 0\n1 / 0"
    ),
    "a-key-that-turns-text-around": "class K:\n    def __repr__(self): return '\\u202e' * 10**6\nraise KeyError(K())",
    "a-drawing-that-is-a-program": (
        "from IPython.display import SVG, display\ndisplay(SVG('<svg onload=\"alert(1)\"/>'))\nraise SystemExit"
    ),
    "a-picture-of-a-billion-points": (
        "import struct, zlib\nfrom IPython.display import Image, display\n"
        "def part(n, b): return struct.pack('>I4s', len(b), n) + b + zlib.crc32(n + b).to_bytes(4, 'big')\n"
        "head = struct.pack('>IIBBBBB', 9999, 99999, 8, 0, 0, 0, 0)\n"
        "body = part(b'IHDR', head) + part(b'IDAT', zlib.compress(bytes(9))) + part(b'IEND', b'')\n"
        "display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + body))\nraise SystemExit"
    ),
    "an-array-that-lies-about-its-memory": (
        "class A:\n    __array_interface__ = "
        "{'shape': (10**9,), 'typestr': '<f8', 'data': (8, False), 'version': 3}\nfor _ in ():\n    pass\n"
        "def double(x): return A()"
    ),
    "an-array-that-holds-itself": (
        "import numpy as np\na = np.empty(1, object)\na[0] = a\nfor _ in ():\n    pass\ndef double(x): return a"
    ),
    "forget-every-module": "import sys\nsys.modules.clear()\nraise SystemExit",
    "an-audit-that-refuses-all": "import sys\nsys.addaudithook(lambda *a: 1 / 0)",
    "no-import-any-more": "import builtins\nbuiltins.__import__ = lambda *a, **k: 1 / 0",
    "types-that-are-none": "import builtins\nbuiltins.isinstance = lambda *_: True\nbuiltins.type = str",
    "output-that-ends-whoever-writes": (
        "import sys\nclass W:\n    def write(self, text): raise SystemExit\n    def flush(self): 1 / 0\n"
        "sys.stdout = sys.stderr = W()\nprint('x')"
    ),
    "a-codec-of-its-own": (
        "import autograder.wire.codec as c, msgspec\nc.pack = lambda *a, **k: b'x'\n"
        "msgspec.json.encode = lambda *a: b'{}'"
    ),
    "something-to-do-at-the-end": "import atexit, sys, time\natexit.register(time.sleep, 100)\nsys.exit(0)",
}
"""By name: the source of the cell."""

QUICK = (
    "patch-builtins",
    "say-that-cells-displayed-full-points",
    "results-of-cells-that-are-not-there",
    "exit-as-a-broken-room-does",
    "answers-deeper-than-anybody-reads",
    "messages-of-megabytes",
    "hang-up-and-flood",
    "memory-of-no-process",
    "fork-without-end",
    "a-key-that-turns-text-around",
    "types-that-are-none",
)
"""One of each kind."""
