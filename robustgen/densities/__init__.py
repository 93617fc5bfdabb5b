"""Models of a clean reference sample that need no training: how far is a row from it?"""
