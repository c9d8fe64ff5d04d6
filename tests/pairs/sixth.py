"""Segmentation, mobile blocks, siamese networks, tied weights, masks and patches: a sixth round, with its mistakes."""

# The code here is students' own, as they write it: no types, no docstrings.
# ruff: noqa: E731

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers as L  # noqa: N812
from keras import ops

from pairs import IMAGE, ROW, WORDS, KerasLayer, KerasModel, Pairs, conv, layer, model, net, words

P = Pairs()


# 1 U-Net of one's own blocks
class Double(KerasLayer):
    def __init__(self, n):
        super().__init__()
        self.steps = [conv(n, 3), L.BatchNormalization(), L.ReLU(), conv(n, 3), L.BatchNormalization(), L.ReLU()]

    def call(self, x):
        for s in self.steps:
            x = s(x)
        return x


class UNet(KerasModel):
    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.mid, self.up2, self.up1 = Double(4), Double(6), Double(8), Double(6), Double(4)
        self.pool, self.t2, self.t1 = L.MaxPooling2D(), L.Conv2DTranspose(6, 2, 2), L.Conv2DTranspose(4, 2, 2)
        self.out = L.Conv2D(1, 1, activation="sigmoid")

    def call(self, x):
        a = self.down1(x)
        b = self.down2(self.pool(a))
        y = self.mid(self.pool(b))
        y = self.up2(tf.concat([self.t2(y), b], axis=-1))
        y = self.up1(tf.concat([self.t1(y), a], axis=-1))
        return self.out(y)


def double(x, n, last=True):
    x = L.Activation("relu")(L.BatchNormalization()(conv(n, 3)(x)))
    x = L.BatchNormalization()(conv(n, 3)(x))
    return ops.relu(x) if last else x


def unet(order=1, deep=True, last=True, up="transpose"):
    def f(x):
        a = double(x, 4)
        b = double(L.MaxPool2D(2)(a), 6, last)
        y = double(L.MaxPool2D(2)(b), 8)
        y = L.Conv2DTranspose(6, (2, 2), strides=(2, 2), padding="same")(y)
        y = double(L.Concatenate()([y, b][::order]), 6)
        y = L.Conv2DTranspose(4, 2, strides=2)(y) if up == "transpose" else conv(4, 2)(L.UpSampling2D()(y))
        y = double(L.Concatenate()([y, a]) if deep else y, 4)
        return L.Activation("sigmoid")(L.Conv2D(1, (1, 1))(y))

    return net(f, IMAGE)


P.family(
    "U-Net of double convolutions", model(UNet, IMAGE), unet(),
    {"order of the skip": unet(-1), "no skip at the top": unet(deep=False), "no last relu": unet(last=False),
     "upsampling": unet(up="up")},
)  # fmt: skip


# 2 inverted residual
class Inverted(KerasLayer):
    def __init__(self, out, expand=3):
        super().__init__()
        self.out, self.expand = out, expand

    def build(self, shape):
        n = shape[-1]
        self.up = L.Conv2D(n * self.expand, 1, use_bias=False)
        self.dw = L.DepthwiseConv2D(3, padding="same", use_bias=False)
        self.down = L.Conv2D(self.out, 1, use_bias=False)
        self.n1, self.n2, self.n3 = (L.BatchNormalization(momentum=0.999) for _ in range(3))
        self.skip = n == self.out

    def call(self, x):
        y = tf.nn.relu6(self.n1(self.up(x)))
        y = tf.nn.relu6(self.n2(self.dw(y)))
        y = self.n3(self.down(y))
        return x + y if self.skip else y


def inverted(skip=True, linear=True, expand=3, six=6.0):
    def f(x):
        n = x.shape[-1]
        norm = lambda: L.BatchNormalization(momentum=0.999)
        y = L.ReLU(six)(norm()(L.Conv2D(expand * n, 1, use_bias=False)(x)))
        y = L.ReLU(six)(norm()(L.DepthwiseConv2D(3, padding="same", use_bias=False)(y)))
        y = norm()(L.Conv2D(3, 1, use_bias=False)(y))
        y = y if linear else L.ReLU(six)(y)
        return L.add([x, y]) if skip else y

    return net(f, IMAGE)


P.family(
    "inverted residual that builds its convolutions", layer(lambda: Inverted(3), IMAGE), inverted(),
    {"no skip": inverted(skip=False), "relu after the projection": inverted(linear=False),
     "another expansion": inverted(expand=2), "a relu without its limit": inverted(six=None)},
)  # fmt: skip


