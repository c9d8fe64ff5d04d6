"""One layer and another setting of it; the same setting said in other words."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import FRAMES, IMAGE, ROW, WORDS, Pairs, net, words

P = Pairs()

SETTINGS: list[tuple[Any, tuple[int, ...], dict[str, Any], list[dict[str, Any]]]] = [
    (L.Conv2D, IMAGE, {"filters": 4, "kernel_size": 3}, [
        {"filters": 5}, {"kernel_size": 5}, {"kernel_size": (3, 1)}, {"strides": 2}, {"padding": "same"},
        {"dilation_rate": 2}, {"use_bias": False}, {"activation": "relu"}, {"kernel_regularizer": "l2"},
        {"bias_regularizer": "l1"}, {"activity_regularizer": "l2"}, {"kernel_constraint": "max_norm"},
    ]),
    (L.Conv1D, WORDS, {"filters": 4, "kernel_size": 3}, [{"padding": "causal"}, {"strides": 2}, {"dilation_rate": 2}]),
    (L.Conv2DTranspose, IMAGE, {"filters": 4, "kernel_size": 3, "strides": 2}, [
        {"strides": 1}, {"padding": "same"}, {"output_padding": 1}, {"kernel_size": 4},
    ]),
    (L.DepthwiseConv2D, IMAGE, {"kernel_size": 3}, [{"depth_multiplier": 2}, {"padding": "same"}, {"use_bias": False}]),
    (L.SeparableConv2D, IMAGE, {"filters": 4, "kernel_size": 3}, [{"depth_multiplier": 2}, {"strides": 2}]),
    (L.Dense, ROW, {"units": 4}, [
        {"units": 5}, {"use_bias": False}, {"activation": "gelu"}, {"kernel_regularizer": keras.regularizers.L2(0.1)},
        {"kernel_regularizer": keras.regularizers.L1(0.1)}, {"kernel_constraint": "non_neg"},
        {"kernel_regularizer": keras.regularizers.OrthogonalRegularizer()},
    ]),
    (L.BatchNormalization, IMAGE, {}, [
        {"axis": 1}, {"momentum": 0.9}, {"epsilon": 1e-5}, {"center": False}, {"scale": False},
    ]),
    (L.LayerNormalization, WORDS, {}, [{"axis": 1}, {"axis": [1, 2]}, {"epsilon": 1e-5}, {"center": False}]),
    (L.GroupNormalization, (8, 8, 4), {"groups": 2}, [{"groups": 4}, {"epsilon": 0.1}, {"axis": 1}]),
    (L.UnitNormalization, WORDS, {}, [{"axis": 1}]),
    (L.LSTM, WORDS, {"units": 3}, [
        {"units": 4}, {"return_sequences": True}, {"go_backwards": True}, {"dropout": 0.2}, {"recurrent_dropout": 0.2},
        {"activation": "relu"}, {"recurrent_activation": "hard_sigmoid"}, {"use_bias": False},
    ]),
    (L.GRU, WORDS, {"units": 3}, [{"reset_after": False}, {"dropout": 0.1}, {"return_sequences": True}]),
    (L.SimpleRNN, WORDS, {"units": 3}, [{"activation": "relu"}, {"go_backwards": True}]),
    (L.MultiHeadAttention, WORDS, {"num_heads": 2, "key_dim": 4}, [
        {"num_heads": 4}, {"key_dim": 2}, {"value_dim": 3}, {"dropout": 0.1}, {"use_bias": False}, {"output_shape": 3},
    ]),
    (L.MaxPooling2D, IMAGE, {}, [{"pool_size": 3}, {"strides": 1}, {"padding": "same", "pool_size": 3}]),
    (L.AveragePooling1D, WORDS, {"pool_size": 2}, [{"pool_size": 3}, {"strides": 1}]),
    (L.UpSampling2D, IMAGE, {}, [{"size": 3}, {"size": (2, 1)}, {"interpolation": "bilinear"}]),
    (L.ZeroPadding2D, IMAGE, {"padding": 1}, [{"padding": 2}, {"padding": (1, 0)}, {"padding": ((1, 0), (0, 1))}]),
    (L.Cropping2D, IMAGE, {"cropping": 1}, [{"cropping": 2}, {"cropping": ((1, 0), (0, 1))}]),
    (L.Dropout, WORDS, {"rate": 0.3}, [{"rate": 0.5}, {"noise_shape": (None, 1, 5)}, {"noise_shape": (None, 7, 1)}]),
    (L.LeakyReLU, ROW, {}, [{"negative_slope": 0.1}]),
    (L.ReLU, ROW, {}, [{"max_value": 6}, {"threshold": 1.0}, {"negative_slope": 0.1}]),
    (L.ELU, ROW, {}, [{"alpha": 0.5}]),
    (L.Softmax, WORDS, {}, [{"axis": 1}]),
    (L.PReLU, IMAGE, {}, [{"shared_axes": [1, 2]}]),
    (L.Rescaling, IMAGE, {"scale": 0.5}, [{"scale": 0.25}, {"offset": 1.0}, {"scale": [0.5, 0.25, 0.5]}]),
    (L.Permute, (2, 3, 4), {"dims": (2, 1, 3)}, [{"dims": (1, 3, 2)}, {"dims": (3, 2, 1)}]),
    (L.RepeatVector, ROW, {"n": 2}, [{"n": 3}]),
    (L.GaussianNoise, ROW, {"stddev": 0.1}, [{"stddev": 0.2}]),
    (L.RandomFlip, IMAGE, {"mode": "horizontal"}, [{"mode": "vertical"}]),
    (L.RandomZoom, IMAGE, {"height_factor": 0.1}, [{"height_factor": 0.2}, {"fill_mode": "nearest"}]),
    (L.Conv3D, FRAMES, {"filters": 2, "kernel_size": (1, 3, 3)}, [{"kernel_size": (2, 3, 3)}, {"padding": "same"}]),
    (L.ConvLSTM2D, FRAMES, {"filters": 2, "kernel_size": 3}, [{"return_sequences": True}, {"padding": "same"}]),
]  # fmt: skip
"""A layer, the shape of an example, its settings, and others of each of which it differs."""


def made(cls: Any, shape: tuple[int, ...], settings: dict[str, Any]) -> Any:
    attends = cls is L.MultiHeadAttention
    return net(lambda x: cls(**settings)(x, x) if attends else cls(**settings)(x), shape)


for cls, shape, settings, others in SETTINGS:
    for other in others:
        said = ", ".join(f"{key}={getattr(value, '__dict__', value)}" for key, value in other.items())
        P.differ(f"{cls.__name__}: {said}", made(cls, shape, settings), made(cls, shape, {**settings, **other}))


def lam(function: Any) -> Any:
    return L.Lambda(function)


EQUAL: dict[str, tuple[Any, Any, tuple[int, ...]]] = {
    "a size along each axis": (L.Conv2D(4, (3, 3), (2, 2)), L.Conv2D(4, 3, strides=2), IMAGE),
    "same where nothing is padded": (L.Conv2D(4, 1, padding="same"), L.Conv2D(4, 1), IMAGE),
    "the default stride of a pooling": (L.MaxPooling2D(3, strides=3), L.MaxPooling2D((3, 3)), IMAGE),
    "an axis from the end": (L.BatchNormalization(axis=3), L.BatchNormalization(), IMAGE),
    "a norm over a list of one axis": (L.LayerNormalization(axis=[-1]), L.LayerNormalization(axis=2), WORDS),
    "a penalty of no weight": (L.Dense(4, kernel_regularizer=keras.regularizers.L2(0.0)), L.Dense(4), ROW),
    "a penalty by its name": (L.Dense(4, kernel_regularizer="l1"), L.Dense(4, kernel_regularizer="L1"), ROW),
    "initial values": (L.Dense(4, kernel_initializer="zeros", bias_initializer="ones"), L.Dense(4), ROW),
    "a ReLU that stops": (L.ReLU(max_value=6.0), L.Activation("relu6"), ROW),
    "a slope of none": (L.LeakyReLU(negative_slope=0.0), L.ReLU(), ROW),
    "nothing dropped": (L.Dropout(0.0), L.Identity(), ROW),
    "noise of none": (L.GaussianNoise(0.0), L.Activation("linear"), ROW),
    "a border by sides": (L.ZeroPadding2D(((1, 1), (1, 1))), L.ZeroPadding2D(1), IMAGE),
    "a border by pad": (L.ZeroPadding2D((2, 1)), lam(lambda x: tf.pad(x, [[0, 0], [2, 2], [1, 1], [0, 0]])), IMAGE),
    "a crop by a slice": (L.Cropping2D(((1, 2), (3, 1))), lam(lambda x: x[:, 1:-2, 3:-1]), IMAGE),
    "a crop of a sequence": (L.Cropping1D((1, 2)), lam(lambda x: x[:, 1:-2]), WORDS),
    "a permutation": (L.Permute((2, 1)), lam(lambda x: tf.transpose(x, [0, 2, 1])), WORDS),
    "a permutation by einsum": (L.Permute((2, 1)), lam(lambda x: ops.einsum("btd->bdt", x)), WORDS),
    "a shape with one size open": (L.Reshape((-1, 4)), L.Reshape((48, 4)), IMAGE),
    "a clip": (lam(lambda x: tf.clip_by_value(x, 0.0, 1.0)), L.ReLU(max_value=1.0), ROW),
    "a mean of squares": (lam(lambda x: tf.reduce_mean(x * x, -1)), lam(lambda x: ops.mean(x**2, axis=-1)), WORDS),
    "a norm of rows": (
        lam(lambda x: tf.norm(x, axis=-1)),
        lam(lambda x: ops.sqrt(ops.sum(ops.square(x), axis=-1))),
        WORDS,
    ),
    "standardized": (
        lam(lambda x: (x - tf.reduce_mean(x, 1, keepdims=True)) / tf.math.reduce_std(x, 1, keepdims=True)),
        lam(lambda x: (x - ops.mean(x, 1, keepdims=True)) / ops.sqrt(ops.var(x, 1, keepdims=True))),
        WORDS,
    ),
    "a hard swish": (lam(lambda x: x * tf.nn.relu6(x + 3.0) / 6.0), L.Activation("hard_silu"), ROW),
    "a hard sigmoid": (lam(lambda x: ops.relu6(x + 3) / 6), L.Activation("hard_sigmoid"), ROW),
    "a tanh of exponentials": (
        lam(lambda x: (tf.exp(x) - tf.exp(-x)) / (tf.exp(x) + tf.exp(-x))),
        L.Activation("tanh"),
        ROW,
    ),
    "a sigmoid of an exponential": (lam(lambda x: tf.exp(x) / (1 + tf.exp(x))), L.Activation("sigmoid"), ROW),
    "a softsign": (lam(lambda x: x / (1 + tf.abs(x))), L.Activation("softsign"), ROW),
    "half of a sum with its size": (lam(lambda x: 0.5 * (x + ops.abs(x))), L.ReLU(), ROW),
    "a softplus by log1p": (lam(lambda x: tf.math.log1p(tf.exp(x))), L.Activation("softplus"), ROW),
    "an ELU by expm1": (lam(lambda x: tf.where(x < 0, tf.math.expm1(x), x)), L.Activation("elu"), ROW),
    "a logarithm of a softmax": (lam(lambda x: ops.log(ops.softmax(x))), L.Activation("log_softmax"), ROW),
    "a logarithm of a sum": (
        lam(lambda x: x - tf.reduce_logsumexp(x, axis=-1, keepdims=True)),
        L.Activation("log_softmax"),
        ROW,
    ),
    "places repeated": (L.UpSampling1D(2), lam(lambda x: tf.repeat(x, 2, axis=1)), WORDS),
    "a mean in two steps": (L.GlobalAveragePooling3D(), lam(lambda x: tf.reduce_mean(x, [1, 2, 3])), FRAMES),
    "the last state": (L.GRU(3), lambda x: L.GRU(3, return_sequences=True)(x)[:, -1], WORDS),
    "the first place squeezed": (lambda x: x[:, 0], lambda x: ops.squeeze(x[:, :1], 1), WORDS),
    "a stack of one's own": (
        lambda x: ops.stack([x, 2 * x], axis=1),
        lambda x: ops.concatenate([x[:, None], (x + x)[:, None]], axis=1),
        ROW,
    ),
    "powers": (lambda x: x * x * x, lambda x: x**3, ROW),
    "a constant of an array": (
        lambda x: x * np.array([1.0, 2.0, 3.0], "float32"),
        L.Rescaling([1.0, 2.0, 3.0]),
        IMAGE,
    ),
}
"""Layers or functions that are one, and the shape of an example."""


def applied(what: Any, shape: tuple[int, ...]) -> Any:
    def run(x: Any) -> Any:
        return what.__class__.from_config(what.get_config())(x) if type(what).__name__ != "Lambda" else what(x)

    return net(run if isinstance(what, L.Layer) else what, shape)


for name, (one, other, shape) in EQUAL.items():
    P.same(name, applied(one, shape), applied(other, shape))

P.differ("mask_zero", words(lambda x: L.LSTM(3)(L.Embedding(9, 4)(x)), (7,)),
         words(lambda x: L.LSTM(3)(L.Embedding(9, 4, mask_zero=True)(x)), (7,)))  # fmt: skip
P.differ("a mean that heeds the mask",
         words(lambda x: L.GlobalAveragePooling1D()(L.Embedding(9, 4, mask_zero=True)(x)), (7,)),
         words(lambda x: ops.mean(L.Embedding(9, 4, mask_zero=True)(x), axis=1), (7,)))  # fmt: skip
P.differ("attention that heeds the mask",
         words(lambda x: (lambda e: L.Attention()([e, e]))(L.Embedding(9, 4, mask_zero=True)(x)), (7,)),
         words(lambda x: (lambda e: ops.softmax(e @ ops.transpose(e, (0, 2, 1))) @ e)(
             L.Embedding(9, 4, mask_zero=True)(x)), (7,)))  # fmt: skip
