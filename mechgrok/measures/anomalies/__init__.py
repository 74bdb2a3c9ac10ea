"""Corrupted labels: followed, found, removed?"""
