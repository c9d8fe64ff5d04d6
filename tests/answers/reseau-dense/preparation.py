# %% astype, then reshape
def prepare(images):
    x = images.astype("float32") / 255.0
    return x.reshape(x.shape[0], x.shape[1] * x.shape[2])

# %% a comprehension
def prepare(images):
    return np.array([image.flatten() / 255 for image in images], dtype=np.float32)

# %% layers of Keras
def prepare(images):
    couches = keras.Sequential([layers.Flatten(), layers.Rescaling(1.0 / 255)])
    return couches(images.astype("float32")).numpy()

# %% keras.ops
def prepare(images):
    x = keras.ops.cast(images, "float32") / 255
    return keras.ops.convert_to_numpy(keras.ops.reshape(x, (len(images), -1)))

# %% a product and a copy
def prepare(images):
    resultat = np.copy(images).astype(np.float32)
    resultat *= 1 / 255
    return resultat.reshape((len(images), np.prod(images.shape[1:])))
