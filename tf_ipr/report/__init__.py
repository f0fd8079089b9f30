"""The report: results of tf_ipr_evaluate as one HTML file and as figures for papers.

    writing.py           results in, report.html and figures/ out
    results.py           metrics.json read and checked; rows that may stand in one plot
    finding.py           the head of the report: one sentence, one figure
    selection.py         which codecs at which settings are shown as pictures, and which images
    reconstructions.py   those images through those codecs: files, errors, places of the bits
    bit_allocation.py    where in the picture the bits of our streams go
    heat_maps.py         errors and bits as colours
    panels.py            what the plots show, for the page and for papers alike
    tables.py            all figures as text
    page.py              the HTML file; page.html, page.css and page.js are its parts
    paper_figures.py     SVG and PDF
"""
