"""Groups beyond Z_p"""
