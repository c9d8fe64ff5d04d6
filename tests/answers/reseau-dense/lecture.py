# %% methods
def chiffres(probabilites):
    return probabilites.argmax(axis=-1)

def taux(probabilites, etiquettes):
    return (chiffres(probabilites) == etiquettes).mean()

# %% loops
def chiffres(probabilites):
    return [list(ligne).index(max(ligne)) for ligne in probabilites]

def taux(probabilites, etiquettes):
    justes = 0
    for lu, vrai in zip(chiffres(probabilites), etiquettes):
        if lu == vrai:
            justes += 1
    return justes / len(etiquettes)

# %% sorting, a sum
def chiffres(probabilites):
    return np.argsort(probabilites, axis=1)[:, -1]

def taux(probabilites, etiquettes):
    return np.sum(np.equal(chiffres(probabilites), etiquettes)) / np.size(etiquettes)

# %% keras.ops and a metric
def chiffres(probabilites):
    return keras.ops.convert_to_numpy(keras.ops.argmax(probabilites, axis=1))

def taux(probabilites, etiquettes):
    mesure = keras.metrics.SparseCategoricalAccuracy()
    mesure.update_state(etiquettes, probabilites)
    return float(mesure.result())
