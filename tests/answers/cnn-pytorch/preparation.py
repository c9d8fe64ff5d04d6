# %% by PyTorch
def prepare(images, moyennes, ecarts):
    t = torch.as_tensor(images).float()
    t = (t - torch.as_tensor(moyennes)) / torch.as_tensor(ecarts)
    return t.permute(0, 3, 1, 2).float()

# %% channels moved first
def prepare(images, moyennes, ecarts):
    x = np.moveaxis(images.astype("float32"), -1, 1)
    x -= np.asarray(moyennes, dtype="float32").reshape(1, 3, 1, 1)
    x /= np.asarray(ecarts, dtype="float32").reshape(1, 3, 1, 1)
    return torch.from_numpy(x)

# %% image by image
def prepare(images, moyennes, ecarts):
    liste = []
    for image in images:
        z = (image - moyennes) / ecarts
        liste.append(torch.tensor(np.transpose(z, (2, 0, 1)), dtype=torch.float32))
    return torch.stack(liste)
