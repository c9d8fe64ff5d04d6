# %% add after add
modele_a = keras.models.Sequential()
modele_a.add(keras.Input(shape=(28, 28, 1)))
modele_a.add(layers.Conv2D(32, (3, 3), activation="relu", padding="same"))
modele_a.add(layers.Conv2D(64, (3, 3), activation="relu", padding="same"))
modele_a.add(layers.MaxPooling2D((2, 2)))
modele_a.add(layers.Conv2D(128, (3, 3), activation="relu", padding="same"))
modele_a.add(layers.Conv2D(128, (3, 3), activation="relu", padding="same"))
modele_a.add(layers.MaxPooling2D((2, 2)))
modele_a.add(layers.Flatten())
modele_a.add(layers.Dense(256, activation="relu"))
modele_a.add(layers.Dense(128, activation="relu"))
modele_a.add(layers.Dense(8, activation="softmax"))
modele_a.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

# %% a loop, names, instances
modele_a = keras.Sequential([layers.Input((28, 28, 1))], name="vetements")
for bloc, (un, deux) in enumerate([(32, 64), (128, 128)], 1):
    modele_a.add(layers.Conv2D(un, 3, padding="same", activation="relu", name=f"bloc{bloc}_conv1"))
    modele_a.add(layers.Conv2D(deux, 3, padding="same", activation="relu", name=f"bloc{bloc}_conv2"))
    modele_a.add(layers.MaxPool2D(name=f"bloc{bloc}_pool"))
modele_a.add(layers.Flatten())
for n in (256, 128):
    modele_a.add(layers.Dense(n, "relu"))
modele_a.add(layers.Dense(8, "softmax"))
modele_a.compile(keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy(), metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")])
modele_a.summary()

# %% activations apart
modele_a = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    layers.Conv2D(32, 3, padding="same"), layers.ReLU(),
    layers.Conv2D(64, 3, padding="same"), layers.ReLU(),
    layers.MaxPooling2D(),
    layers.Conv2D(128, 3, padding="same"), layers.ReLU(),
    layers.Conv2D(128, 3, padding="same"), layers.ReLU(),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(256), layers.Activation("relu"),
    layers.Dense(128), layers.Activation("relu"),
    layers.Dense(8), layers.Softmax(),
])
modele_a.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

# %% a function that makes it
def reseau(classes):
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        *[layers.Conv2D(f, 3, padding="same", activation=keras.activations.relu) for f in (32, 64)],
        layers.MaxPooling2D(2, strides=2),
        *[layers.Conv2D(f, 3, padding="same", activation=keras.activations.relu) for f in (128, 128)],
        layers.MaxPooling2D(2, strides=2),
        layers.Flatten(),
        layers.Dense(256, activation="relu"),
        layers.Dense(128, activation="relu"),
        layers.Dense(classes, activation="softmax"),
    ])

modele_a = reseau(8)
modele_a.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])

# %% layers imported by name, each with a name of its own
from keras.models import Sequential
from keras.layers import Conv2D, MaxPool2D, Flatten, Dense, InputLayer

modele_a = Sequential(name="modele_a")
modele_a.add(InputLayer(shape=(28, 28, 1)))
modele_a.add(Conv2D(32, kernel_size=3, padding="same", activation="relu", name="conv1"))
modele_a.add(Conv2D(64, kernel_size=3, padding="same", activation="relu", name="conv2"))
modele_a.add(MaxPool2D(pool_size=2, name="pool1"))
modele_a.add(Conv2D(128, kernel_size=3, padding="same", activation="relu", name="conv3"))
modele_a.add(Conv2D(128, kernel_size=3, padding="same", activation="relu", name="conv4"))
modele_a.add(MaxPool2D(pool_size=2, name="pool2"))
modele_a.add(Flatten())
modele_a.add(Dense(256, activation="relu"))
modele_a.add(Dense(128, activation="relu"))
modele_a.add(Dense(8, activation="softmax"))
modele_a.summary()
modele_a.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

# %% lists joined, settings in a dict
conv = dict(kernel_size=(3, 3), padding="same", activation="relu")
modele_a = keras.Sequential(
    [keras.Input(shape=(28, 28, 1))]
    + [layers.Conv2D(32, **conv), layers.Conv2D(64, **conv), layers.MaxPooling2D()]
    + [layers.Conv2D(128, **conv), layers.Conv2D(128, **conv), layers.MaxPooling2D()]
    + [layers.Flatten(), layers.Dense(256, "relu"), layers.Dense(128, "relu"), layers.Dense(8, "softmax")]
)
modele_a.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")])

# %% activations as layers
modele_a = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    layers.Conv2D(32, 3, padding="same"), layers.ReLU(),
    layers.Conv2D(64, 3, padding="same"), layers.ReLU(),
    layers.MaxPooling2D(2, strides=2),
    layers.Conv2D(128, 3, padding="same"), layers.ReLU(),
    layers.Conv2D(128, 3, padding="same"), layers.ReLU(),
    layers.MaxPooling2D(2, strides=2),
    layers.Flatten(),
    layers.Dense(256), layers.ReLU(),
    layers.Dense(128), layers.ReLU(),
    layers.Dense(8), layers.Softmax(),
])
modele_a.compile(optimizer="Adam", loss=keras.losses.sparse_categorical_crossentropy, metrics=["accuracy"])
