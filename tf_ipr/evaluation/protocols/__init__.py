"""What is counted on embeddings: who is recognised, and how sure that is.

    identification.py    the paper's measure: FRR at FAR 1 %, one gallery, one impostor per probe
    view2.py             LFW View 2, ten folds of pairs
    operating_point.py   thresholds at a FAR, the ROC curve
    intervals.py         draws of whole people, for every interval
    fewest_bytes.py      where a codec reaches another one's FRR, with its interval
    frr_difference.py    how many more people one codec rejects, doubt about thresholds included
"""
