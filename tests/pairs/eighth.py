"""Images at each place of time by a third dimension, rows as images of one column, rows by windows of one place: an
eighth round, with its mistakes."""

# The code here is students' own, as they write it: no types, no docstrings.

from __future__ import annotations

import tensorflow as tf
from keras import Sequential, ops
from keras import layers as L  # noqa: N812

from pairs import FRAMES, IMAGE, ROW, Pairs, net

P = Pairs()
T = L.TimeDistributed
SERIES = (12, 5)


def same(name, one, other, shape):
    P.same(name, net(one, shape), net(other, shape))


def differ(name, one, other, shape):
    P.differ(name, net(one, shape), net(other, shape))


def predicted(x):
    return L.Dense(2)(L.Flatten()(x))


# 1 windows of one frame
for what, deep, timed in (
    ("convolution", L.Conv3D(4, (1, 3, 3), padding="same", activation="relu"),
     T(L.Conv2D(4, 3, padding="same", activation="relu"))),
    ("convolution that moves", L.Conv3D(4, (1, 3, 3), strides=(1, 2, 2)), T(L.Conv2D(4, 3, strides=2))),
    ("transposed convolution", L.Conv3DTranspose(3, (1, 3, 3), strides=(1, 2, 2), padding="same"),
     T(L.Conv2DTranspose(3, 3, strides=2, padding="same"))),
    ("maximum", L.MaxPooling3D((1, 2, 2)), T(L.MaxPooling2D())),
    ("mean", L.AveragePooling3D((1, 2, 2)), T(L.AveragePooling2D(2))),
    ("border", L.ZeroPadding3D((0, 1, 1)), T(L.ZeroPadding2D(1))),
    ("cropping", L.Cropping3D((0, 1, 1)), T(L.Cropping2D(1))),
    ("upsampling", L.UpSampling3D((1, 2, 2)), T(L.UpSampling2D(2))),
    ("point", L.Conv3D(4, 1), T(L.Conv2D(4, 1))),
    ("point as a dense layer", T(L.Conv2D(4, 1)), L.Dense(4)),
    ("frame in a frame", T(T(L.Conv1D(4, 3))), L.Conv3D(4, (1, 1, 3))),
    ("norm", T(L.RMSNormalization()), L.RMSNormalization()),
):  # fmt: skip
    same(f"frames, {what}", lambda x, one=deep: one(x), lambda x, one=timed: one(x), FRAMES)

for what, wide, timed in (
    ("convolution", L.Conv2D(4, (1, 3)), T(L.Conv1D(4, 3))),
    ("convolution that moves", L.Conv2D(4, (1, 3), padding="same", strides=(1, 2)),
     T(L.Conv1D(4, 3, padding="same", strides=2))),
    ("maximum", L.MaxPooling2D((1, 2)), T(L.MaxPooling1D())),
    ("upsampling", L.UpSampling2D((1, 2)), T(L.UpSampling1D(2))),
):  # fmt: skip
    same(f"rows of an image, {what}", lambda x, one=wide: one(x), lambda x, one=timed: one(x), IMAGE)


def bordered(x):
    return L.Conv3D(4, (1, 3, 3))(L.ZeroPadding3D((0, 1, 1))(x))


same("frames, border by hand", bordered, lambda x: T(L.Conv2D(4, 3, padding="same"))(x), FRAMES)
same("frames, mean of each", lambda x: T(L.GlobalAveragePooling2D())(x), lambda x: ops.mean(x, (2, 3)), FRAMES)
same("frames, maximum of each", lambda x: T(L.GlobalMaxPooling2D())(x), lambda x: ops.max(x, (2, 3)), FRAMES)


def encoder(x, last=3):
    convolve = [L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(), L.Conv2D(4, last), L.GlobalAveragePooling2D()]
    return L.GRU(3)(T(Sequential(convolve))(x))


