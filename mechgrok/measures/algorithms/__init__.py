"""Clock or pizza?"""
