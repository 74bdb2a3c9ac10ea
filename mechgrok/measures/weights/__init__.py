"""Weights, landscape, numbers"""
