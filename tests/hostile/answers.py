"""Objects that go for whoever reads them: modules of PyTorch's and figures of Matplotlib's, named by what they try.

Each is the second cell of a notebook, and answers nothing rightly: no check of `CHECKS` may pass, and none is ours.
"""

from __future__ import annotations

CHECKS = '''
net = model("net", input_shape=(3,))
applied = call("apply", np.eye(3, dtype="float32"))
weights = variable("weights")

@question("answer")
def test_net(net):
    """The network has 8 parameters."""
    assert_params(net, 8)

@question("answer")
def test_applied(applied):
    """Everything is doubled."""
    assert_close(applied, np.eye(3) * 2)

@question("answer")
def test_weights(weights):
    """The weights are these."""
    assert_equal(weights, [1, 2, 3])
'''
"""Of modules."""
DRAWN = '''
drawn = figure("answer")
called = drawn_by("plot", [3.0, 2.0, 1.5])
left = variable("kept")

@question("answer")
def test_drawn(drawn):
    """The curve is plotted."""
    assert_figure(drawn, lines=1, title=True)
    assert_curve(drawn, [3, 2, 1.5])

@question("answer")
def test_called(called):
    """The function plots what it is given."""
    assert_curve(called, [3, 2, 1.5])

@question("answer")
def test_left(left):
    """The picture is kept."""
    assert_image(left, np.eye(3))
'''
"""Of figures."""

_TORCH = "import torch, numpy as np\nfrom torch import nn\n"
_PLOT = "import matplotlib, matplotlib.pyplot as plt, numpy as np\n"
_LINE = (
    "class L(matplotlib.lines.Line2D):\n    def get_{part}(self, *a):{does}\n"
    "plt.gca().add_line(L([1], [2])); plt.show()\ndef plot(v): plt.gca().add_line(L([1], [2]))\nkept = plt.gcf()"
)
_LYING = (
    "{given}\ndef lie():\n    plt.plot([1]); plt.gca().lines[0].{part} = lambda *a: {does}\n"
    "lie(); plt.show()\ndef plot(v): lie()"
)


def _line(part: str, does: str) -> str:
    return _PLOT + _LINE.format(part=part, does=does)


def _lying(given: str, part: str, does: str) -> str:
    return _PLOT + _LYING.format(given=given, part=part, does=does)


MODULES = {
    "a-class-that-says-it-is-a-linear": (
        "class M(nn.Module):\n    __class__ = property(lambda self: nn.Linear)\n"
        "    def forward(self, x): return x\nnet = M()"
    ),
    "a-class-of-pytorchs-name-and-module": (
        "class Linear(nn.Module):\n    in_features, out_features = 3, 2\n"
        "    def parameters(self, *a): return iter([torch.zeros(8)])\n    def forward(self, x): return x\n"
        "Linear.__module__ = 'torch.nn.modules.linear'\nnet = Linear()"
    ),
    "parameters-that-are-not-its-own": (
        "class M(nn.Module):\n    def named_parameters(self, *a, **k): yield 'w', nn.Parameter(torch.zeros(8))\n"
        "    def parameters(self, *a, **k): yield nn.Parameter(torch.zeros(8))\n    def forward(self, x): return x\n"
        "net = M()"
    ),
    "a-forward-that-reads-the-host": (
        "import glob\nclass M(nn.Module):\n    def forward(self, x):\n"
        "        raise ValueError(glob.glob('/proc/*/environ') + glob.glob('/home/**/checks.py', recursive=True))\n"
        "net = M()"
    ),
    "a-forward-that-never-ends": (
        "class M(nn.Module):\n    def forward(self, x):\n        while True: pass\nnet = M()"
    ),
    "a-forward-that-exits": "import os\nclass M(nn.Module):\n    def forward(self, x): os._exit(0)\nnet = M()",
    "a-forward-that-crashes": (
        "import ctypes\nclass M(nn.Module):\n    def forward(self, x): ctypes.string_at(0)\nnet = M()"
    ),
    "a-forward-that-raises-what-nobody-catches": (
        "class M(nn.Module):\n    def forward(self, x): raise GeneratorExit\nnet = M()"
    ),
    "modules-in-modules-without-end": ("net = nn.Linear(3, 2)\nfor _ in range(5000): net = nn.Sequential(net)"),
    "layers-without-end": "net = nn.Sequential(*[nn.Identity() for _ in range(5000)], nn.Linear(3, 2))",
    "an-attribute-that-never-answers": (
        "import time\nclass M(nn.Module):\n    def __getattr__(self, name):\n"
        "        if name.startswith('_orig'): time.sleep(100)\n        return super().__getattr__(name)\nnet = M()"
    ),
    "a-class-whose-name-is-markup": (
        "net = type('<img src=x>' * 1000, (nn.Module,), {'forward': lambda self, x: x})()"
    ),
    "parameters-of-no-memory-and-any-size": "net = nn.Linear(2**30, 2**30, device='meta')",
    "a-size-that-equals-all": (
        "class I(int):\n    __eq__ = lambda self, other: True\n    __repr__ = lambda self: '3'\n"
        "    __hash__ = int.__hash__\n"
        "net = nn.Linear(9, 9, bias=False); net.in_features, net.out_features = I(3), I(2)"
    ),
    "a-weight-whose-shape-lies": (
        "class W(nn.Parameter):\n    shape = property(lambda self: torch.Size([2, 3]))\n    def numel(self): return 6\n"
        "net = nn.Linear(100, 100); net.weight = W(torch.zeros(100, 100))"
    ),
    "hooks-that-change-what-is-made": (
        "net = nn.Linear(9, 9); net.register_forward_pre_hook(lambda m, i: 1 / 0)\n"
        "net.register_forward_hook(lambda m, i, o: torch.zeros(1, 2))"
    ),
    "pytorch-patched": (
        "nn.Linear.forward = lambda self, x: x\nnn.Module.named_parameters = lambda *a, **k: iter(())\n"
        "net = nn.Linear(9, 9)"
    ),
    "pytorch-forgotten": (
        "import sys\nnet = nn.Linear(9, 9)\nfor name in list(sys.modules):\n"
        "    if name.startswith('torch'): del sys.modules[name]"
    ),
    "a-pytorch-of-its-own": (
        "import sys, types\nt = types.ModuleType('torch'); t.nn = types.ModuleType('nn'); t.nn.Module = object\n"
        "sys.modules['torch'], sys.modules['torch.nn'] = t, t.nn\nnet = 3"
    ),
    "a-tensor-of-a-terabyte": "def apply(x): return torch.zeros(1).expand(10**6, 10**6)",
    "a-tensor-that-says-what-it-holds": (
        "class S(torch.Tensor):\n    numpy = lambda self, *a, **k: 2 * np.eye(3)\n"
        "    detach = cpu = lambda self: self\n"
        "def apply(x): return torch.zeros(3, 3).as_subclass(S)"
    ),
    "weights-that-hold-themselves": "weights = {}; weights['a'] = weights",
}
"""Of PyTorch's modules and tensors, by name: what follows its import."""
MODULES = {name: _TORCH + source for name, source in MODULES.items()}

