"""Pages: for students, for the instructor. One self-contained file each."""
