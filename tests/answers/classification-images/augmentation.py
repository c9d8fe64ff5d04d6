# %% layers added one by one, arguments named
augmentation = keras.Sequential()
augmentation.add(layers.RandomFlip(mode="horizontal"))
augmentation.add(layers.RandomTranslation(height_factor=0.1, width_factor=0.1, fill_mode="nearest"))

def augmente(images, etiquettes):
    nouvelles = augmentation(images, training=True)
    return np.array(nouvelles), etiquettes

# %% an input, ranges from −0.1 to 0.1, labels copied
augmentation = keras.Sequential([
    keras.Input(shape=(None, None, 3)),
    keras.layers.RandomFlip("horizontal"),
    keras.layers.RandomTranslation((-0.1, 0.1), (-0.1, 0.1)),
], name="augmentation")

def augmente(images, etiquettes):
    images = tf.convert_to_tensor(images)
    return (augmentation(images, training=True).numpy(), np.copy(etiquettes))

# %% a list returned, another way to fill
augmentation = keras.models.Sequential([layers.RandomFlip("horizontal", seed=None), layers.RandomTranslation(.1, .1, fill_mode="constant", fill_value=0.5)])

def augmente(images, etiquettes):
    resultat = [augmentation(images, training=True).numpy(), etiquettes]
    return resultat

# %% in small lots
augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomTranslation(0.1, 0.1, "wrap")])

def augmente(images, etiquettes):
    morceaux = []
    for debut in range(0, len(images), 16):
        morceaux.append(augmentation(images[debut:debut + 16], training=True))
    return tf.concat(morceaux, axis=0).numpy(), etiquettes

# %% an input of any size, seeds
augmentation = keras.Sequential([keras.Input((None, None, 3)), layers.RandomFlip("horizontal", seed=1), layers.RandomTranslation((-0.1, 0.1), (-0.1, 0.1), seed=2)], name="aug")

def augmente(images, etiquettes):
    return keras.ops.convert_to_numpy(augmentation(images, training=True)), etiquettes

# %% what comes in is black, layer after layer
augmentation = keras.Sequential()
augmentation.add(layers.RandomFlip("horizontal"))
augmentation.add(layers.RandomTranslation(0.1, 0.1, fill_mode="constant"))

def augmente(images, etiquettes):
    x = tf.constant(images)
    for couche in augmentation.layers:
        x = couche(x, training=True)
    return x.numpy(), np.copy(etiquettes)
