# %% written out, the convolution on a four-dimensional array
noyaux["flou_moyen"] = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1]], dtype=np.float32) / 9
noyaux["flou_gaussien"] = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=np.float32) / 16

def filtre(image, noyau):
    h, w = image.shape
    x = image.reshape(1, h, w, 1).astype("float32")
    k = noyau.reshape(noyau.shape[0], noyau.shape[1], 1, 1).astype("float32")
    y = tf.nn.conv2d(x, k, strides=[1, 1, 1, 1], padding="SAME")
    return y.numpy().reshape(h, w)

# %% update, new axes, squeeze
colonne = np.array([[1.0], [2.0], [1.0]], dtype=np.float32)
gauss = colonne @ colonne.T
noyaux.update(flou_moyen=np.ones((3, 3), dtype="float32") / 9, flou_gaussien=gauss / gauss.sum())

def filtre(image, noyau):
    sortie = tf.nn.conv2d(image[None, ..., None], noyau[..., None, None], 1, "SAME")
    return tf.squeeze(sortie).numpy()

# %% SciPy
from scipy import ndimage

noyaux["flou_moyen"] = np.full(shape=(3, 3), fill_value=1 / 9).astype(np.float32)
noyaux["flou_gaussien"] = (np.array([[1], [2], [1]]) * np.array([1, 2, 1]) / 16).astype(np.float32)

def filtre(image, noyau):
    return ndimage.correlate(image, noyau, mode="constant", cval=0.0)

# %% NumPy alone, two loops
noyaux["flou_moyen"] = np.float32(np.ones((3, 3)) / 9)
noyaux["flou_gaussien"] = np.float32(np.outer([1, 2, 1], [1, 2, 1]) / 16)

def filtre(image, noyau):
    k = noyau.shape[0] // 2
    bordee = np.pad(image, k)
    resultat = np.zeros_like(image)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            resultat[i, j] = np.sum(bordee[i:i + 2 * k + 1, j:j + 2 * k + 1] * noyau)
    return resultat

# %% a merged dictionary, tf.expand_dims
g = np.array([1, 2, 1], np.float32)
noyaux = {**noyaux, "flou_moyen": np.tile(np.float32(1 / 9), (3, 3)), "flou_gaussien": np.outer(g, g) / np.outer(g, g).sum()}

def filtre(image, noyau):
    image = tf.expand_dims(tf.expand_dims(tf.convert_to_tensor(image, tf.float32), 0), -1)
    noyau = tf.expand_dims(tf.expand_dims(tf.convert_to_tensor(noyau, tf.float32), -1), -1)
    return tf.nn.conv2d(input=image, filters=noyau, strides=(1, 1), padding="SAME")[0, ..., 0].numpy()

# %% borders padded by hand, then VALID
def flou(valeurs):
    tableau = np.asarray(valeurs, dtype=np.float32)
    return tableau / tableau.sum()

noyaux["flou_moyen"] = flou([[1] * 3] * 3)
noyaux["flou_gaussien"] = flou([[1, 2, 1], [2, 4, 2], [1, 2, 1]])

def filtre(image, noyau):
    kh, kw = noyau.shape
    bords = [[kh // 2, kh // 2], [kw // 2, kw // 2]]
    x = tf.pad(image, bords)[tf.newaxis, :, :, tf.newaxis]
    y = tf.nn.conv2d(x, tf.reshape(noyau, (kh, kw, 1, 1)), 1, "VALID")
    return np.array(y)[0, :, :, 0]

# %% a Conv2D layer with its weights set
noyaux["flou_moyen"] = tf.fill((3, 3), 1 / 9).numpy()
noyaux["flou_gaussien"] = tf.linalg.matmul([[1.0], [2.0], [1.0]], [[1.0, 2.0, 1.0]]).numpy() / 16

def filtre(image, noyau):
    conv = layers.Conv2D(1, noyau.shape, padding="same", use_bias=False)
    conv.build((None, None, None, 1))
    conv.set_weights([noyau.reshape(*noyau.shape, 1, 1)])
    return conv(image.reshape(1, *image.shape, 1)).numpy()[0, :, :, 0]

# %% keras.ops.conv, a class of constants
class Flous:
    MOYEN = np.repeat(np.float32(1) / 9, 9).reshape(3, 3)
    GAUSSIEN = np.multiply.outer(np.array([1, 2, 1], dtype="float32"), np.array([0.25, 0.5, 0.25], dtype="float32")) / 4

noyaux["flou_moyen"], noyaux["flou_gaussien"] = Flous.MOYEN, Flous.GAUSSIEN

def filtre(image, noyau):
    y = keras.ops.conv(image[None, :, :, None], noyau[:, :, None, None], strides=1, padding="same")
    return keras.ops.convert_to_numpy(y)[0, :, :, 0]

# %% shifted copies of the image, summed
for nom, poids in (("flou_moyen", [1, 1, 1]), ("flou_gaussien", [1, 2, 1])):
    noyau = np.outer(poids, poids)
    noyaux[nom] = (noyau / noyau.sum()).astype(np.float32)

def filtre(image, noyau):
    h, l = image.shape
    m, n = noyau.shape
    grande = np.zeros((h + m - 1, l + n - 1), dtype=np.float32)
    grande[m // 2 : m // 2 + h, n // 2 : n // 2 + l] = image
    return sum(noyau[i, j] * grande[i : i + h, j : j + l] for i in range(m) for j in range(n))

# %% SciPy's convolution of the kernel turned round
from scipy.signal import convolve2d

noyaux["flou_moyen"] = np.ones((3, 3), np.float32) * np.float32(0.11111111)
noyaux["flou_gaussien"] = np.array([[0.0625, 0.125, 0.0625], [0.125, 0.25, 0.125], [0.0625, 0.125, 0.0625]], np.float32)

def filtre(image, noyau):
    return convolve2d(image, np.flip(noyau), mode="same", boundary="fill", fillvalue=0)
