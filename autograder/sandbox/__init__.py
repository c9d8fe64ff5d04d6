"""The host's side of the wall: starts the zygote, opens rooms, holds them to their limits, reads what they say."""
