# %% scikit-learn and Keras
from sklearn.model_selection import train_test_split

def separe(images, etiquettes):
    x_train, x_valid, y_train, y_valid = train_test_split(images, etiquettes, test_size=0.25, random_state=42)
    return x_train, x_valid, y_train, y_valid

def normalise(images):
    return (images.astype("float32") / 255) * 2 - 1

def one_hot(etiquettes):
    return keras.utils.to_categorical(etiquettes, num_classes=10)

# %% shuffled indices, a slice, comprehensions
def separe(images, etiquettes):
    indices = np.arange(len(images))
    np.random.shuffle(indices)
    n = int(0.75 * len(images))
    return images[indices[:n]], images[indices[n:]], etiquettes[indices[:n]], etiquettes[indices[n:]]

def normalise(images):
    return np.array((images - 127.5) / 127.5, dtype=np.float32)

def one_hot(etiquettes):
    return np.array([[1.0 if k == int(e) else 0.0 for k in range(10)] for e in np.ravel(etiquettes)])

# %% TensorFlow
def separe(images, etiquettes):
    ordre = tf.random.shuffle(tf.range(len(images)))
    n = len(images) // 4
    valid, train = ordre[:n], ordre[n:]
    return tf.gather(images, train).numpy(), tf.gather(images, valid).numpy(), tf.gather(etiquettes, train).numpy(), tf.gather(etiquettes, valid).numpy()

def normalise(images):
    return (tf.cast(images, tf.float32) / 127.5 - 1.0).numpy()

def one_hot(etiquettes):
    return tf.one_hot(tf.reshape(etiquettes, [-1]), depth=10).numpy()

# %% choice without replacement, a mask
def separe(images, etiquettes):
    n = len(images)
    masque = np.zeros(n, dtype=bool)
    masque[np.random.choice(n, size=n // 4, replace=False)] = True
    return images[~masque], images[masque], etiquettes[~masque], etiquettes[masque]

def normalise(images):
    normalisees = images.astype(np.float32)
    normalisees /= 127.5
    normalisees -= 1
    return normalisees

def one_hot(etiquettes):
    etiquettes = np.asarray(etiquettes).flatten()
    resultat = np.zeros((etiquettes.size, 10))
    resultat[np.arange(etiquettes.size), etiquettes] = 1
    return resultat

# %% Rescaling and CategoryEncoding, sklearn's shuffle
from sklearn.utils import shuffle

def separe(images, etiquettes):
    images, etiquettes = shuffle(images, etiquettes, random_state=0)
    coupe = 3 * len(images) // 4
    return images[:coupe], images[coupe:], etiquettes[:coupe], etiquettes[coupe:]

def normalise(images):
    return np.asarray(layers.Rescaling(1 / 127.5, offset=-1)(images))

def one_hot(etiquettes):
    return np.asarray(layers.CategoryEncoding(num_tokens=10, output_mode="one_hot")(np.reshape(etiquettes, (-1, 1))))

# %% the generator of NumPy, interp, a comparison
def separe(images, etiquettes):
    rng = np.random.default_rng()
    melange = rng.permutation(images.shape[0])
    valid = melange[: images.shape[0] // 4]
    train = np.setdiff1d(melange, valid)
    return images[train], images[valid], etiquettes[train], etiquettes[valid]

def normalise(images):
    return np.interp(images, [0, 255], [-1, 1]).astype(np.float32)

def one_hot(etiquettes):
    return (np.arange(10) == np.reshape(etiquettes, (-1, 1))).astype(int)

# %% test_size as a count, labels squeezed, type hints
from sklearn.model_selection import train_test_split

def separe(images: np.ndarray, etiquettes: np.ndarray) -> tuple:
    return train_test_split(images, etiquettes, test_size=len(images) // 4, shuffle=True)

def normalise(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images, dtype="float32")
    return 2 * images / 255 - 1

def one_hot(etiquettes: np.ndarray) -> np.ndarray:
    return keras.utils.to_categorical(np.squeeze(etiquettes), 10)

# %% random.sample, keras.ops, identity
import random

def separe(images, etiquettes):
    tirage = random.sample(range(len(images)), len(images) // 4)
    reste = sorted(set(range(len(images))) - set(tirage))
    return [images[reste], images[tirage], etiquettes[reste], etiquettes[tirage]]

def normalise(images):
    return keras.ops.convert_to_numpy(keras.ops.cast(images, "float32") / 127.5 - 1)

def one_hot(etiquettes):
    return np.identity(10)[np.array(etiquettes).ravel()]

# %% np.delete, put_along_axis, tf.keras
def separe(images, etiquettes):
    choisis = np.random.permutation(len(images))[: len(images) // 4]
    return np.delete(images, choisis, axis=0), images[choisis], np.delete(etiquettes, choisis, axis=0), etiquettes[choisis]

def normalise(images):
    return tf.keras.applications.imagenet_utils.preprocess_input(images.astype("float32"), mode="tf")

def one_hot(etiquettes):
    colonne = np.asarray(etiquettes).reshape(-1, 1)
    lignes = np.zeros((len(colonne), 10), dtype="float32")
    np.put_along_axis(lignes, colonne, 1, axis=1)
    return lignes

# %% take, linspace, keras.ops.one_hot
def separe(images, etiquettes):
    "Mélange puis coupe."
    graine = np.random.RandomState(7)
    p = graine.permutation(len(images))
    n_valid = round(len(images) * 0.25)
    parties = [np.take(tableau, partie, axis=0) for tableau in (images, etiquettes) for partie in (p[n_valid:], p[:n_valid])]
    return tuple(parties)

def normalise(images):
    return np.linspace(-1, 1, 256, dtype=np.float32)[images]

def one_hot(etiquettes):
    return keras.ops.convert_to_numpy(keras.ops.one_hot(np.reshape(etiquettes, -1), 10))