FIGURES = {
    "points-without-end": _PLOT + "plt.plot(np.zeros(5 * 10**7, 'float32')); plt.title('t'); plt.show()",
    "lines-without-end": (
        _PLOT + "ax = plt.gca(); ax._children.extend([matplotlib.lines.Line2D([1], [1])] * 100000)\n"
        "plt.title('t'); plt.show()"
    ),
    "an-artist-that-exits": _line("label", "\n        import os; os._exit(3)"),
    "an-artist-that-raises-what-nobody-catches": _line("label", " raise GeneratorExit"),
    "an-artist-that-interrupts": _line("label", " raise KeyboardInterrupt"),
    "an-artist-that-ends-the-program": _line("xdata", " raise SystemExit"),
    "an-artist-that-never-answers": _line("label", "\n        import time; time.sleep(1000)"),
    "a-length-that-lies": _lying("class A(list): __len__ = lambda self: 2**62", "get_xdata", "A([1])"),
    "an-array-that-lies-about-its-memory": _lying(
        "class A:\n    __array_interface__ = {'shape': (10**9,), 'typestr': '<f8', 'data': (8, False), 'version': 3}\n"
        "    def __len__(self): return 3",
        "get_xdata",
        "A()",
    ),
    "a-label-that-is-none": _lying(
        "class S(str):\n    def startswith(self, *a): return False\n    def __str__(self): return 3",
        "get_label",
        "S('x')",
    ),
    "numbers-that-are-none": (
        _PLOT + "plt.plot([float('nan'), float('inf'), -float('inf')]); plt.title('t'); plt.show()\n"
        "def plot(v): plt.plot([float('nan')] * 3)"
    ),
    "dates-and-fractions": _PLOT + "import datetime\ndef plot(v): plt.plot([datetime.date(2000, 1, 1)], [3])",
    "limits-that-are-none": (
        _PLOT + "plt.plot([9]); plt.gca().get_xlim = lambda: (1, 2, 3); plt.gca().get_ylim = lambda: ('a', None)\n"
        "plt.show()\ndef plot(v):\n    plt.plot([9]); plt.gca().get_xlim = lambda: (10**400, 2)"
    ),
    "a-figure-that-is-none": (
        "class Figure: pass\nFigure.__module__ = 'matplotlib.figure'\n"
        "kept = Figure(); kept.axes, kept.legends = [1, 2], 3"
    ),
    "a-class-whose-ancestors-are-made-up": (
        "class T(type):\n    def mro(cls): return [cls, object]\nclass F(metaclass=T):\n"
        "    axes = property(lambda self: 1 / 0)\n    legends = []\n"
        "F.__name__, F.__module__ = 'Figure', 'matplotlib.figure'\nkept = F()"
    ),
    "an-image-of-a-billion-points": (
        _PLOT + "kept, a = plt.subplots(); a.imshow(np.broadcast_to(np.zeros(1), (30000, 30000)))"
    ),
    "colours-of-a-megabyte": (
        _PLOT + "kept, a = plt.subplots(); i = a.imshow(np.ones((3, 3)))\n"
        "i.get_cmap = lambda: type('c', (), {'name': '<b>' * 10**6}); i.get_clim = lambda: (float('nan'), 10**400)"
    ),
    "figures-of-any-number": (
        _PLOT + "plt.get_fignums = lambda: range(10**9)\nplt.figure = lambda n=None: None\ndef plot(v): pass"
    ),
    "arrays-patched": (
        _PLOT + "import numpy.ma\nnumpy.ma.asarray = lambda *a, **k: np.array([3, 2, 1.5])\n"
        "np.asarray = lambda *a, **k: 1 / 0\nplt.plot([9]); plt.show()\ndef plot(v): plt.plot([9])"
    ),
    "a-matplotlib-of-its-own": (
        "import sys, types\np = types.ModuleType('matplotlib.pyplot'); p.get_fignums = lambda: [1]\n"
        "p.figure = lambda n: 7\n"
        "p.close = lambda *a: None\nsys.modules['matplotlib.pyplot'] = p\ndef plot(v): pass"
    ),
}
"""Of Matplotlib's figures, by name."""

QUICK_FIGURES = ("an-artist-that-exits", "an-artist-that-interrupts", "a-length-that-lies", "arrays-patched")
"""One of each kind."""
