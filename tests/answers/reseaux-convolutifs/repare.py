# %% Sequential, a list
tailles = [30, 15, 13, 6, 4, 2]
modele = keras.Sequential([
    keras.Input(shape=(32, 32, 3)),
    layers.Conv2D(32, (3, 3), activation="relu", padding="same"),
    layers.MaxPooling2D((2, 2)),
    layers.Conv2D(64, (3, 3), activation="relu", padding="same"),
    layers.MaxPooling2D((2, 2)),
    layers.Conv2D(128, (3, 3), activation="relu", padding="same"),
    layers.MaxPooling2D((2, 2)),
    layers.Conv2D(128, (3, 3), activation="relu", padding="same"),
    layers.MaxPooling2D((2, 2)),
    layers.Flatten(),
    layers.Dense(10, activation="softmax"),
])
modele.summary()

# %% functional, sizes computed
cote, tailles = 32, []
for _ in range(3):
    cote -= 2
    tailles.append(cote)
    cote //= 2
    tailles.append(cote)

entree = x = keras.Input((32, 32, 3))
for n in [32, 64, 128, 128]:
    x = layers.Conv2D(n, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
x = layers.Flatten()(x)
modele = keras.Model(inputs=entree, outputs=layers.Dense(10, activation="softmax")(x), name="repare")

# %% input_shape on the first layer, a tuple of sizes
tailles = (30, 15, 13, 6, 4, 2)
modele = keras.models.Sequential()
modele.add(layers.Conv2D(32, kernel_size=(3, 3), padding="same", activation=keras.activations.relu, input_shape=(32, 32, 3)))
modele.add(layers.MaxPool2D(pool_size=(2, 2)))
modele.add(layers.Conv2D(64, kernel_size=(3, 3), padding="same", activation=keras.activations.relu))
modele.add(layers.MaxPool2D(pool_size=(2, 2)))
modele.add(layers.Conv2D(128, kernel_size=(3, 3), padding="same", activation=keras.activations.relu))
modele.add(layers.MaxPool2D(pool_size=(2, 2)))
modele.add(layers.Conv2D(128, kernel_size=(3, 3), padding="same", activation=keras.activations.relu))
modele.add(layers.MaxPool2D(pool_size=(2, 2)))
modele.add(layers.Flatten())
modele.add(layers.Dense(units=10, activation=keras.activations.softmax))

# %% a subclass, built by calling it
tailles = [30, 15, 13, 6, 4, 2]

class Repare(keras.Model):
    def __init__(self):
        super().__init__()
        self.convs = [layers.Conv2D(f, 3, padding="same", activation="relu") for f in (32, 64, 128, 128)]
        self.pool = layers.MaxPooling2D(2)
        self.plat = layers.Flatten()
        self.sortie = layers.Dense(10, activation="softmax")

    def call(self, x):
        for conv in self.convs:
            x = self.pool(conv(x))
        return self.sortie(self.plat(x))

modele = Repare()
modele(np.zeros((1, 32, 32, 3), dtype="float32"))

# %% tf.keras, activations as layers, sizes of a network that is asked
essai = tf.keras.Sequential([tf.keras.Input((32, 32, 3))])
tailles = []
for f in (32, 64, 128):
    essai.add(tf.keras.layers.Conv2D(f, 3, activation="relu"))
    tailles.append(essai.output_shape[1])
    essai.add(tf.keras.layers.MaxPooling2D(2))
    tailles.append(essai.output_shape[1])

modele = tf.keras.Sequential([tf.keras.Input((32, 32, 3))])
for f in (32, 64, 128, 128):
    modele.add(tf.keras.layers.Conv2D(f, 3, padding="same"))
    modele.add(tf.keras.layers.Activation("relu"))
    modele.add(tf.keras.layers.MaxPooling2D(2))
modele.add(tf.keras.layers.Flatten())
modele.add(tf.keras.layers.Dense(10))
modele.add(tf.keras.layers.Softmax())

# %% blocks of layers, compiled, an array of sizes
def conv_block(filters):
    return [layers.Conv2D(filters, (3, 3), padding="same"), layers.ReLU(), layers.MaxPooling2D((2, 2))]

tailles = np.array([30, 15, 13, 6, 4, 2])
couches = sum((conv_block(n) for n in (32, 64, 128, 128)), [])
modele = keras.Sequential([layers.InputLayer(shape=(32, 32, 3)), *couches, layers.Flatten(), layers.Dense(10, "softmax")])
modele.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

# %% functional, operations of Keras
from keras import ops

tailles = [32 - 2, (32 - 2) // 2, 15 - 2, (15 - 2) // 2, 6 - 2, (6 - 2) // 2]
inputs = keras.Input(shape=(32, 32, 3))
x = inputs
for filters in (32, 64, 128, 128):
    x = ops.relu(layers.Conv2D(filters, 3, padding="same")(x))
    x = ops.max_pool(x, 2)
x = ops.reshape(x, (-1, 2 * 2 * 128))
outputs = ops.softmax(layers.Dense(10)(x))
modele = keras.Model(inputs, outputs)

# %% the borders by ZeroPadding2D
tailles = [30, 15, 13, 6, 4, 2]
modele = keras.Sequential([keras.Input((32, 32, 3))])
for filtres in [32, 64, 128, 128]:
    modele.add(layers.ZeroPadding2D(1))
    modele.add(layers.Conv2D(filtres, 3, activation="relu"))
    modele.add(layers.MaxPooling2D(2))
modele.add(layers.Flatten())
modele.add(layers.Dense(10, activation="softmax"))

# %% sizes asked of a network, lists of one output
essai = keras.Sequential([keras.Input((32, 32, 3))] + [c for f in (32, 64, 128) for c in (layers.Conv2D(f, 3), layers.MaxPool2D())])
tailles = [couche.output.shape[1] for couche in essai.layers]

photo = keras.layers.Input((32, 32, 3))
x = photo
for n in [32, 64, 128, 128]:
    x = layers.Conv2D(n, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
modele = keras.Model(inputs=[photo], outputs=[layers.Dense(10, "softmax")(layers.Flatten()(x))])
