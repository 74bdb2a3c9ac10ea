"""Which frequencies, in the weights?"""
