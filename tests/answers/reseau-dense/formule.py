# %% a loop over places
def parametres_denses(tailles):
    total = 0
    for i in range(len(tailles) - 1):
        total += tailles[i] * tailles[i + 1] + tailles[i + 1]
    return total

# %% NumPy
def parametres_denses(tailles):
    t = np.array(tailles)
    return int(np.sum((t[:-1] + 1) * t[1:]))

# %% by itself
def parametres_denses(tailles):
    if len(tailles) < 2:
        return 0
    return (tailles[0] + 1) * tailles[1] + parametres_denses(tailles[1:])

# %% a scalar product
def parametres_denses(tailles):
    entrees, sorties = tailles[:-1], tailles[1:]
    return np.dot(entrees, sorties) + sum(sorties)

# %% asked of Keras
def parametres_denses(tailles):
    modele = keras.Sequential([keras.Input((tailles[0],)), *(layers.Dense(n) for n in tailles[1:])])
    return modele.count_params()
