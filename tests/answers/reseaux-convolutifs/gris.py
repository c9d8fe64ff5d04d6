# %% a comprehension of channels, summed by Python
def en_gris(image):
    poids = (0.2989, 0.5870, 0.1140)
    return sum(p * image[:, :, canal] for canal, p in enumerate(poids)).astype("float32")

# %% einsum
def en_gris(image):
    """Rend l'image en niveaux de gris, de type float32."""
    return np.einsum("ijk,k->ij", image, np.array([0.2989, 0.5870, 0.1140])).astype(np.float32)

# %% tf.image
def en_gris(image):
    image = tf.convert_to_tensor(image, dtype=tf.float32)
    return tf.squeeze(tf.image.rgb_to_grayscale(image), axis=-1).numpy()

# %% a lambda
en_gris = lambda image: np.float32(0.2989 * image[..., 0] + 0.5870 * image[..., 1] + 0.1140 * image[..., 2])

# %% two loops over pixels
def en_gris(image):
    h, w = image.shape[:2]
    gris = np.zeros((h, w), dtype=np.float32)
    for i in range(h):
        for j in range(w):
            r, v, b = image[i, j]
            gris[i, j] = 0.2989 * r + 0.5870 * v + 0.1140 * b
    return gris

# %% type hints, an average with weights, prints
def en_gris(image: np.ndarray) -> np.ndarray:
    print("entrée :", image.shape, image.dtype)
    weights = [0.2989, 0.5870, 0.1140]
    gris: np.ndarray = np.average(image, axis=2, weights=weights) * np.sum(weights)
    assert gris.ndim == 2
    return np.asarray(gris, dtype="float32")

# %% tensordot of TensorFlow
def en_gris(image):
    poids = tf.constant([0.2989, 0.5870, 0.1140], dtype=tf.float32)
    return tf.tensordot(tf.cast(image, tf.float32), poids, axes=1).numpy()

# %% keras.ops
from keras import ops

def en_gris(image):
    x = ops.cast(image, "float32")
    gris = ops.sum(x * ops.convert_to_tensor([0.2989, 0.5870, 0.1140]), axis=-1)
    return ops.convert_to_numpy(gris)

# %% a convolution of 1 x 1
def en_gris(image):
    noyau = np.array([0.2989, 0.5870, 0.1140], dtype=np.float32).reshape(1, 1, 3, 1)
    sortie = tf.nn.conv2d(image[np.newaxis].astype(np.float32), noyau, strides=1, padding="VALID")
    return sortie.numpy().squeeze(axis=(0, 3))

# %% a helper in a cell of its own, channels unpacked
R, V, B = 0.2989, 0.5870, 0.1140

def ponderer(canal, poids):
    return poids * canal

# %% +
def en_gris(image):
    rouge, vert_, bleu = np.moveaxis(image, -1, 0)
    total = ponderer(rouge, R) + ponderer(vert_, V) + ponderer(bleu, B)
    return total.astype(np.float32)
