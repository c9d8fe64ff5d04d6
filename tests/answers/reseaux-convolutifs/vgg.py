# %% a comment and a docstring that name Sequential(
def mon_vgg():
    """Pas de keras.Sequential([...]) ici : l'interface fonctionnelle."""
    # au lieu de Sequential( on enchaîne x = couche(x)
    entree = keras.Input(shape=(32, 32, 3))
    x = entree
    for filtres, n in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(n):
            x = layers.Conv2D(filtres, (3, 3), padding="same", activation="relu")(x)
        x = layers.MaxPooling2D((2, 2), strides=2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dense(128, activation="relu")(x)
    sortie = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs=entree, outputs=sortie, name="vgg16")

vgg = mon_vgg()
vgg.summary()

# %% block by block, names of layers
inputs = keras.Input((32, 32, 3), name="image")
x = layers.Conv2D(64, 3, padding="same", activation="relu", name="block1_conv1")(inputs)
x = layers.Conv2D(64, 3, padding="same", activation="relu", name="block1_conv2")(x)
x = layers.MaxPooling2D(2, 2, name="block1_pool")(x)
x = layers.Conv2D(128, 3, padding="same", activation="relu", name="block2_conv1")(x)
x = layers.Conv2D(128, 3, padding="same", activation="relu", name="block2_conv2")(x)
x = layers.MaxPooling2D(2, 2, name="block2_pool")(x)
x = layers.Conv2D(256, 3, padding="same", activation="relu", name="block3_conv1")(x)
x = layers.Conv2D(256, 3, padding="same", activation="relu", name="block3_conv2")(x)
x = layers.Conv2D(256, 3, padding="same", activation="relu", name="block3_conv3")(x)
x = layers.MaxPooling2D(2, 2, name="block3_pool")(x)
x = layers.Conv2D(512, 3, padding="same", activation="relu", name="block4_conv1")(x)
x = layers.Conv2D(512, 3, padding="same", activation="relu", name="block4_conv2")(x)
x = layers.Conv2D(512, 3, padding="same", activation="relu", name="block4_conv3")(x)
x = layers.MaxPooling2D(2, 2, name="block4_pool")(x)
x = layers.Conv2D(512, 3, padding="same", activation="relu", name="block5_conv1")(x)
x = layers.Conv2D(512, 3, padding="same", activation="relu", name="block5_conv2")(x)
x = layers.Conv2D(512, 3, padding="same", activation="relu", name="block5_conv3")(x)
x = layers.MaxPooling2D(2, 2, name="block5_pool")(x)
x = layers.Flatten(name="flatten")(x)
x = layers.Dense(256, activation="relu", name="fc1")(x)
x = layers.Dense(128, activation="relu", name="fc2")(x)
outputs = layers.Dense(10, activation="softmax", name="predictions")(x)
vgg = keras.Model(inputs, outputs)

# %% the base of keras.applications
base = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
x = layers.Flatten()(base.output)
x = layers.Dense(256, activation="relu")(x)
x = layers.Dense(128, activation="relu")(x)
vgg = keras.Model(base.input, layers.Dense(10, activation="softmax")(x))

# %% lists of layers, applied in a loop
couches = []
for filtres, fois in zip((64, 128, 256, 512, 512), (2, 2, 3, 3, 3)):
    couches.extend(layers.Conv2D(filtres, 3, activation="relu", padding="same") for _ in range(fois))
    couches.append(layers.MaxPooling2D())
couches += [layers.Flatten(), layers.Dense(256, "relu"), layers.Dense(128, "relu"), layers.Dense(10, "softmax")]
entree = keras.Input((32, 32, 3))
x = entree
for couche in couches:
    x = couche(x)
vgg = keras.Model(entree, x)

# %% ReLU layers, one pooling layer for all, tf.keras
from tensorflow.keras import Model
from tensorflow.keras.layers import Activation, Conv2D, Dense, Flatten, Input, MaxPooling2D

pool = MaxPooling2D(pool_size=(2, 2), strides=(2, 2))

def conv(x, filters):
    x = Conv2D(filters, (3, 3), padding="same")(x)
    return Activation("relu")(x)

image = Input(shape=(32, 32, 3))
x = pool(conv(conv(image, 64), 64))
x = pool(conv(conv(x, 128), 128))
x = pool(conv(conv(conv(x, 256), 256), 256))
x = pool(conv(conv(conv(x, 512), 512), 512))
x = pool(conv(conv(conv(x, 512), 512), 512))
x = Flatten()(x)
x = Dense(256, activation="relu")(x)
x = Dense(128, activation="relu")(x)
x = Dense(10, activation="softmax")(x)
vgg = Model(image, x)

# %% nested functional models
def extracteur():
    e = keras.Input((32, 32, 3))
    x = e
    for filtres, fois in {64: 2, 128: 2, 256: 3}.items():
        for _ in range(fois):
            x = layers.Conv2D(filtres, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    for _ in range(2):
        for _ in range(3):
            x = layers.Conv2D(512, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    return keras.Model(e, x)

def decideur():
    e = keras.Input((1, 1, 512))
    x = layers.Flatten()(e)
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dense(128, activation="relu")(x)
    return keras.Model(e, layers.Dense(10, activation="softmax")(x))

entree = keras.Input((32, 32, 3))
vgg = keras.Model(entree, decideur()(extracteur()(entree)))

# %% a functional model in a class
class VGG16(keras.Model):
    PLAN = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))

    def __init__(self, classes: int = 10):
        entree = keras.Input(shape=(32, 32, 3))
        x = entree
        for filtres, fois in self.PLAN:
            for _ in range(fois):
                x = layers.Conv2D(filtres, 3, padding="same")(x)
                x = layers.ReLU()(x)
            x = layers.MaxPooling2D(2)(x)
        x = layers.Flatten()(x)
        for unites in (256, 128):
            x = layers.Dense(unites, activation="relu")(x)
        super().__init__(inputs=entree, outputs=layers.Dense(classes, activation="softmax")(x))

vgg = VGG16()

# %% operations of Keras
entree = keras.Input((32, 32, 3))
x = entree
for filtres, fois in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
    for _ in range(fois):
        x = keras.ops.relu(layers.Conv2D(filtres, 3, padding="same")(x))
    x = keras.ops.max_pool(x, 2)
x = keras.ops.reshape(x, (-1, 512))
x = keras.ops.relu(layers.Dense(256)(x))
x = keras.ops.relu(layers.Dense(128)(x))
vgg = keras.Model(entree, keras.ops.softmax(layers.Dense(10)(x)))

# %% lists of one input and of one output
PLAN = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
image = keras.Input(shape=(32, 32, 3), name="image")
h = image
for numero, (f, fois) in enumerate(PLAN, start=1):
    for k in range(fois):
        h = layers.Conv2D(f, 3, padding="same", activation="relu", name=f"block{numero}_conv{k + 1}")(h)
    h = layers.MaxPooling2D(2, strides=2, name=f"block{numero}_pool")(h)
h = layers.Flatten()(h)
h = layers.Dense(256, activation="relu")(h)
h = layers.Dense(128, activation="relu")(h)
vgg = keras.Model(inputs=[image], outputs=[layers.Dense(10, activation="softmax")(h)])
