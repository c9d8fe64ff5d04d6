# %% evaluate
def justesse(modele, images, etiquettes):
    return modele.evaluate(images, etiquettes, verbose=0)[1]

def ecart(modele, vues, etiquettes_vues, nouvelles, etiquettes_nouvelles):
    a = justesse(modele, vues, etiquettes_vues)
    b = justesse(modele, nouvelles, etiquettes_nouvelles)
    return a - b

# %% reshape, a sum over a length
def justesse(modele, images, etiquettes):
    p = modele.predict(images)
    justes = p.argmax(axis=1) == etiquettes.reshape(-1)
    return justes.sum() / len(images)

def ecart(modele, vues, etiquettes_vues, nouvelles, etiquettes_nouvelles):
    return -justesse(modele, nouvelles, etiquettes_nouvelles) + justesse(modele, vues, etiquettes_vues)

# %% the model called, a loop
def justesse(modele, images, etiquettes):
    etiquettes = np.array(etiquettes).flatten()
    bonnes = 0
    probas = modele(images, training=False).numpy()
    for p, e in zip(probas, etiquettes):
        if p.argmax() == e:
            bonnes += 1
    return bonnes / len(etiquettes)

def ecart(modele, vues, etiquettes_vues, nouvelles, etiquettes_nouvelles):
    (vu, neuf) = [justesse(modele, *paire) for paire in ((vues, etiquettes_vues), (nouvelles, etiquettes_nouvelles))]
    return vu - neuf

# %% Keras's metric
def justesse(modele, images, etiquettes):
    m = keras.metrics.SparseCategoricalAccuracy()
    m.update_state(np.squeeze(etiquettes), modele.predict(images, verbose=0))
    return float(m.result())

ecart = lambda modele, vues, etiquettes_vues, nouvelles, etiquettes_nouvelles: justesse(modele, vues, etiquettes_vues) - justesse(modele, nouvelles, etiquettes_nouvelles)

# %% one axis taken off, the opposite subtracted
def justesse(modele, images, etiquettes):
    if etiquettes.ndim == 2:
        etiquettes = etiquettes[:, 0]
    p = modele.predict(images, verbose=0).argmax(1)
    return float(np.count_nonzero(p == etiquettes)) / p.shape[0]

def ecart(modele, vues, etiquettes_vues, nouvelles, etiquettes_nouvelles):
    return -(justesse(modele, nouvelles, etiquettes_nouvelles) - justesse(modele, vues, etiquettes_vues))

# %% Keras's function of the same
def justesse(modele, images, etiquettes):
    probas = modele.predict(images, verbose=0)
    acc = keras.metrics.sparse_categorical_accuracy(etiquettes.reshape(-1), probas)
    return float(np.mean(acc))

def ecart(modele, vues, etiquettes_vues, nouvelles, etiquettes_nouvelles):
    return justesse(modele, vues, etiquettes_vues) - justesse(modele, nouvelles, etiquettes_nouvelles)
