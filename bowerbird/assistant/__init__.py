"""The helper: in private, and in the thread. It acts through the rooms below, with the person's own rights and no more."""
