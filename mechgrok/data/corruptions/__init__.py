"""Corruptions: rules that change train labels before training, one file each."""
