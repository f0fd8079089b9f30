"""What is counted on embeddings: who is recognised, and how sure that is.

    identification.py    the paper's measure: FRR at FAR 1 %, one gallery, one impostor per probe
    comparisons.py       all comparisons of a set, in blocks
    verification.py      FNMR at FMR 1e-3, 1e-4, 1e-5 over all of them, the DET curve
    flips.py             decisions that coding changes
    score_files.py       their scores as files that pyeer reads
    view2.py             LFW View 2, ten folds of pairs
    operating_point.py   thresholds at a FAR, the ROC curve
    intervals.py         draws of whole people, Wilson's interval with dependence
    fewest_bytes.py      where a codec reaches another one's FRR, with its interval
    frr_difference.py    how many more people one codec rejects, doubt about thresholds included
"""
