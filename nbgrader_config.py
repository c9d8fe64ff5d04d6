"""nbgrader reads the same tree: this keeps out of its releases what is the grader's own."""

c = get_config()  # noqa: F821  nbgrader defines it

c.CourseDirectory.course_id = "vision"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "checks.py", ".autograder"]
