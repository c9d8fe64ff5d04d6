# %% Sequential, a list
model2 = keras.Sequential([
    keras.Input(shape=(32, 32, 3)),
    layers.Conv2D(32, (3, 3), activation="relu", padding="same"),
    layers.Conv2D(64, (3, 3), activation="relu", padding="same"),
    layers.MaxPooling2D((2, 2)),
    layers.Conv2D(128, (3, 3), activation="relu", padding="same"),
    layers.Conv2D(128, (3, 3), activation="relu", padding="same"),
    layers.MaxPooling2D((2, 2)),
    layers.Conv2D(256, (3, 3), activation="relu", padding="same"),
    layers.Conv2D(256, (3, 3), activation="relu", padding="same"),
    layers.MaxPooling2D((2, 2)),
    layers.Flatten(),
    layers.Dense(256, activation="relu"),
    layers.Dense(128, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
model2.summary()

# %% functional, partial
from functools import partial

Conv = partial(layers.Conv2D, kernel_size=3, padding="same", activation="relu")
entree = keras.Input((32, 32, 3))
x = layers.MaxPooling2D()(Conv(64)(Conv(32)(entree)))
x = layers.MaxPooling2D()(Conv(128)(Conv(128)(x)))
x = layers.MaxPooling2D()(Conv(256)(Conv(256)(x)))
x = layers.Flatten()(x)
for unites in (256, 128):
    x = layers.Dense(unites, activation="relu")(x)
model2 = keras.Model(entree, layers.Dense(10, activation="softmax")(x))

# %% a nested feature extractor, names
motifs = keras.Sequential(name="motifs")
for i, n in enumerate((32, 64, 128, 128, 256, 256)):
    motifs.add(layers.Conv2D(n, 3, padding="same", activation="relu", name=f"conv_{i}"))
    if i % 2:
        motifs.add(layers.MaxPooling2D(2, name=f"pool_{i}"))
decision = keras.Sequential([layers.Flatten(), layers.Dense(256, "relu"), layers.Dense(128, "relu"), layers.Dense(10, "softmax")], name="decision")
model2 = keras.Sequential([keras.Input((32, 32, 3)), motifs, decision])

# %% a subclass, one pooling layer for all
class ReseauProfond(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        opts = dict(kernel_size=(3, 3), strides=(1, 1), padding="same", activation="relu")
        self.c1, self.c2 = layers.Conv2D(32, **opts), layers.Conv2D(64, **opts)
        self.c3, self.c4 = layers.Conv2D(128, **opts), layers.Conv2D(128, **opts)
        self.c5, self.c6 = layers.Conv2D(256, **opts), layers.Conv2D(256, **opts)
        self.pool = layers.MaxPooling2D((2, 2))
        self.flatten = layers.Flatten()
        self.d1, self.d2 = layers.Dense(256, activation="relu"), layers.Dense(128, activation="relu")
        self.out = layers.Dense(10, activation="softmax")

    def call(self, inputs, training=False):
        x = self.pool(self.c2(self.c1(inputs)))
        x = self.pool(self.c4(self.c3(x)))
        x = self.pool(self.c6(self.c5(x)))
        return self.out(self.d2(self.d1(self.flatten(x))))

model2 = ReseauProfond()
model2.build((None, 32, 32, 3))

# %% a function of its own that makes it, TensorFlow's activations
def construire(shape, classes):
    entree = tf.keras.layers.Input(shape)
    x = entree
    for a, b in [(32, 64), (128, 128), (256, 256)]:
        x = tf.keras.layers.Conv2D(a, 3, padding="SAME", activation=tf.nn.relu)(x)
        x = tf.keras.layers.Conv2D(b, 3, padding="SAME", activation=tf.nn.relu)(x)
        x = tf.keras.layers.MaxPool2D(2, 2)(x)
    x = tf.keras.layers.Flatten()(x)
    x = tf.keras.layers.Dense(256, activation=tf.nn.relu)(x)
    x = tf.keras.layers.Dense(128, activation=tf.nn.relu)(x)
    return tf.keras.Model(entree, tf.keras.layers.Dense(classes, activation=tf.nn.softmax)(x))

model2 = construire((32, 32, 3), 10)
print("paramètres :", model2.count_params())
assert model2.count_params() == 2_209_098

# %% a layer of its own for a block
class Bloc(layers.Layer):
    def __init__(self, premier, second):
        super().__init__()
        self.conv_a = layers.Conv2D(premier, 3, padding="same")
        self.conv_b = layers.Conv2D(second, 3, padding="same")
        self.pool = layers.MaxPooling2D(2)

    def call(self, x):
        x = keras.ops.relu(self.conv_a(x))
        x = keras.ops.relu(self.conv_b(x))
        return self.pool(x)

model2 = keras.Sequential([
    keras.Input((32, 32, 3)), Bloc(32, 64), Bloc(128, 128), Bloc(256, 256),
    layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax"),
])

# %% Sequential, add, activations as layers
model2 = keras.Sequential()
model2.add(keras.Input(shape=(32, 32, 3)))
for n_filtres, pooling in [(32, False), (64, True), (128, False), (128, True), (256, False), (256, True)]:
    model2.add(layers.Conv2D(n_filtres, 3, padding="same"))
    model2.add(layers.Activation("relu"))
    if pooling:
        model2.add(layers.MaxPooling2D())
model2.add(layers.Flatten())
for unites, activation in ((256, "relu"), (128, "relu"), (10, "softmax")):
    model2.add(layers.Dense(unites))
    model2.add(layers.Activation(activation))

# %% never built, initializers and defaults written out
couches = []
for paire in ((32, 64), (128, 128), (256, 256)):
    couches += [
        layers.Conv2D(n, (3, 3), strides=1, padding="same", dilation_rate=1, use_bias=True,
                      kernel_initializer="glorot_uniform", bias_initializer="zeros", activation="relu")
        for n in paire
    ]
    couches.append(layers.MaxPooling2D((2, 2), strides=2, padding="valid"))
couches += [layers.Flatten(), layers.Dense(256, activation="relu", kernel_initializer="he_normal"), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")]
model2 = keras.Sequential(couches)
