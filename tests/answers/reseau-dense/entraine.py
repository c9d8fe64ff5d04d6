# %% functional, more epochs
def entraine(images, etiquettes):
    entree = keras.Input((784,))
    x = layers.Dense(256, activation="relu")(entree)
    modele = keras.Model(entree, layers.Dense(10, activation="softmax")(x))
    modele.compile("adam", "categorical_crossentropy")
    modele.fit(images, etiquettes, epochs=12, batch_size=32, verbose=0)
    return modele

# %% two hidden layers, dropout, another optimizer
def entraine(images, etiquettes):
    m = keras.Sequential([
        layers.Dense(200, activation="relu"), layers.Dropout(0.2), layers.Dense(100, activation="relu"), layers.Dense(10, activation="softmax"),
    ])
    m.compile(optimizer=keras.optimizers.RMSprop(), loss="categorical_crossentropy", metrics=["accuracy"])
    m.fit(images, etiquettes, batch_size=16, epochs=10, verbose=0)
    return m

# %% labels back to digits, logits
def entraine(images, etiquettes):
    chiffres_ = np.argmax(etiquettes, axis=1)
    m = keras.Sequential([keras.Input((784,)), layers.Dense(128, activation="relu"), layers.Dense(10)])
    m.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    m.fit(images, chiffres_, batch_size=32, epochs=10, verbose=0)
    return m
