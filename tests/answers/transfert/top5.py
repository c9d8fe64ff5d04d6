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
