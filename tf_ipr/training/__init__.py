"""Training.

    data.py           what a run trains on and is validated on
    identity_data.py  landmarks, embeddings and the loss of IP and IPR
    step.py           one step: draw qualities, loss, gradients, averages
    schedule.py       learning rate; how λ follows a target rate
    validation.py     coded rate and PSNR of held-out images
    warm_start.py     starting from a trained model
    checkpoints.py    a run on disk, resume
    loop.py           all of it, with progress and TensorBoard
"""
