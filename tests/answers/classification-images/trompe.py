# %% a loss object, clipped by TensorFlow
def trompe(modele, images, marge=8 / 255):
    x = tf.constant(images, dtype=tf.float32)
    y = tf.argmax(modele(x, training=False), axis=-1)
    perte = keras.losses.SparseCategoricalCrossentropy()
    with tf.GradientTape() as tape:
        tape.watch(x)
        valeur = perte(y, modele(x, training=False))
    g = tape.gradient(valeur, x)
    return tf.clip_by_value(x + marge * tf.sign(g), 0.0, 1.0).numpy()

# %% a variable, the probability of the class made smaller
def trompe(modele, images, marge=8 / 255):
    v = tf.Variable(images, dtype=tf.float32)
    with tf.GradientTape() as t:
        p = modele(v)
        meilleure = tf.reduce_max(p, axis=1)
    gradient = t.gradient(meilleure, v).numpy()
    return np.clip(images - marge * np.sign(gradient), 0, 1).astype(np.float32)

# %% several small steps
def trompe(modele, images, marge=8 / 255):
    depart = np.asarray(images, dtype=np.float32)
    classes_lues = np.argmax(modele.predict(depart, verbose=0), axis=1)
    x = depart.copy()
    for _ in range(5):
        t = tf.convert_to_tensor(x)
        with tf.GradientTape() as bande:
            bande.watch(t)
            perte = keras.losses.sparse_categorical_crossentropy(classes_lues, modele(t))
        x = x + (marge / 4) * np.sign(bande.gradient(perte, t).numpy())
        x = np.clip(x, depart - marge, depart + marge)
        x = np.clip(x, 0, 1)
    return x

# %% towards the second class
def trompe(modele, images, marge=8 / 255):
    x = tf.convert_to_tensor(images, tf.float32)
    with tf.GradientTape() as bande:
        bande.watch(x)
        p = tf.math.log(modele(x) + 1e-9)
        deux = tf.math.top_k(p, 2).values
        difference = deux[:, 1] - deux[:, 0]
    pas = tf.sign(bande.gradient(difference, x))
    return np.clip((x + marge * pas).numpy(), 0.0, 1.0)

# %% the best probability made smaller, by minimum and maximum
def trompe(modele, images, marge=8 / 255):
    x = tf.convert_to_tensor(np.asarray(images, dtype="float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        p = modele(x)
        meilleure = tf.reduce_max(p, axis=1)
    gradient = tape.gradient(meilleure, x).numpy()
    return np.minimum(np.maximum(images - marge * np.sign(gradient), 0), 1)
