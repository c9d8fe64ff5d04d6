# %% pixels in a list
def statistiques(images):
    pixels = images.reshape(-1, 3)
    return np.mean(pixels, axis=0), np.std(pixels, axis=0)

# %% one channel after the other
def statistiques(images):
    m, s = [], []
    for c in range(3):
        canal = images[:, :, :, c]
        m.append(canal.mean())
        s.append(canal.std())
    return np.array(m), np.array(s)

# %% by PyTorch, the spread not corrected
def statistiques(images):
    t = torch.from_numpy(images).double()
    return t.mean(dim=(0, 1, 2)).numpy(), t.std(dim=(0, 1, 2), unbiased=False).numpy()
