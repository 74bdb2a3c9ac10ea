"""Loss and accuracy of the weights during training."""
