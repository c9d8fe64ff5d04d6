"""How many wrong solutions do an assignment's checks let through? They are derived from its own, one change each.

`operators` are the ways to get it wrong, `places` where in the solution they apply, `fresh` inputs that no check has
chosen, `behaviour` what tells two answers apart, `flow` what cells make and need, `reach` and `part` what a change can
touch, `harmless` the survivors that a lecturer has found right; `run` takes each mutant through the line, `report` says
what came of it.
"""
