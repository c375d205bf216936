"""Boosted trees as a layer: node arrays of all trees, walked at once, in any backend and in OpenVINO."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int32]
Real = NDArray[np.float32]

_NODES = ("feature", "threshold", "left", "right", "value")


@dataclass(frozen=True, eq=False)
class Trees:
    """Regression trees whose leaves add up to the logits of C classes (Friedman 2001).

    The nodes of all T trees stand one behind another, M in all. At a split, a feature below the threshold
    leads left. A leaf is its own left and right, so that a walk may be longer than its way.

    Attributes:
        feature: (M,) which feature a split looks at; 0 at a leaf.
        threshold: (M,) of a split; 0 at a leaf.
        left: (M,) places of nodes; so right.
        value: (M,) of a leaf; 0 at a split.
        root: (T,) where each tree begins.
        number: (T,) the class each tree speaks for.
        base: (C,) logits before any tree.
        depth: splits on the longest way from a root to a leaf.
        features: how many there are, D.
    """

    feature: Whole
    threshold: Real
    left: Whole
    right: Whole
    value: Real
    root: Whole
    number: Whole
    base: Real
    depth: int
    features: int

    @classmethod
    def read(cls, model: Mapping[str, Any]) -> Trees:
        """From XGBoost's JSON (`Booster.save_raw("json")`), a "multi:softprob" model of numbers alone."""
        learner = model["learner"]
        about, grown = learner["learner_model_param"], learner["gradient_booster"]["model"]
        nodes: dict[str, list[np.ndarray]] = {name: [] for name in _NODES}
        roots, depth = [], 0
        for tree in grown["trees"]:
            roots.append(sum(map(len, nodes["left"])))
            left, right = np.array(tree["left_children"]), np.array(tree["right_children"])
            leaf, own = left < 0, np.arange(len(left))
            conditions = np.array(tree["split_conditions"], np.float32)  # at a leaf: its value
            nodes["feature"].append(np.where(leaf, 0, tree["split_indices"]))
            nodes["threshold"].append(np.where(leaf, np.float32(0), conditions))
            nodes["left"].append(np.where(leaf, own, left) + roots[-1])
            nodes["right"].append(np.where(leaf, own, right) + roots[-1])
            nodes["value"].append(np.where(leaf, conditions, np.float32(0)))
            depth = max(depth, _depth(left, right))
        joined = {name: np.concatenate(parts) for name, parts in nodes.items()}
        return cls(
            feature=joined["feature"].astype(np.int32),
            threshold=joined["threshold"],
            left=joined["left"].astype(np.int32),
            right=joined["right"].astype(np.int32),
            value=joined["value"],
            root=np.array(roots, np.int32),
            number=np.array(grown["tree_info"], np.int32),
            base=np.array([float(one) for one in about["base_score"].strip("[]").split(",")], np.float32),
            depth=depth,
            features=int(about["num_feature"]),
        )

    def between(self, seen: NDArray[np.floating]) -> Trees:
        """The same trees, each threshold midway to the next lower value seen.

        XGBoost's thresholds are values of training works, which so stand on the very edge: another engine's
        rounding would send them the other way. What was seen, (N, D), is answered as before.
        """
        threshold = self.threshold.copy()
        splits = self.left != np.arange(len(self.left))
        for feature in np.unique(self.feature[splits]):
            places = np.flatnonzero(splits & (self.feature == feature))
            values = np.unique(np.asarray(seen[:, feature], np.float32))
            below = np.searchsorted(values, threshold[places]) - 1  # the largest value below the threshold
            lower = np.where(below >= 0, values[np.maximum(below, 0)], threshold[places])
            middle = lower + (threshold[places] - lower) / 2
            threshold[places] = np.where(middle > lower, middle, threshold[places])
        return replace(self, threshold=threshold)

    def layer(self, name: str) -> TreeEnsemble:
        """(B, D) -> probabilities (B, C)."""
        made = TreeEnsemble(
            len(self.root), len(self.feature), len(self.base), self.depth, dtype="float32", name=name
        )
        made.build((None, self.features))
        speaks = np.zeros((len(self.root), len(self.base)), np.float32)
        speaks[np.arange(len(self.root)), self.number] = 1
        made.set_weights([*(getattr(self, name) for name in _NODES), self.root, speaks, self.base])
        return made


@keras.saving.register_keras_serializable(package="atelier")
class TreeEnsemble(keras.layers.Layer):  # type: ignore[misc]
    """`Trees` on features: (B, D) -> (B, classes), each row sums to one.

    All trees are walked at once, one level a step. Its weights are never trained. A feature that is not a
    number leads right.

    Args:
        trees: T.
        nodes: of all trees, M.
        classes: C.
        depth: steps of the walk.
    """

    def __init__(self, trees: int, nodes: int, classes: int, depth: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trees, self.nodes, self.classes, self.depth = trees, nodes, classes, depth

    def build(self, input_shape: tuple[int | None, ...]) -> None:  # noqa: ARG002 (its nodes know)
        """Make room for the nodes, in the order of `Trees.layer`."""
        for name in _NODES:
            kind = "float32" if name in {"threshold", "value"} else "int32"
            setattr(self, name, self._kept(name, (self.nodes,), kind))
        self.root = self._kept("root", (self.trees,), "int32")
        self.speaks = self._kept("speaks", (self.trees, self.classes), "float32")
        self.base = self._kept("base", (self.classes,), "float32")

    def call(self, inputs: Any) -> Any:
        """(B, D) -> (B, classes)."""
        ops = keras.ops
        # A column a tree, all at its root; the zeros give it the batch's length.
        place = self.root[None, :] + ops.cast(ops.zeros_like(inputs[:, :1]), "int32")
        for _ in range(self.depth):
            looked = ops.take_along_axis(inputs, ops.take(self.feature, place), axis=1)
            left = ops.less(looked, ops.take(self.threshold, place))
            place = ops.where(left, ops.take(self.left, place), ops.take(self.right, place))
        logits = ops.matmul(ops.take(self.value, place), self.speaks) + self.base
        return ops.softmax(logits, axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, D) -> (B, classes)."""
        return (input_shape[0], self.classes)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        own = {"trees": self.trees, "nodes": self.nodes, "classes": self.classes, "depth": self.depth}
        return {**super().get_config(), **own}

    def _kept(self, name: str, shape: tuple[int, ...], kind: str) -> Any:
        return self.add_weight(shape=shape, initializer="zeros", dtype=kind, trainable=False, name=name)


def _depth(left: NDArray[np.int_], right: NDArray[np.int_]) -> int:
    """Splits on the longest way down; a leaf's children are negative."""
    level, depth = np.array([0]), 0
    while len(level := level[left[level] >= 0]):
        level, depth = np.concatenate([left[level], right[level]]), depth + 1
    return depth
