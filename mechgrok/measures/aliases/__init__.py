"""Internalised from definitions?"""
