"""PyTorch networks of random weights with norms as training leaves them."""


def with_trained_norms(module):
    """An `nn.Module` in evaluation mode, lest a mistake in folding its norms stay unseen."""
    import torch  # pylint: disable=import-outside-toplevel

    nn = torch.nn
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm2d, nn.BatchNorm1d)):
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.5, 2)
            if part.affine:
                nn.init.uniform_(part.weight, 0.5, 1.5)
                nn.init.normal_(part.bias, 0, 0.2)
        if isinstance(part, nn.PReLU):
            nn.init.uniform_(part.weight, -0.5, 1.2)
    return module.eval()
