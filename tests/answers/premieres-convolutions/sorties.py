# %% layer by layer
def sorties(modele, images):
    resultat, x = [], images
    for couche in modele.layers:
        if couche.__class__.__name__ == "InputLayer":
            continue
        x = couche(x)
        resultat.append(x.numpy())
    return resultat

# %% one model a layer
def sorties(modele, images):
    couches = [c for c in modele.layers if not isinstance(c, keras.layers.InputLayer)]
    return [keras.Model(modele.inputs, c.output).predict(images, verbose=0) for c in couches]

# %% called, without predict
def sorties(modele, images):
    garder = [c.output for c in modele.layers if "input" not in c.name]
    m = keras.Model(inputs=modele.inputs[0], outputs=garder)
    return [np.asarray(t) for t in m(images, training=False)]
