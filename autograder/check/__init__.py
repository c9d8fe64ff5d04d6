"""A student's own look at their notebook before it is handed in: in their own Python, on their own computer.

No room is opened and nothing is graded. Light on purpose: no framework is imported but by the notebook itself.
"""
