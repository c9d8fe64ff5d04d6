# %% split
def lots(images, etiquettes, taille, ordre):
    for indices in torch.split(ordre, taille):
        yield images[indices], etiquettes[indices]

# %% put in order first, a while
def lots(images, etiquettes, taille, ordre):
    images, etiquettes = images[ordre], etiquettes[ordre]
    i = 0
    while i < len(images):
        yield images[i:i + taille], etiquettes[i:i + taille]
        i += taille

# %% a DataLoader
def lots(images, etiquettes, taille, ordre):
    jeu = torch.utils.data.TensorDataset(images[ordre], etiquettes[ordre])
    for x, y in torch.utils.data.DataLoader(jeu, batch_size=taille, shuffle=False):
        yield x, y
