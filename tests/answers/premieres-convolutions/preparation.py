# %% reshape
def prepare(images):
    return images.reshape(images.shape[0], images.shape[1], images.shape[2], 1).astype("float32") / 255.0

# %% expand_dims, multiplied
def prepare(images):
    x = np.expand_dims(images, axis=-1)
    return np.float32(x) * np.float32(1 / 255)

# %% a loop
def prepare(images):
    resultat = np.zeros(images.shape + (1,), dtype=np.float32)
    for i, image in enumerate(images):
        resultat[i, :, :, 0] = image / 255
    return resultat

# %% Keras
def prepare(images):
    x = keras.ops.cast(keras.ops.expand_dims(images, 3), "float32")
    return keras.ops.convert_to_numpy(x / 255)

# %% None, divided in place
def prepare(images):
    x = images[:, :, :, None].astype(np.float32)
    x /= 255
    return x
