"""What each field of a plan means: the text of the command line's options and of Prefect's form alike.

It stands apart from `Plan` because `atelier --help` reads it without importing pydantic and the components.
"""

from __future__ import annotations

PLAN = {
    "source": "Layout of the collection: synthetic (default; Atelier draws it), folder (one folder a class), "
    "best_artworks, painter_by_numbers, pandora or wikiart.",
    "root": "Folder or s3:// address of the collection.",
    "task": "What is learnt: artist, style (default) or genre.",
    "multi_label": "Learn several labels to a work, where the source knows them (best_artworks); each class "
    "gets a probability of its own (study C9).",
    "corrections": "CSV table (path, label) of labels put right by hand; an empty label leaves the work out.",
    "merge": 'Classes to take as one: "A+B=C"; may be given again. A name that holds a plus: in quotes.',
    "classes": 'Labels to keep, as a row of CSV: Cubism,"Pop, Op"; default: all (style on best_artworks: '
    "study B's six).",
    "top": "Keep the N largest classes.",
    "balanced": "Take as many works of each class as the smallest class has.",
    "per_class": "Take so many works of each class.",
    "protocol": "How works are split: 81/9/10 (default), 80/20, pandora-d1, 5-fold:2 (fold 2 of 5), "
    "artists-held-out or artists-held-out:80/20.",
    "seed": "Seed of selection, split and training.",
    "alpha": "Transparent pixels: laid on white (default) or black, or drop (colours as stored; study C1).",
    "borders": "Even padding around pictures: keep (default), or crop, in training and serving alike, so "
    "that it does not tell museums apart.",
    "loss": "cross-entropy (default), focal, class-balanced or class-balanced-focal; the last three weigh "
    "hard or rare classes more (study C9).",
    "top_up": "Draw training works of rare classes again, up to so many a class.",
    "families": "Model families, separated by commas; default: efficientnet_lite2, on the synthetic gallery "
    "simple_cnn, vgg_inception and efficientnet_lite0.",
    "scale": "Size of the recipes: demo (minutes; default for the synthetic gallery), cpu (CPU-sized; "
    "default for other collections) or full (as published).",
    "weights": 'ImageNet weights: "imagenet" (default), a file, s3://bucket/key, or "none": a random start.',
    "ensemble": "Also combine all families into one model by the mean of their answers.",
    "refit": "Train the best family's recipe again, for the epochs that validation works chose: validation "
    "(on training and validation works; test works judge it), all (on every work; not judged: its card has "
    "the figure of the run that it refits, and a cross-validated one) or none (default).",
    "refit_folds": "Folds of the cross-validation that stands beside --refit all; default: 5.",
    "pictures": "Also train the GAN and transfer a style.",
    "style_network": "What sees the pictures of the style transfer: trained-here (default at scale demo) or "
    "vgg16-edges (default otherwise, where its package is installed; takes minutes).",
}
"""By the name of the field of `flows.plan.Plan`."""

STUDY = {
    "rows": 'Rows, separated by commas: "A5" for all lines of a row, "A5c" for one, with those they need; '
    "default: all.",
    "size": "full (as published; default), cpu, or quick (a miniature).",
    "source": "How the collection is laid out; default: as the study's own with a root, synthetic without.",
    "root": "Folder or s3:// address of the collection; without one, the synthetic gallery is drawn.",
    "classes": "Labels to keep, instead of the study's.",
    "top": "Keep the N largest classes, instead of the study's.",
    "per_class": PLAN["per_class"],
    "weights": '"imagenet", "none", files by family (resnet50=FILE,vgg19=FILE), or the stand-in\'s FILE.',
    "stand_in": 'For families without weights: "efficientnet_lite2" or "mobilenet_v2:alpha=1.0".',
    "also_judge_on": "Folder or s3:// address of another collection: each network is judged on it, too.",
    "also_judge_on_source": "How the other collection is laid out; default: folder (one folder a class).",
    "also_judge_on_merge": 'Its classes by the study\'s names: "Still life=Naturmort"; may be given again.',
    "borders": PLAN["borders"],
    "seed": "Seed of split and training.",
    "workers": "Processes that take the trials of its searches (A5, D2, E4).",
}
"""By the name of the field of `flows.study.plan.StudyPlan`."""
