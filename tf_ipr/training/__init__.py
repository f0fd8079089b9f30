"""Training.

    step.py          one step: draw qualities, loss, gradients, averages
    schedule.py      learning rate; how λ follows a target rate
    validation.py    coded rate and PSNR of held-out images
    checkpoints.py   a run on disk, resume
    loop.py          all of it, with progress and TensorBoard
"""
