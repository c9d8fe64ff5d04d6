"""All that is nbgrader's: its rules, its gradebook, its executed notebooks, and rooms for its kernel."""
