# %% by PyTorch
def masque(carte):
    m = torch.relu(carte).sum(dim=0)
    if m.max() > 0:
        m = m / m.max()
    return m

# %% clipped, divided by at least a little
def masque(carte):
    carte = carte.numpy() if torch.is_tensor(carte) else carte
    positif = carte.clip(min=0)
    total = np.sum(positif, axis=0)
    return total / max(total.max(), 1e-12)

# %% channel after channel
def masque(carte):
    somme = np.zeros(carte.shape[1:])
    for canal in carte:
        canal = np.array(canal)
        somme += canal * (canal > 0)
    plus_grand = somme.max()
    if plus_grand == 0:
        return somme
    return somme / plus_grand

# %% where positive
def masque(carte):
    carte = np.array(carte)
    somme = np.where(carte > 0, carte, 0).sum(0)
    m = somme.max()
    return np.zeros_like(somme) if m == 0 else somme / m

# %% clamp, einsum
def masque(carte):
    somme = torch.einsum("chw->hw", carte.clamp(min=0))
    return somme / somme.max().clamp(min=1e-9)
