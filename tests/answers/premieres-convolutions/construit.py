# %% functional
def construit(filtres):
    entree = keras.Input((28, 28, 1))
    x = entree
    for f in filtres:
        x = layers.Conv2D(f, 3, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(128, activation="relu")(x)
    return keras.Model(entree, layers.Dense(10, activation="softmax")(x))

# %% a list of layers
def construit(filtres):
    couches = []
    for nombre in filtres:
        couches.extend([layers.Conv2D(nombre, (3, 3), activation="relu"), layers.MaxPool2D((2, 2))])
    return keras.Sequential([keras.Input(shape=(28, 28, 1)), *couches, layers.Flatten(), layers.Dense(128, "relu"), layers.Dense(10, "softmax")])

# %% an index, input_shape at the first
def construit(filtres):
    m = keras.models.Sequential()
    for i in range(len(filtres)):
        if i == 0:
            m.add(layers.Conv2D(filtres[i], (3, 3), activation="relu", input_shape=(28, 28, 1)))
        else:
            m.add(layers.Conv2D(filtres[i], (3, 3), activation="relu"))
        m.add(layers.MaxPooling2D(2, 2))
    m.add(layers.Flatten())
    m.add(layers.Dense(128))
    m.add(layers.ReLU())
    m.add(layers.Dense(10))
    m.add(layers.Softmax())
    return m
