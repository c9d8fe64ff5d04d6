# %% a count, a length
def classes(modele, images):
    p = modele.predict(images)
    return p.argmax(axis=-1)

def sensibilite(modele, images):
    avant = classes(modele, images)
    apres = classes(modele, efface(images))
    return np.sum(avant != apres) / len(images)

# %% the model called
def classes(modele, images):
    return tf.argmax(modele(images), axis=1).numpy()

def sensibilite(modele, images):
    return 1 - np.mean(classes(modele, images) == classes(modele, efface(images)))

# %% a list of integers made an array, a count of nonzero
def classes(modele, images):
    return np.array([int(np.argmax(p)) for p in modele.predict(images, verbose=0)])

def sensibilite(modele, images):
    trouees = efface(images)
    return np.count_nonzero(classes(modele, images) - classes(modele, trouees)) / images.shape[0]

# %% by itself: erased without another question's function
def classes(modele, images):
    return np.argmax(modele.predict(images, verbose=0), axis=1)

def sensibilite(modele, images):
    trouees = images * (np.random.rand(*images.shape[:3], 1) > 0.04)
    return float(np.mean(classes(modele, images) != classes(modele, trouees)))

# %% the same, written out
def classes(modele, images):
    return modele.predict(images).argmax(axis=-1)

def sensibilite(modele, images):
    avant_ = classes(modele, images)
    apres_ = classes(modele, efface(images))
    return (avant_ != apres_).sum() / len(images)

# %% TensorFlow's argmax
def classes(modele, images):
    return tf.argmax(modele.predict(images, verbose=0), axis=1).numpy()

def sensibilite(modele, images):
    changees = np.not_equal(classes(modele, images), classes(modele, efface(images, part=0.04)))
    return float(np.average(changees))
