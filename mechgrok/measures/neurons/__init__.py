"""What do neurons and attention do?"""
