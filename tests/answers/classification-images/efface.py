# %% two loops over pixels and random.random
import random

def efface(images, part=0.04):
    z = np.copy(images)
    n, h, w = images.shape[:3]
    for k in range(n):
        for i in range(h):
            for j in range(w):
                if random.random() < part:
                    z[k, i, j, :] = 0
    return z

# %% a mask multiplied
def efface(images, part=0.04):
    masque = np.random.rand(*images.shape[:-1], 1) >= part
    return images * masque

# %% np.where
def efface(images, part=0.04):
    garde = np.random.uniform(size=images.shape[:3]) > part
    return np.where(garde[..., np.newaxis], images, 0)

# %% an exact share of each image
def efface(images, part=0.04):
    z = images.copy()
    n, h, w, c = z.shape
    plat = z.reshape(n, h * w, c)
    for k in range(n):
        choisis = np.random.choice(h * w, size=int(round(part * h * w)), replace=False)
        plat[k, choisis] = 0
    return plat.reshape(n, h, w, c)

# %% choice among True and False
def efface(images, part=0.04):
    resultat = np.array(images)
    trous = np.random.choice([True, False], size=resultat.shape[:3], p=[part, 1 - part])
    resultat[trous, :] = 0.0
    return resultat

# %% TensorFlow
def efface(images, part=0.04):
    u = tf.random.uniform(tf.shape(images)[:3])[..., None]
    return tf.where(u < part, tf.zeros_like(images), images).numpy()

# %% multiplied by what is kept
def efface(images, part=0.04):
    n, h, l, c = images.shape
    garde = (np.random.rand(n, h, l, 1) > part).astype(images.dtype)
    return images * garde

# %% places by three indices
def efface(images, part=0.04):
    resultat = np.array(images)
    tirage_ = np.random.uniform(size=images.shape[:-1])
    i, j, k = np.where(tirage_ < part)
    resultat[i, j, k, :] = 0
    return resultat

# %% a binomial draw an image
def efface(images, part=0.04):
    copie = images.copy()
    for image in copie:
        m = np.random.binomial(1, part, size=image.shape[:2]).astype(bool)
        image[m] = 0
    return copie

# %% channel by channel
def efface(images, part=0.04):
    masque = np.random.choice([0, 1], size=images.shape[0:3], p=[part, 1 - part])
    return np.stack([images[..., c] * masque for c in range(images.shape[-1])], axis=-1)

# %% a flat view, one generator for all
rng = np.random.default_rng(7)

def efface(images, part=0.04):
    nouvelles = images.copy()
    plat = nouvelles.reshape(-1, images.shape[-1])
    plat[rng.random(len(plat)) < part] = 0
    return nouvelles
