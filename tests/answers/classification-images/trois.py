# %% layers added one by one
def reseau_trois(forme):
    r = keras.Sequential()
    r.add(keras.Input(shape=forme))
    r.add(layers.Conv2D(32, 3, activation="relu"))
    r.add(layers.MaxPooling2D(2))
    for _ in range(2):
        r.add(layers.Conv2D(64, 3, activation="relu"))
    r.add(layers.MaxPooling2D(2))
    r.add(layers.Flatten())
    r.add(layers.Dropout(0.5))
    r.add(layers.Dense(512, activation="relu"))
    r.add(layers.Dropout(0.5))
    r.add(layers.Dense(10, activation="softmax"))
    r.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return r

# %% functional
def reseau_trois(forme):
    e = keras.Input(forme)
    x = layers.MaxPooling2D()(layers.Conv2D(32, 3, activation="relu")(e))
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.MaxPooling2D()(layers.Conv2D(64, 3, activation="relu")(x))
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    x = layers.Dropout(0.5)(layers.Dense(512, activation="relu")(x))
    m = keras.Model(e, layers.Dense(10, activation="softmax")(x))
    m.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return m

# %% activations apart
def reseau_trois(forme):
    m = keras.Sequential([
        keras.Input(forme),
        layers.Conv2D(32, 3), layers.ReLU(), layers.MaxPool2D((2, 2)),
        layers.Conv2D(64, 3), layers.ReLU(),
        layers.Conv2D(64, 3), layers.ReLU(), layers.MaxPool2D((2, 2)),
        layers.Flatten(), layers.Dropout(1 / 2),
        layers.Dense(512), layers.ReLU(), layers.Dropout(1 / 2),
        layers.Dense(10), layers.Softmax(),
    ])
    m.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    return m

# %% helpers in a cell of their own
def conv(f):
    return layers.Conv2D(f, kernel_size=(3, 3), strides=(1, 1), padding="valid", activation="relu")

def pool():
    return layers.MaxPooling2D(pool_size=(2, 2))

# %% +
def reseau_trois(forme):
    couches = [conv(32), pool(), conv(64), conv(64), pool(), layers.Flatten(), layers.Dropout(0.5), layers.Dense(512, activation="relu"), layers.Dropout(0.5), layers.Dense(10, activation="softmax")]
    modele = keras.Sequential([layers.Input(shape=forme)] + couches)
    modele.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return modele

# %% a loop over layers, activations apart
def reseau_trois(forme):
    x = e = keras.Input(shape=forme)
    for couche in (
        layers.Conv2D(32, 3), layers.ReLU(), layers.MaxPooling2D(),
        layers.Conv2D(64, 3), layers.ReLU(), layers.Conv2D(64, 3), layers.ReLU(), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(512), layers.ReLU(), layers.Dropout(0.5), layers.Dense(10), layers.Softmax(),
    ):
        x = couche(x)
    reseau = keras.Model(e, x)
    reseau.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return reseau
