# %% functional
def build_nn(couches):
    entree = keras.Input(shape=(784,))
    x = entree
    for n in couches:
        x = layers.Dense(n, activation="relu")(x)
    return keras.Model(entree, layers.Dense(10, activation="softmax")(x))

# %% a list of layers, named
def build_nn(couches):
    pile = [layers.Input((784,))]
    for i, n in enumerate(couches):
        pile.append(layers.Dense(n, "relu", name=f"cachee_{i + 1}"))
    pile.append(layers.Dense(10, "softmax", name="sortie"))
    return keras.Sequential(pile)

# %% activations apart
def build_nn(couches):
    m = keras.models.Sequential()
    m.add(keras.Input(shape=[784]))
    for taille in list(couches):
        m.add(layers.Dense(taille))
        m.add(layers.Activation("relu"))
    m.add(layers.Dense(10))
    m.add(layers.Activation("softmax"))
    return m
