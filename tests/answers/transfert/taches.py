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

# %% lists filled in a loop
def separe(images, etiquettes):
    x_a, y_a, x_b, y_b = [], [], [], []
    for img, lab in zip(images, etiquettes):
        if lab < 8:
            x_a.append(img)
            y_a.append(lab)
        else:
            x_b.append(img)
            y_b.append(1.0 if lab == 9 else 0.0)
    return (np.array(x_a), np.array(y_a)), (np.array(x_b), np.array(y_b, dtype="float32"))

# %% two masks, eight subtracted
def separe(images, etiquettes):
    masque_sac_bottine = np.logical_or(etiquettes == 8, etiquettes == 9)
    masque_autres = np.logical_not(masque_sac_bottine)
    y_b = etiquettes[masque_sac_bottine].astype(np.float32) - 8
    return (images[masque_autres], etiquettes[masque_autres]), (images[masque_sac_bottine], y_b)

# %% where
def separe(images, etiquettes):
    a = etiquettes <= 7
    b = etiquettes > 7
    y_b = np.where(etiquettes[b] == 9, 1, 0).astype("float32")
    tache_a = images[a], etiquettes[a]
    tache_b = images[b], y_b
    return tache_a, tache_b

# %% deleted from all, lists
def separe(images, etiquettes):
    b = np.argwhere(etiquettes // 8 == 1).ravel()
    x_a = np.delete(images, b, axis=0)
    y_a = np.delete(etiquettes, b)
    return [x_a, y_a], [images[b], np.float32(etiquettes[b] % 8)]
