"""Does it need what it was found to use?"""
