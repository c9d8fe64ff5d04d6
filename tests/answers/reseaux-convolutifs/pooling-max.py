# %% tf.nn
def pooling_max(image, taille):
    return tf.nn.max_pool2d(image[tf.newaxis, ..., tf.newaxis], taille, taille, "VALID")[0, :, :, 0].numpy()

# %% NumPy alone, two loops
def pooling_max(image, taille):
    lignes = image.shape[0] // taille
    colonnes = image.shape[1] // taille
    resultat = np.full((lignes, colonnes), -np.inf, dtype=image.dtype)
    for i in range(lignes):
        for j in range(colonnes):
            resultat[i, j] = np.max(image[taille * i:taille * i + taille, taille * j:taille * j + taille])
    return resultat

# %% NumPy alone, reshaped
def pooling_max(image, taille):
    h, w = image.shape[0] // taille, image.shape[1] // taille
    blocs = image[:h * taille, :w * taille].reshape(h, taille, w, taille)
    return blocs.max(axis=3).max(axis=1)

# %% the layer by its other name, a helper that serves both
def appliquer(couche, image):
    lot = tf.constant(image, dtype=tf.float32)[None, :, :, None]
    return couche(lot)[0, :, :, 0].numpy()

def pooling_max(image, taille):
    return appliquer(layers.MaxPool2D(taille), image)

# %% a functional network
def pooling_max(image, taille):
    entree = keras.Input(shape=(*image.shape, 1))
    reseau = keras.Model(entree, layers.MaxPooling2D((taille, taille))(entree))
    return np.array(reseau(image.reshape(1, *image.shape, 1)))[0, ..., 0]

# %% the maximum of slices
from functools import reduce

def pooling_max(image, taille):
    h, w = image.shape[0] // taille * taille, image.shape[1] // taille * taille
    return reduce(np.maximum, [image[i:h:taille, j:w:taille] for i in range(taille) for j in range(taille)])

# %% keras.ops
def pooling_max(image, taille):
    return np.asarray(keras.ops.max_pool(image[None, :, :, None], pool_size=taille, strides=taille))[0, :, :, 0]

# %% patches of TensorFlow
def pooling_max(image, taille):
    carres = tf.image.extract_patches(image[None, ..., None], [1, taille, taille, 1], [1, taille, taille, 1], [1, 1, 1, 1], "VALID")
    return tf.reduce_max(carres, axis=-1)[0].numpy()

# %% a lambda
pooling_max = lambda image, taille: layers.MaxPooling2D(taille)(image[np.newaxis, ..., np.newaxis]).numpy()[0, ..., 0]

# %% a layer of its own
class Pool(keras.layers.Layer):
    def __init__(self, taille):
        super().__init__()
        self.pool = keras.layers.MaxPooling2D(pool_size=(taille, taille))

    def call(self, image):
        return keras.ops.squeeze(self.pool(keras.ops.reshape(image, (1, *image.shape, 1))), axis=[0, -1])

def pooling_max(image, taille):
    return Pool(taille)(image).numpy()
