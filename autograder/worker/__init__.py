"""The untrusted side of the wall: the zygote, and what runs in the rooms forked from it.

Imports `autograder.wire` and nothing else of the project, and nobody imports it: it is started as a process of its own.
"""
