"""Has it grokked, and when?"""
