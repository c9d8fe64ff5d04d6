# %% tf.nn
def pooling_moyen(image, taille):
    x = tf.reshape(image, (1, image.shape[0], image.shape[1], 1))
    y = tf.nn.avg_pool2d(x, ksize=taille, strides=taille, padding="VALID")
    return y.numpy()[0, :, :, 0]

# %% NumPy alone, two loops
def pooling_moyen(image, taille):
    h, w = image.shape[0] // taille, image.shape[1] // taille
    sortie = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            sortie[i, j] = image[i * taille:(i + 1) * taille, j * taille:(j + 1) * taille].mean()
    return sortie

# %% NumPy alone, reshaped
def pooling_moyen(image, taille):
    h, w = [cote - cote % taille for cote in image.shape]
    return image[:h, :w].reshape(h // taille, taille, w // taille, taille).mean(axis=(1, 3))

# %% the layer by its other name, tuples spelled out
def pooling_moyen(image, taille):
    couche = layers.AvgPool2D(pool_size=(taille, taille), strides=(taille, taille), padding="valid")
    lot = np.expand_dims(np.expand_dims(image, 0), -1)
    return np.squeeze(couche(lot).numpy(), axis=(0, -1))

# %% a network of one layer, predict
def pooling_moyen(image, taille):
    reseau = keras.Sequential([layers.AveragePooling2D(pool_size=taille)])
    return reseau.predict(image.reshape((1,) + image.shape + (1,)), verbose=0).reshape(image.shape[0] // taille, -1)

# %% keras.ops
def pooling_moyen(image, taille):
    y = keras.ops.average_pool(keras.ops.convert_to_tensor(image)[None, ..., None], taille, padding="valid")
    return keras.ops.convert_to_numpy(y[0, ..., 0])

# %% a convolution with a constant kernel
def pooling_moyen(image, taille):
    noyau = tf.ones((taille, taille, 1, 1)) / taille**2
    return tf.nn.conv2d(image[None, ..., None], noyau, strides=taille, padding="VALID").numpy()[0, ..., 0]

# %% a comprehension
def pooling_moyen(image: np.ndarray, taille: int) -> np.ndarray:
    hauteur, largeur = image.shape
    return np.array([
        [np.mean(image[i:i + taille, j:j + taille]) for j in range(0, largeur - taille + 1, taille)]
        for i in range(0, hauteur - taille + 1, taille)
    ])

# %% sliding windows
from numpy.lib.stride_tricks import sliding_window_view

def pooling_moyen(image, taille):
    fenetres = sliding_window_view(image, (taille, taille))[::taille, ::taille]
    return fenetres.mean(axis=(-2, -1))

# %% sums of slices
def pooling_moyen(image, taille):
    h, w = (np.array(image.shape) // taille) * taille
    morceaux = [image[i:h:taille, j:w:taille] for i in range(taille) for j in range(taille)]
    return sum(morceaux) / len(morceaux)
