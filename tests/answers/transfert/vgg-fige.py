# %% add after add
def sur_vgg():
    base = keras.applications.VGG16(weights=POIDS, include_top=False, input_shape=(32, 32, 3))
    for couche in base.layers:
        couche.trainable = False
    modele = keras.Sequential()
    modele.add(base)
    modele.add(layers.Flatten())
    modele.add(layers.Dense(256, activation="relu"))
    modele.add(layers.Dense(128, activation="relu"))
    modele.add(layers.Dense(10, activation="softmax"))
    return modele

# %% imported by name, activations apart
from keras.applications import VGG16

def sur_vgg():
    conv_base = VGG16(weights=POIDS, include_top=False, input_shape=(32, 32, 3))
    conv_base.trainable = False
    return keras.models.Sequential([
        conv_base,
        layers.Flatten(),
        layers.Dense(256), layers.ReLU(),
        layers.Dense(128), layers.ReLU(),
        layers.Dense(10), layers.Softmax(),
    ])

# %% a loop over the dense layers
def sur_vgg():
    base = keras.applications.VGG16(include_top=False, weights=POIDS, input_shape=(32, 32, 3))
    base.trainable = False
    reseau = keras.Sequential([base])
    reseau.add(layers.Flatten())
    for n, activation in ((256, "relu"), (128, "relu"), (10, "softmax")):
        reseau.add(layers.Dense(n, activation=activation))
    return reseau

# %% an input given, the dense part a network
def sur_vgg():
    entree = keras.Input((32, 32, 3))
    base = keras.applications.VGG16(include_top=False, weights=POIDS, input_tensor=entree)
    base.trainable = False
    tete = keras.Sequential([layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")])
    return keras.Sequential([base, tete])
