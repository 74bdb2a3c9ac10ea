"""What are the logits made of?"""