# 3 squeeze and excite
class SE(KerasLayer):
    def __init__(self, n, r=2):
        super().__init__()
        self.a, self.b = L.Conv2D(n // r, 1, activation="relu"), L.Conv2D(n, 1, activation="sigmoid")

    def call(self, x):
        s = tf.reduce_mean(x, axis=[1, 2], keepdims=True)
        return x * self.b(self.a(s))


def se(pool=L.GlobalAveragePooling2D, act="sigmoid", join=L.Multiply, r=2):
    def f(x):
        x = L.Conv2D(4, 3)(x)
        s = L.Reshape((1, 1, 4))(pool()(x))
        return join()([x, L.Conv2D(4, 1, activation=act)(L.Conv2D(4 // r, 1, activation="relu")(s))])

    return net(f, IMAGE)


P.family(
    "squeeze and excite by convolutions", net(lambda x: SE(4)(L.Conv2D(4, 3)(x)), IMAGE), se(),
    {"of the maximum": se(pool=L.GlobalMaxPooling2D), "another gate": se(act="tanh"), "added": se(join=L.Add),
     "narrower": se(r=4)},
)  # fmt: skip


# 4 attention pooling
class Pooling(KerasLayer):
    def __init__(self, units):
        super().__init__()
        self.hidden, self.score = L.Dense(units, activation="tanh"), L.Dense(1, use_bias=False)

    def call(self, x):
        weights = tf.nn.softmax(self.score(self.hidden(x)), axis=1)
        return tf.reduce_sum(weights * x, axis=1)


def attention_pooling(axis=1, reduce=ops.sum, act="tanh"):
    def f(x):
        s = L.Dense(1, use_bias=False)(L.Dense(4, activation=act)(x))
        w = L.Softmax(axis=axis)(s)
        return reduce(L.Multiply()([x, w]), axis=1)

    return net(f, WORDS)


P.family(
    "pooling by attention", layer(lambda: Pooling(4), WORDS), attention_pooling(),
    {"softmax over features": attention_pooling(axis=-1), "mean": attention_pooling(reduce=ops.mean),
     "relu": attention_pooling(act="relu")},
)  # fmt: skip


# 5 siamese
def siamese(share=True, distance="l1", head=1):
    def f(a, b):
        body = lambda: keras.Sequential([L.Dense(5, activation="relu"), L.Dense(4)])
        one = body()
        other = one if share else body()
        x, y = one(a), other(b)
        d = ops.abs(x - y) if distance == "l1" else ops.square(x - y)
        return L.Dense(head, activation="sigmoid")(d)

    return net(f, ROW, ROW)


class Siamese(KerasModel):
    def __init__(self):
        super().__init__()
        self.h, self.e, self.o = L.Dense(5), L.Dense(4), L.Dense(1)

    def encode(self, x):
        return self.e(tf.nn.relu(self.h(x)))

    def call(self, a, b):
        return tf.sigmoid(self.o(tf.abs(self.encode(b) - self.encode(a))))


P.family(
    "siamese by an encode method",
    model(Siamese, ROW, ROW),
    siamese(),
    {"two encoders": siamese(share=False), "squares": siamese(distance="l2"), "two outputs": siamese(head=2)},
)


# 6 autoencoder, weights tied
class Tied(KerasLayer):
    def __init__(self, other, act=None, turned=True):
        super().__init__()
        self.other, self.act, self.turned = other, keras.activations.get(act), turned

    def build(self, shape):
        self.bias = self.add_weight(shape=(self.other.kernel.shape[0],), initializer="zeros")

    def call(self, x):
        return self.act(tf.matmul(x, self.other.kernel, transpose_b=True) + self.bias)


def tied(act="sigmoid", own=False):
    def f(x):
        d = L.Dense(4, activation="relu")
        y = d(x)
        return L.Dense(6, activation=act)(y) if own else Tied(d, act)(y)

    return net(f)


class TiedModel(KerasModel):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 4))
        self.b, self.c = self.add_weight(shape=(4,)), self.add_weight(shape=(shape[-1],))
        self.built = True

    def call(self, x):
        h = ops.relu(x @ self.w + self.b)
        return ops.sigmoid(h @ ops.transpose(self.w) + self.c)


P.family("autoencoder of tied weights", model(TiedModel), tied(), {"not tied": tied(own=True), "tanh": tied("tanh")})


# 7 GRU encoder with masks
class Encoder(KerasModel):
    def __init__(self, mask=True):
        super().__init__()
        self.e, self.g, self.d = L.Embedding(20, 5, mask_zero=mask), L.GRU(6), L.Dense(3, activation="softmax")

    def call(self, x):
        return self.d(self.g(self.e(x)))


def gru(mask=True, cell=L.GRU, seq=False, **k):
    def f(x):
        y = cell(6, return_sequences=seq, **k)(L.Embedding(20, 5, mask_zero=mask)(x))
        return L.Softmax()(L.Dense(3)(y[:, -1] if seq else y))

    return words(f, (7,))


P.family(
    "GRU encoder of masked words", model(Encoder, (7,), dtype="int32"), gru(),
    {"no mask": gru(mask=False), "the other reset": gru(reset_after=False), "LSTM": gru(cell=L.LSTM),
     "backwards": gru(go_backwards=True)},
)  # fmt: skip


# 8 weight normalization
class WeightNorm(KerasLayer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, shape):
        self.v = self.add_weight(shape=(shape[-1], self.units))
        self.g = self.add_weight(shape=(self.units,), initializer="ones")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, x):
        return x @ (self.v / tf.norm(self.v, axis=0) * self.g) + self.b


def weight_norm(axis=0, gain=True):
    class Other(KerasLayer):
        def build(self, shape):
            self.v = self.add_weight(shape=(shape[-1], 6))
            self.g, self.b = self.add_weight(shape=(6,)), self.add_weight(shape=(6,))

        def call(self, x):
            length = ops.sqrt(ops.sum(ops.square(self.v), axis=axis))
            w = self.v / length
            return ops.matmul(x, self.g * w if gain else w) + self.b + (0 if gain else self.g)

    return layer(Other)


P.family(
    "dense of normalized weights",
    layer(lambda: WeightNorm(6)),
    weight_norm(),
    {"along the other axis": weight_norm(axis=1), "gain added": weight_norm(gain=False)},
)


# 9 patches
class Patches(KerasLayer):
    def __init__(self, size, width, order=(0, 1, 3, 2, 4, 5)):
        super().__init__()
        self.size, self.order, self.project = size, order, L.Dense(width)

    def call(self, x):
        p, (h, w, c) = self.size, x.shape[1:]
        x = tf.reshape(x, [-1, h // p, p, w // p, p, c])
        x = tf.transpose(x, self.order)
        return self.project(tf.reshape(x, [-1, (h // p) * (w // p), p * p * c]))


def patches(p=4, width=6, stride=None):
    return net(lambda x: L.Reshape((-1, width))(L.Conv2D(width, p, strides=stride or p)(x)), IMAGE)


P.family(
    "patches by a convolution", net(lambda x: ops.reshape(L.Conv2D(6, 4, 4)(x), (-1, 4, 6)), IMAGE), patches(),
    {"smaller": patches(p=2), "overlapping": patches(stride=2), "wider": patches(width=8)},
)  # fmt: skip
P.family(
    "patches by a reshape", layer(lambda: Patches(4, 6), IMAGE),
    net(lambda x: L.Dense(6)(
        L.Reshape((4, 48))(L.Permute((1, 3, 2, 4, 5))(L.Reshape((2, 4, 2, 4, 3))(x)))), IMAGE),
    {"not turned": layer(lambda: Patches(4, 6, (0, 1, 2, 3, 4, 5)), IMAGE)},
)  # fmt: skip


# 10 heads
def heads(order=(0, 1), share=True, drop=0.3):
    def f(x):
        h = L.Dropout(drop)(L.Dense(8, activation="relu")(x))
        k = h if share else x
        outs = [L.Dense(1)(h), L.Dense(4, activation="softmax")(k)]
        return [outs[n] for n in order]

    return net(f)


class Heads(KerasModel):
    def __init__(self):
        super().__init__()
        self.body, self.drop = L.Dense(8, activation=tf.nn.relu), L.Dropout(0.3)
        self.value, self.policy = L.Dense(1), L.Dense(4)

    def call(self, x, training=False):
        h = self.drop(self.body(x), training=training)
        return self.value(h), tf.nn.softmax(self.policy(h))


P.family(
    "two heads",
    model(Heads),
    heads(),
    {"the other order": heads((1, 0)), "one head of the input": heads(share=False), "more dropped": heads(drop=0.5)},
)


# 11 smoothed and tempered outputs
def tempered(t=2.0, smooth=0.1, inside=True):
    def f(x):
        z = L.Dense(4)(x)
        p = ops.softmax(z / t if inside else z * t)
        return p * (1 - smooth) + smooth / 4

    return net(f)


class Tempered(KerasLayer):
    def __init__(self):
        super().__init__()
        self.d = L.Dense(4)

    def call(self, x):
        p = tf.nn.softmax(tf.divide(self.d(x), 2.0))
        return 0.9 * p + 0.025


P.family(
    "smoothed softmax with a temperature",
    layer(Tempered),
    tempered(),
    {"smoothed more": tempered(smooth=0.2), "temperature upside down": tempered(inside=False), "colder": tempered(4.0)},
)


# 12 pooling by operations after a scale: what random dresses found
def scaled_gate(minus=1.0, hand=False):
    def f(x):
        y = L.Rescaling(0.5, -minus)(x)
        s = ops.mean(y, axis=(1, 2), keepdims=True) if hand else L.GlobalAveragePooling2D(keepdims=True)(y)
        s = L.Dense(3)(L.Dense(4, activation="relu")(s))
        return y * (1 / (1 + ops.exp(-s)) if hand else ops.sigmoid(s))

    return net(f, IMAGE)


P.family("gate of a scaled image", scaled_gate(hand=True), scaled_gate(), {"another offset": scaled_gate(0.5)})


class Raw(KerasLayer):
    def __init__(self, pool):
        super().__init__()
        self.pool = pool

    def build(self, shape):
        self.w, self.b = self.add_weight(shape=(shape[-1], 4)), self.add_weight(shape=(4,))

    def call(self, x):
        return tf.tensordot(self.pool(x), self.w, axes=1) + self.b


P.family(
    "weights of one's own on a reshaped mean",
    net(Raw(lambda x: tf.reduce_mean(x, [1, 2], keepdims=True)), IMAGE),
    net(lambda x: L.Dense(4)(L.Reshape((1, 1, 3))(L.GlobalAveragePooling2D()(x))), IMAGE),
    {"of the maximum": net(lambda x: L.Dense(4)(L.Reshape((1, 1, 3))(L.GlobalMaxPooling2D()(x))), IMAGE)},
)
P.family(
    "mean of two, moved", net(lambda x: (L.Dense(4)(x) + ops.tanh(L.Dense(4)(x))) * 0.5 - 1),
    net(lambda x: L.Rescaling(0.5, -1.0)(L.Add()([ops.tanh(L.Dense(4)(x)), L.Dense(4)(x)]))),
    {"moved before": net(lambda x: (L.Dense(4)(x) + ops.tanh(L.Dense(4)(x)) - 1) * 0.5)},
)  # fmt: skip


# 13 spatial attention (CBAM)
class Spatial(KerasLayer):
    def __init__(self):
        super().__init__()
        self.c = L.Conv2D(1, 7, padding="same", use_bias=False, activation="sigmoid")

    def call(self, x):
        mean = tf.reduce_mean(x, axis=-1, keepdims=True)
        top = tf.reduce_max(x, axis=-1, keepdims=True)
        return x * self.c(tf.concat([mean, top], -1))


def spatial(order=1, size=7):
    def f(x):
        both = [ops.mean(x, axis=3, keepdims=True), ops.max(x, axis=3, keepdims=True)][::order]
        a = L.Activation("sigmoid")(conv(1, size, use_bias=False)(L.Concatenate()(both)))
        return L.Multiply()([a, x])

    return net(f, IMAGE)


P.family("attention over places", layer(Spatial, IMAGE), spatial(), {"order": spatial(-1), "size": spatial(size=5)})


# 14 pre-norm transformer block without MultiHeadAttention's name
class Block(KerasModel):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = L.LayerNormalization(epsilon=1e-6), L.LayerNormalization(epsilon=1e-6)
        self.att, self.f1, self.f2 = L.MultiHeadAttention(2, 3), L.Dense(10, activation="gelu"), L.Dense(5)

    def call(self, x):
        n = self.n1(x)
        x = x + self.att(n, n)
        return x + self.f2(self.f1(self.n2(x)))


def block(pre=True, eps=1e-6, second=True):
    def f(x):
        n = L.LayerNormalization(epsilon=eps)
        a = L.MultiHeadAttention(num_heads=2, key_dim=3)
        y = n(x) if pre else x
        x = L.Add()([x, a(query=y, value=y, key=y)])
        x = x if pre else n(x)
        y = L.Dense(5)(L.Activation("gelu")(L.Dense(10)(L.LayerNormalization(epsilon=eps)(x))))
        return L.Add()([y, x]) if second else y

    return net(f, WORDS)


P.family(
    "pre-norm block",
    model(Block, WORDS),
    block(),
    {"norm after": block(pre=False), "epsilon": block(eps=1e-3), "no second skip": block(second=False)},
)


# 15 variational sampling, reparametrised mean only
def vae(scale=0.5, twice=False):
    def f(x):
        h = L.Dense(5, activation="relu")(x)
        m, v = L.Dense(2)(h), L.Dense(2)(h)
        z = ops.concatenate([m, ops.exp(scale * v)], axis=-1)
        return L.Dense(6)(L.Dense(5, activation="relu")(z)) if not twice else L.Dense(6)(z)

    return net(f)


class Vae(KerasModel):
    def __init__(self):
        super().__init__()
        self.h, self.stats = L.Dense(5, "relu"), [L.Dense(2), L.Dense(2)]
        self.decoder = keras.Sequential([L.Dense(5, "relu"), L.Dense(6)])

    def call(self, x):
        m, v = (d(self.h(x)) for d in self.stats)
        return self.decoder(tf.concat([m, tf.exp(v / 2)], 1))


P.family("mean and deviation of a code", model(Vae), vae(), {"variance": vae(1.0), "a layer fewer": vae(twice=True)})
