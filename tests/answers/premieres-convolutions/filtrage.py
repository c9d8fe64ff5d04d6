# %% four loops
def applique(image, noyau):
    h, w = image.shape
    k = noyau.shape[0]
    r = np.empty((h - k + 1, w - k + 1))
    for i in range(h - k + 1):
        for j in range(w - k + 1):
            s = 0.0
            for a in range(k):
                for b in range(k):
                    s += noyau[a, b] * image[i + a, j + b]
            r[i, j] = s
    return r

# %% sum of shifted images
def applique(image, noyau):
    k = len(noyau)
    h, w = image.shape[0] - k + 1, image.shape[1] - k + 1
    return sum(noyau[a, b] * image[a:a + h, b:b + w] for a in range(k) for b in range(k))

# %% windows
def applique(image, noyau):
    fenetres = np.lib.stride_tricks.sliding_window_view(image, noyau.shape)
    return (fenetres * noyau).sum(axis=(-2, -1))

# %% lists, the middle of the kernel
def applique(image, noyau):
    bord = len(noyau) // 2
    lignes = []
    for y in range(bord, image.shape[0] - bord):
        lignes.append([
            float((image[y - bord:y + bord + 1, x - bord:x + bord + 1] * noyau).sum())
            for x in range(bord, image.shape[1] - bord)
        ])
    return np.array(lignes, dtype="float32")

# %% einsum
def applique(image, noyau):
    return np.einsum("ijkl,kl->ij", np.lib.stride_tricks.sliding_window_view(image, noyau.shape), noyau)