def deep_encoder(x):
    y = L.MaxPooling3D((1, 2, 2))(L.Conv3D(4, (1, 3, 3), activation="relu")(x))
    return L.GRU(3)(ops.mean(L.Conv3D(4, (1, 3, 3))(y), axis=(2, 3)))


same("frames, a whole encoder", encoder, deep_encoder, FRAMES)
for what, deep in {
    "two frames": L.Conv3D(4, (2, 3, 3), padding="same"),
    "a larger window": L.Conv3D(4, (1, 5, 5), padding="same"),
    "a window of rows": L.Conv3D(4, (1, 3, 1), padding="same"),
    "an activation": L.Conv3D(4, (1, 3, 3), padding="same", activation="relu"),
    "more filters": L.Conv3D(5, (1, 3, 3), padding="same"),
}.items():
    differ(f"frames, convolution: {what}", lambda x, one=deep: one(x),
           lambda x: T(L.Conv2D(4, 3, padding="same"))(x), FRAMES)  # fmt: skip
for what, deep in {
    "frames skipped": L.Conv3D(4, (1, 3, 3), strides=(2, 1, 1)),
    "no border": L.Conv3D(4, (1, 3, 3), padding="same"),
    "spread": L.Conv3D(4, (1, 3, 3), dilation_rate=(1, 2, 2)),
}.items():
    differ(f"frames, one by one: {what}", lambda x, one=deep: L.GlobalMaxPooling3D()(one(x)),
           lambda x: L.GlobalMaxPooling3D()(T(L.Conv2D(4, 3))(x)), FRAMES)  # fmt: skip
differ("frames, maximum: mean", lambda x: L.AveragePooling3D((1, 2, 2))(x), lambda x: T(L.MaxPooling2D())(x), FRAMES)
differ(
    "frames, mean of each: of all", lambda x: ops.mean(x, (1, 2)), lambda x: T(L.GlobalAveragePooling2D())(x), FRAMES
)
differ("frames, a whole encoder: a pixel", lambda x: encoder(x, 1), deep_encoder, FRAMES)
differ("frames, normalized each by itself in training", lambda x: T(L.BatchNormalization())(x),
       lambda x: L.BatchNormalization()(x), IMAGE)  # fmt: skip
differ("frames, dropped each by itself", lambda x: T(L.SpatialDropout2D(0.2))(x),
       lambda x: L.SpatialDropout3D(0.2)(x), FRAMES)  # fmt: skip


# 2 a row as an image of one column, or of one line
def as_image(*layers, line=False):
    def f(x):
        gone = 0 if line else 1
        y = L.Reshape((1, *SERIES) if line else (SERIES[0], 1, SERIES[1]))(x)
        for one in layers:
            y = one(y)
        return L.Reshape(tuple(size for place, size in enumerate(y.shape[1:]) if place != gone))(y)

    return f


