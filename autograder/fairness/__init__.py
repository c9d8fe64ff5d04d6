"""Fair thresholds: the verdict on scores of trainings, and the statistics it rests on. Pure."""
