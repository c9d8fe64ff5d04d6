# %% layers added one by one
def reseau_profond(forme):
    model = keras.Sequential()
    model.add(keras.layers.Input(shape=forme))
    model.add(keras.layers.Conv2D(filters=32, kernel_size=3, activation="relu"))
    model.add(keras.layers.MaxPool2D())
    model.add(keras.layers.Conv2D(filters=64, kernel_size=3, activation="relu"))
    model.add(keras.layers.MaxPool2D())
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dropout(rate=0.5))
    model.add(keras.layers.Dense(128, "relu"))
    model.add(keras.layers.Dropout(rate=0.5))
    model.add(keras.layers.Dense(256, "relu"))
    model.add(keras.layers.Dropout(rate=0.5))
    model.add(keras.layers.Dense(10, "softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

# %% the functional interface, a loop
def reseau_profond(forme):
    entree = x = layers.Input(forme)
    for f in [32, 64]:
        x = layers.Conv2D(f, 3, padding="valid")(x)
        x = layers.Activation("relu")(x)
        x = layers.MaxPooling2D(pool_size=2, strides=2)(x)
    x = layers.Flatten()(x)
    for n in [128, 256]:
        x = layers.Dropout(.5)(x)
        x = layers.Dense(n, activation="relu")(x)
    x = layers.Dropout(.5)(x)
    modele = keras.models.Model(entree, layers.Dense(10, activation="softmax")(x))
    modele.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    return modele

# %% lists put together
def reseau_profond(forme):
    motifs = [couche for f in (32, 64) for couche in (layers.Conv2D(f, (3, 3), activation=keras.activations.relu), layers.MaxPooling2D())]
    decision = [couche for n in (128, 256) for couche in (layers.Dropout(0.5), layers.Dense(n, activation="relu"))]
    m = keras.Sequential([keras.Input(shape=forme), *motifs, layers.Flatten(), *decision, layers.Dropout(0.5), layers.Dense(10, activation="softmax")], name="profond")
    m.compile(optimizer=keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy", metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")])
    return m

# %% settings held in a dictionary
def reseau_profond(forme):
    conv = dict(kernel_size=(3, 3), strides=1, padding="valid", activation="relu", use_bias=True)
    m = keras.Sequential(name="profond")
    m.add(layers.InputLayer(shape=forme))
    for filtres in (32, 64):
        m.add(layers.Conv2D(filtres, **conv))
        m.add(layers.MaxPooling2D((2, 2), strides=(2, 2)))
    m.add(layers.Flatten())
    for neurones in (128, 256, 10):
        m.add(layers.Dropout(0.5))
        m.add(layers.Dense(neurones, activation="relu" if neurones != 10 else "softmax"))
    m.compile(optimizer=keras.optimizers.Adam(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return m

# %% blocks and a generator
def bloc(filtres):
    return [layers.Conv2D(filtres, (3, 3), padding="valid", activation="relu"), layers.MaxPooling2D((2, 2))]


def tete(*tailles):
    for taille in tailles:
        yield layers.Dropout(1 / 2)
        yield layers.Dense(taille, "relu")


def reseau_profond(forme):
    reseau = keras.Sequential([keras.Input(forme), *bloc(32), *bloc(64), layers.Flatten(), *tete(128, 256), layers.Dropout(1 / 2), layers.Dense(10, "softmax")])
    reseau.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return reseau

# %% functional, activations apart
def reseau_profond(forme):
    e = keras.Input(forme)
    x = layers.Conv2D(32, (3, 3))(e)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D(pool_size=(2, 2), strides=(2, 2))(x)
    x = layers.Conv2D(64, (3, 3))(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D(pool_size=(2, 2), strides=(2, 2))(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(rate=0.5)(x)
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dropout(rate=0.5)(x)
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dropout(rate=0.5)(x)
    s = layers.Dense(10, activation="softmax")(x)
    modele = keras.Model(inputs=e, outputs=s, name="profond")
    modele.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    return modele