for what, wide, plain in (
    ("convolution", [L.Conv2D(4, (3, 1), padding="same", activation="relu")],
     L.Conv1D(4, 3, padding="same", activation="relu")),
    ("convolution that moves", [L.Conv2D(4, (3, 1), strides=2, padding="same")],
     L.Conv1D(4, 3, strides=2, padding="same")),
    ("convolution that is spread", [L.Conv2D(4, (3, 1), dilation_rate=2)], L.Conv1D(4, 3, dilation_rate=2)),
    ("convolution of the past", [L.ZeroPadding2D(((2, 0), (0, 0))), L.Conv2D(4, (3, 1))],
     L.Conv1D(4, 3, padding="causal")),
    ("maximum", [L.MaxPooling2D((2, 1))], L.MaxPooling1D()),
    ("mean", [L.AveragePooling2D((5, 1), padding="same")], L.AveragePooling1D(5, padding="same")),
    ("border", [L.ZeroPadding2D(((1, 2), (0, 0)))], L.ZeroPadding1D((1, 2))),
    ("cropping", [L.Cropping2D(((1, 2), (0, 0)))], L.Cropping1D((1, 2))),
    ("upsampling", [L.UpSampling2D((2, 1))], L.UpSampling1D(2)),
    ("transposed convolution", [L.Conv2DTranspose(4, (3, 1), strides=(2, 1), padding="same")],
     L.Conv1DTranspose(4, 3, strides=2, padding="same")),
    ("depthwise convolution", [L.DepthwiseConv2D((3, 1), padding="same")], L.DepthwiseConv1D(3, padding="same")),
    ("separable convolution", [L.SeparableConv2D(4, (3, 1), padding="same")], L.SeparableConv1D(4, 3, padding="same")),
    ("separable convolution by its halves", [L.DepthwiseConv2D((3, 1), use_bias=False), L.Conv2D(4, 1)],
     L.SeparableConv1D(4, 3)),
    ("batch norm", [L.BatchNormalization()], L.BatchNormalization()),
    ("channels dropped", [L.SpatialDropout2D(0.2)], L.SpatialDropout1D(0.2)),
    ("point", [L.Conv2D(4, 1)], L.Dense(4)),
):  # fmt: skip
    same(f"row as a column, {what}", as_image(*wide), lambda x, one=plain: one(x), SERIES)

same("row as a line", as_image(L.Conv2D(4, (1, 3)), line=True), lambda x: L.Conv1D(4, 3)(x), SERIES)
same("row as a line, by new axes", lambda x: ops.squeeze(L.Conv2D(4, (1, 3))(ops.expand_dims(x, 1)), 1),
     lambda x: L.Conv1D(4, 3)(x), SERIES)  # fmt: skip
same("row as a column, by TensorFlow", lambda x: L.Lambda(lambda t: tf.squeeze(t, [2]))(
     L.Conv2D(4, (3, 1))(L.Lambda(lambda t: t[:, :, tf.newaxis])(x))), lambda x: L.Conv1D(4, 3)(x), SERIES)  # fmt: skip


def tall(x, window=(3, 1), pooling=L.GlobalAveragePooling2D):
    y = L.BatchNormalization()(L.Conv2D(4, window, activation="relu", padding="same")(L.Reshape((12, 1, 5))(x)))
    return L.Dense(2)(pooling()(L.Conv2D(4, (3, 1))(L.MaxPooling2D((2, 1))(y))))


def long(x):
    y = L.BatchNormalization()(L.Conv1D(4, 3, activation="relu", padding="same")(x))
    return L.Dense(2)(L.GlobalAveragePooling1D()(L.Conv1D(4, 3)(L.MaxPooling1D()(y))))


same("row as a column, a whole network", tall, long, SERIES)
same("an image as one frame", lambda x: L.Reshape((8, 8, 4))(L.Conv3D(4, (1, 3, 3), padding="same")(
     L.Reshape((1, 8, 8, 3))(x))), lambda x: L.Conv2D(4, 3, padding="same")(x), IMAGE)  # fmt: skip
for what, wrong in {
    "a line": as_image(L.Conv2D(4, (1, 3), padding="same")),
    "a square window": as_image(L.Conv2D(4, 3, padding="same")),
    "a border before": as_image(L.ZeroPadding2D(((2, 0), (0, 0))), L.Conv2D(4, (3, 1))),
    "spread": as_image(L.Conv2D(4, (3, 1), padding="same", dilation_rate=3)),
    "in groups": as_image(L.Conv2D(5, (3, 1), padding="same", groups=5)),
    "channels as columns": lambda x: L.Reshape((12, 20))(L.Conv2D(4, (3, 1), padding="same")(L.Reshape((12, 5, 1))(x))),
}.items():
    differ(f"row as a column, convolution: {what}", wrong, lambda x: L.Conv1D(4, 3, padding="same")(x), SERIES)
