# %% a mask of its own
def separe(images, etiquettes):
    b = (etiquettes == 8) | (etiquettes == 9)
    x_a = images[np.logical_not(b)]
    y_a = etiquettes[np.logical_not(b)]
    x_b = images[b]
    y_b = np.where(etiquettes[b] == 9, 1, 0).astype(np.float32)
    return (x_a, y_a), (x_b, y_b)

# %% places
def separe(images, etiquettes):
    a = np.flatnonzero(etiquettes < 8)
    b = np.flatnonzero(etiquettes > 7)
    return (images[a], etiquettes[a]), (images[b], np.array([float(e == 9) for e in etiquettes[b]], dtype="float32"))

# %% isin, lists of two
def separe(images, etiquettes):
    dans_b = np.isin(etiquettes, [8, 9])
    etiquettes_b = etiquettes[dans_b].astype("float32") - 8
    return [[images[~dans_b], etiquettes[~dans_b]], [images[dans_b], etiquettes_b]]

# %% labels in a column of the same type
def separe(images, etiquettes):
    garde = etiquettes <= 7
    y_b = (etiquettes[~garde] == 9).astype(np.float32).reshape(-1, 1)
    return (np.array(images[garde]), np.array(etiquettes[garde])), (np.array(images[~garde]), y_b)
