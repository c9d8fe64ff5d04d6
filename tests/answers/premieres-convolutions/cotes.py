# %% two appends
def cotes(cote, blocs):
    resultat = []
    for i in range(blocs):
        cote = cote - 2
        resultat.append(cote)
        cote = cote // 2
        resultat.append(cote)
    return resultat

# %% by itself
def cotes(cote, blocs):
    if blocs == 0:
        return []
    c = cote - 3 + 1
    p = int(c / 2)
    return [c, p] + cotes(p, blocs - 1)

# %% NumPy
def cotes(cote, blocs):
    t = np.zeros(2 * blocs, dtype=int)
    for k in range(2 * blocs):
        cote = cote - 2 if k % 2 == 0 else cote // 2
        t[k] = cote
    return t

# %% asked of Keras
def cotes(cote, blocs):
    x = keras.Input((cote, cote, 1))
    liste = []
    for _ in range(blocs):
        x = layers.Conv2D(1, 3)(x)
        liste.append(x.shape[1])
        x = layers.MaxPooling2D()(x)
        liste.append(x.shape[1])
    return tuple(liste)