differ("row as a column, maximum: mean", as_image(L.AveragePooling2D((2, 1))), lambda x: L.MaxPooling1D()(x), SERIES)
differ("row as a column: two columns", lambda x: L.Conv2D(4, (3, 1), padding="same")(L.Reshape((6, 2, 5))(x)),
       lambda x: L.Reshape((6, 2, 4))(L.Conv1D(4, 3, padding="same")(x)), SERIES)  # fmt: skip
differ("row as a column, a whole network: a square window", lambda x: tall(x, (3, 3)), long, SERIES)
differ("row as a column, a whole network: maximum", lambda x: tall(x, pooling=L.GlobalMaxPooling2D), long, SERIES)
differ("row as a column, batch norm: over another axis", as_image(L.BatchNormalization(axis=1)),
       lambda x: L.BatchNormalization()(x), SERIES)  # fmt: skip

# 3 windows of one place, and dense layers
same("a row of points", lambda x: L.Conv1D(4, 1, activation="relu")(x), lambda x: L.Dense(4, "relu")(x), SERIES)
same("an image of points", lambda x: L.Conv2D(4, 1, use_bias=False)(x), lambda x: L.Dense(4, use_bias=False)(x), IMAGE)
same("a vector as a pixel", lambda x: L.Flatten()(L.Conv2D(4, 1)(L.Reshape((1, 1, 6))(x))), lambda x: L.Dense(4)(x),
     ROW)  # fmt: skip
same("a vector as a place", lambda x: L.Flatten()(L.Conv1D(4, 1)(L.Reshape((1, 6))(x))), lambda x: L.Dense(4)(x), ROW)
same("a mean over one place", lambda x: L.GlobalAveragePooling2D()(L.Conv2D(4, 8)(x)),
     lambda x: L.Flatten()(L.Conv2D(4, 8)(x)), IMAGE)  # fmt: skip


def bottleneck(x, window=1, act="relu", by=L.Conv2D):
    narrow = by(2, 1, activation=act)(x) if by is L.Conv2D else L.Dense(2, act)(x)
    return L.Conv2D(4, 3, padding="same")(L.Conv2D(3, window, padding="same")(narrow))


same("a bottleneck", bottleneck, lambda x: bottleneck(x, by=L.Dense), IMAGE)
for what, wrong in {"a larger window": {"window": 3}, "another activation": {"act": "tanh"}}.items():
    differ(f"a bottleneck: {what}", lambda x, said=wrong: bottleneck(x, **said),
           lambda x: bottleneck(x, by=L.Dense), IMAGE)  # fmt: skip
differ("an image of points: every other", lambda x: L.GlobalMaxPooling2D()(L.Conv2D(4, 1, strides=2)(x)),
       lambda x: L.GlobalMaxPooling2D()(L.Dense(4)(x)), IMAGE)  # fmt: skip
differ("an image of points: in groups", lambda x: L.Conv2D(3, 1, groups=3)(x), lambda x: L.Dense(3)(x), IMAGE)
differ("an image of points: a penalty", lambda x: L.Conv2D(4, 1, kernel_regularizer="l2")(x),
       lambda x: L.Dense(4)(x), IMAGE)  # fmt: skip

# 4 pooling by a mean over windows that were cut out
P.alike("windows cut out, mean", net(lambda x: ops.mean(L.Reshape((6, 2, 5))(x), 2), SERIES),
        net(lambda x: L.AveragePooling1D(2)(x), SERIES),
        {"of those far apart": net(lambda x: ops.mean(L.Reshape((2, 6, 5))(x), 1), SERIES)})  # fmt: skip
P.alike("windows cut out, maximum", net(lambda x: ops.max(ops.reshape(x, (-1, 4, 2, 4, 2, 3)), (2, 4)), IMAGE),
        net(lambda x: L.MaxPooling2D()(x), IMAGE),
        {"of rows": net(lambda x: ops.max(ops.reshape(x, (-1, 4, 2, 4, 2, 3)), (1, 4)), IMAGE)})  # fmt: skip
