"""The records that cross the wall. Every one is plain data: no code, no pickle, no object array.

A room is untrusted: whatever it sends is decoded into these types, within the limits of `codec`, or refused. Each
subject has a file of its own; this one offers them all.
"""

from autograder.wire.arguments import *
from autograder.wire.artifacts import *
from autograder.wire.examination import *
from autograder.wire.examples import Preparation as Preparation
from autograder.wire.network import *
from autograder.wire.plots import *
from autograder.wire.probes import *
from autograder.wire.record import *
from autograder.wire.training import *
from autograder.wire.zygote import *
