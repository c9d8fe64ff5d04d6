# %% ranks by comparison
def parmi_les_k(probabilites, etiquettes, k=5):
    probabilites = np.asarray(probabilites)
    etiquettes = np.asarray(etiquettes).reshape(-1)
    justes = probabilites[np.arange(len(etiquettes)), etiquettes]
    rangs = (probabilites > justes[:, None]).sum(axis=1)
    return (rangs < k).mean()

# %% a loop over the images
def parmi_les_k(probabilites, etiquettes, k=5):
    bons = 0
    for ligne, vraie in zip(probabilites, np.ravel(etiquettes)):
        meilleures = np.argsort(ligne)[::-1][:k]
        if vraie in meilleures:
            bons += 1
    return bons / len(probabilites)

# %% sorted the other way round
def parmi_les_k(probabilites, etiquettes, k=5):
    ordre = np.argsort(-np.asarray(probabilites), axis=-1)[:, :k]
    return float(np.mean([int(e) in list(o) for e, o in zip(np.asarray(etiquettes).flatten(), ordre)]))

# %% argpartition
def parmi_les_k(probabilites, etiquettes, k=5):
    etiquettes = etiquettes.squeeze()
    n = probabilites.shape[1]
    if k >= n:
        return 1.0
    premiers = np.argpartition(probabilites, n - k, axis=1)[:, n - k:]
    return np.mean((premiers == etiquettes[:, None]).sum(axis=1))

# %% Keras's own metric
def parmi_les_k(probabilites, etiquettes, k=5):
    vraies = np.asarray(etiquettes).reshape(-1)
    return np.mean(keras.metrics.sparse_top_k_categorical_accuracy(vraies, np.asarray(probabilites, dtype="float32"), k=k))

# %% taken along the axis, the classes in front counted
def parmi_les_k(probabilites, etiquettes, k=5):
    etiquettes = etiquettes.flatten()
    # probabilité de la vraie classe
    p = np.take_along_axis(probabilites, etiquettes[:, None], axis=1)
    nb_devant = np.count_nonzero(probabilites > p, axis=1)
    return (nb_devant < k).sum() / etiquettes.size

# %% Python's sort of class numbers
def parmi_les_k(probabilites, etiquettes, k=5):
    etiquettes = np.array(etiquettes).squeeze()
    ok = 0
    for i, p in enumerate(probabilites):
        meilleures = sorted(range(len(p)), key=lambda c: p[c], reverse=True)[:k]
        if etiquettes[i] in meilleures:
            ok += 1
    return ok / len(probabilites)

# %% the best taken away, k times
def parmi_les_k(probabilites, etiquettes, k=5):
    probabilites = np.copy(probabilites)
    etiquettes = np.ravel(etiquettes).astype(int)
    n = len(etiquettes)
    trouve = np.zeros(n, dtype=bool)
    for _ in range(k):
        pred = probabilites.argmax(axis=1)
        trouve |= pred == etiquettes
        probabilites[np.arange(n), pred] = -1
    return float(trouve.mean())

# %% the rank of every class
def parmi_les_k(probabilites, etiquettes, k=5):
    rangs = np.argsort(np.argsort(-probabilites, axis=1), axis=1)
    y = etiquettes if etiquettes.ndim == 1 else etiquettes[:, 0]
    return np.mean(rangs[range(len(y)), y] < k)

# %% the k-th probability as a bar
def parmi_les_k(probabilites, etiquettes, k=5):
    n = probabilites.shape[0]
    seuil = np.sort(probabilites, axis=-1)[:, -k]
    vraie = np.array([probabilites[i, int(e)] for i, e in enumerate(np.reshape(etiquettes, n))])
    return np.average(vraie >= seuil)
