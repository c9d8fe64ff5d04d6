# %% np.where and a sort turned round
def confondus(modele, images, etiquettes, vraie, prise):
    p = modele.predict(images)
    y = etiquettes.reshape(-1)
    indices = np.where((y == vraie) & (np.argmax(p, axis=1) == prise))[0]
    return indices[np.argsort(p[indices, prise])[::-1]]

# %% a list of pairs, sorted by Python
def confondus(modele, images, etiquettes, vraie, prise):
    probas = modele.predict(images, verbose=0)
    trouves = []
    for i, (p, e) in enumerate(zip(probas, np.ravel(etiquettes))):
        if e == vraie and p.argmax() == prise:
            trouves.append((p[prise], i))
    trouves.sort(reverse=True)
    return np.array([i for _, i in trouves], dtype=int)

# %% only the images of the class are shown to the network
def confondus(modele, images, etiquettes, vraie, prise):
    candidats = np.flatnonzero(np.ravel(etiquettes) == vraie)
    if len(candidats) == 0:
        return candidats
    p = modele(images[candidats]).numpy()
    erreurs = p.argmax(axis=1) == prise
    ordre = np.argsort(p[erreurs, prise])[::-1]
    return candidats[erreurs][ordre]

# %% sorted with a key
def confondus(modele, images, etiquettes, vraie, prise):
    p = modele.predict(images, verbose=0)
    dites = p.argmax(1)
    y = np.array(etiquettes).flatten()
    bons = [k for k in range(len(y)) if y[k] == vraie and dites[k] == prise]
    return np.array(sorted(bons, key=lambda k: -p[k][prise]), dtype=np.int64)

# %% all sorted, then looked at
def confondus(modele, images, etiquettes, vraie, prise):
    probas = modele.predict(images, verbose=0)
    ordre = np.argsort(probas[:, prise])[::-1]
    y = np.reshape(etiquettes, (-1,))
    return np.array([i for i in ordre if y[i] == vraie and np.argmax(probas[i]) == prise], dtype=int)

# %% the others put last
def confondus(modele, images, etiquettes, vraie, prise):
    probas = modele.predict(images, verbose=0)
    masque = np.logical_and(np.squeeze(etiquettes) == vraie, np.argmax(probas, axis=1) == prise)
    scores = np.where(masque, probas[:, prise], -1)
    return np.argsort(scores)[::-1][: masque.sum()]

# %% lexsort
def confondus(modele, images, etiquettes, vraie, prise):
    (ou,) = np.nonzero(etiquettes.ravel() == vraie)
    if len(ou) == 0:
        return np.array([], dtype=int)
    p = modele.predict(images[ou], verbose=0)
    faux = p.argmax(1) == prise
    ou, p = ou[faux], p[faux, prise]
    return ou[np.lexsort((-p,))]
