# %% weights layer by layer
def transfere(modele):
    nouveau = keras.Sequential()
    nouveau.add(keras.Input(shape=modele.input_shape[1:]))
    for couche in modele.layers[:-1]:
        copie = couche.__class__.from_config(couche.get_config())
        nouveau.add(copie)
        copie.set_weights(couche.get_weights())
        copie.trainable = False
    nouveau.add(layers.Dense(1, activation="sigmoid"))
    nouveau.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return nouveau

# %% a copy whose end is popped
def transfere(modele):
    nouveau = keras.models.clone_model(modele)
    nouveau.set_weights(modele.get_weights())
    nouveau.pop()
    nouveau.trainable = False
    for c in nouveau.layers:
        c.trainable = False
    suite = keras.Sequential(nouveau.layers + [layers.Dense(1, activation="sigmoid")])
    suite.build(modele.input_shape)
    suite.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return suite

# %% by a file
import os
import tempfile

def transfere(modele):
    chemin = os.path.join(tempfile.mkdtemp(), "modele.keras")
    modele.save(chemin)
    relu = keras.models.load_model(chemin)
    b = keras.Sequential([keras.Input(relu.input_shape[1:])] + list(relu.layers[:-1]))
    for couche in b.layers:
        couche.trainable = False
    b.add(layers.Dense(1, "sigmoid"))
    b.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return b

# %% the frozen part in a network of its own
def transfere(modele):
    corps = keras.models.clone_model(modele)
    corps.set_weights(modele.get_weights())
    corps = keras.Sequential([keras.Input(modele.input_shape[1:]), *corps.layers[:-1]])
    corps.trainable = False
    reseau = keras.Sequential([corps, layers.Dense(1, activation="sigmoid", name="bottine")])
    reseau.compile(optimizer="adam", loss="binary_crossentropy", metrics=["binary_accuracy"])
    return reseau

# %% the functional interface
def transfere(modele):
    copie = keras.models.clone_model(modele)
    copie.set_weights(modele.get_weights())
    copie.trainable = False
    sortie = layers.Dense(1, activation="sigmoid")(copie.layers[-2].output)
    nouveau = keras.Model(copie.inputs, sortie)
    nouveau.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return nouveau

# %% each layer made anew from its configuration
def transfere(modele):
    nouveau = keras.Sequential()
    nouveau.add(keras.Input(shape=modele.input_shape[1:]))
    for couche in modele.layers[:-1]:
        copie = couche.__class__.from_config(couche.get_config())
        nouveau.add(copie)
        copie.set_weights(couche.get_weights())
        copie.trainable = False
    nouveau.add(layers.Dense(1, activation="sigmoid"))
    nouveau.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return nouveau

# %% a network of all but the last, of a copy
def transfere(modele):
    # Copie du modèle (structure, puis poids)
    base = keras.models.clone_model(modele)
    base.set_weights([p.copy() for p in modele.get_weights()])

    # on enlève la dernière couche et on gèle les autres
    tronc = keras.Model(inputs=base.inputs, outputs=base.layers[-2].output)
    for c in tronc.layers:
        c.trainable = False

    sortie = layers.Dense(1, activation="sigmoid")(tronc.outputs[0])
    nouveau = keras.Model(inputs=tronc.inputs, outputs=sortie)
    nouveau.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return nouveau

# %% copied by Python
import copy

def transfere(modele):
    m = copy.deepcopy(modele)
    couches = m.layers[:-1]
    for c in couches:
        c.trainable = False
    nouveau = keras.Sequential([keras.Input(shape=modele.input_shape[1:])] + couches + [layers.Dense(units=1, activation="sigmoid")])
    nouveau.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return nouveau

# %% from its configuration, the sigmoid a layer
def transfere(modele):
    config = modele.get_config()
    copie = keras.Sequential.from_config(config)
    copie.set_weights(modele.get_weights())
    copie.pop()
    copie.add(layers.Dense(1))
    copie.add(layers.Activation("sigmoid"))
    for couche in copie.layers[:-2]:
        couche.trainable = False
    copie.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return copie
