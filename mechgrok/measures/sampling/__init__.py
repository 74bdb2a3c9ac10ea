"""Losses of networks sampled around the weights"""
