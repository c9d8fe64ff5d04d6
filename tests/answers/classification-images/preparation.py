# %% an axis by its number, then floats
def prepare(images):
    if len(images.shape) == 3:
        images = np.expand_dims(images, -1)
    return images.astype("float32") / 255.0

# %% reshape, from the shapes alone
def prepare(images):
    n, h, w = images.shape[:3]
    return (images / 255).reshape(n, h, w, -1).astype(np.float32)

# %% TensorFlow, back to NumPy
def prepare(images):
    x = tf.cast(images, tf.float32) / 255.
    if x.shape.rank == 3:
        x = x[..., tf.newaxis]
    return x.numpy()

# %% a Rescaling layer
echelle = layers.Rescaling(1 / 255)

def prepare(images):
    images = np.array(images)
    if images.ndim < 4:
        images = images[:, :, :, None]
    return np.array(echelle(images), dtype=np.float32)

# %% a product by the inverse, one return per case
def prepare(images: np.ndarray) -> np.ndarray:
    """float32 entre 0 et 1."""
    out = np.float32(images) * np.float32(1 / 255)
    if out.ndim == 3:
        return np.stack([out], axis=3)
    return out

# %% an array filled in
def prepare(images):
    forme = images.shape if images.ndim == 4 else (*images.shape, 1)
    resultat = np.zeros(forme, dtype=np.float32)
    resultat[:] = images.reshape(forme) * np.float32(1 / 255)
    return resultat

# %% TensorFlow's conversion
def prepare(images):
    t = tf.image.convert_image_dtype(images, tf.float32)
    if len(t.shape) == 3:
        t = t[:, :, :, tf.newaxis]
    return t.numpy()
