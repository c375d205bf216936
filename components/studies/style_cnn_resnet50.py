"""Study B, `style-cnn-resnet50` (Picar 2021): which movement, on Best Artworks of All Time relabelled.

The data selection stands here; its rows and published figures join it with the study runner.
"""

MOVEMENTS = (
    "Abstract Expressionism",
    "Byzantine Art",
    "Cubism",
    "Expressionism",
    "Impressionism",
    "Pop Art",
)
"""Row B1: the six movements kept, by artists with one movement alone."""

PROTOCOL = "81/9/10"
"""Row B1: training, validation and an independent test set."""
