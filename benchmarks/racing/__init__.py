"""The race: callbox, its floors and its peers on the same workloads, side by side in one run."""
