# %% layers written one after the other
def conv2_relu_max(x, filters, kernel_size):
    x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
    x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D((2, 2))(x)
    return x

def conv3_relu_max(x, filters, kernel_size):
    x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
    x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
    x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D((2, 2))(x)
    return x

entree = keras.Input(shape=(32, 32, 3))
x = conv2_relu_max(entree, 64, 3)
x = conv2_relu_max(x, 128, 3)
x = conv3_relu_max(x, 256, 3)
x = conv3_relu_max(x, 512, 3)
x = conv3_relu_max(x, 512, 3)
x = layers.Flatten()(x)
x = layers.Dense(256, activation="relu")(x)
x = layers.Dense(128, activation="relu")(x)
sortie = layers.Dense(10, activation="softmax")(x)
vgg_court = keras.Model(entree, sortie)
assert vgg_court.count_params() == 14_880_202

# %% one within the other's loop, functional composition
def conv_relu(x, filters, kernel_size):
    return layers.ReLU()(layers.Conv2D(filters, kernel_size, padding="same")(x))

def conv2_relu_max(x, filters, kernel_size):
    return layers.MaxPooling2D()(conv_relu(conv_relu(x, filters, kernel_size), filters, kernel_size))

def conv3_relu_max(x, filters, kernel_size):
    return conv2_relu_max(conv_relu(x, filters, kernel_size), filters, kernel_size)

x = entree = keras.Input((32, 32, 3))
for bloc, filtres in ((conv2_relu_max, 64), (conv2_relu_max, 128), (conv3_relu_max, 256), (conv3_relu_max, 512), (conv3_relu_max, 512)):
    x = bloc(x, filtres, 3)
x = layers.Flatten()(x)
for unites in (256, 128):
    x = layers.Dense(unites, activation="relu")(x)
vgg_court = keras.Model(entree, layers.Dense(10, activation="softmax")(x))

# %% lambdas and reduce
from functools import reduce

repete = lambda x, filters, kernel_size, n: layers.MaxPooling2D(2)(
    reduce(lambda y, _: layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(y), range(n), x)
)
conv2_relu_max = lambda x, filters, kernel_size: repete(x, filters, kernel_size, 2)
conv3_relu_max = lambda x, filters, kernel_size: repete(x, filters, kernel_size, 3)

debut = keras.Input((32, 32, 3))
y = conv2_relu_max(conv2_relu_max(debut, 64, 3), 128, 3)
y = reduce(lambda z, f: conv3_relu_max(z, f, 3), (256, 512, 512), y)
y = layers.Dense(128, "relu")(layers.Dense(256, "relu")(layers.Flatten()(y)))
vgg_court = keras.Model(debut, layers.Dense(10, "softmax")(y))

# %% type hints, defaults, operations
def conv2_relu_max(x: keras.KerasTensor, filters: int, kernel_size: int = 3) -> keras.KerasTensor:
    for _ in range(2):
        x = keras.ops.relu(layers.Conv2D(filters, kernel_size, padding="same")(x))
    return layers.MaxPooling2D(pool_size=2, strides=2)(x)

def conv3_relu_max(x: keras.KerasTensor, filters: int, kernel_size: int = 3) -> keras.KerasTensor:
    for _ in range(3):
        x = keras.ops.relu(layers.Conv2D(filters, kernel_size, padding="same")(x))
    return layers.MaxPooling2D(pool_size=2, strides=2)(x)

def construit() -> keras.Model:
    entree = keras.Input((32, 32, 3))
    x = conv2_relu_max(entree, 64)
    x = conv2_relu_max(x, 128)
    for filters in (256, 512, 512):
        x = conv3_relu_max(x, filters)
    x = layers.Flatten()(x)
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dense(128, activation="relu")(x)
    return keras.Model(entree, layers.Dense(10, activation="softmax")(x))

vgg_court = construit()
print(vgg_court.count_params())

# %% small models inside the functions
def bloc_de(n, entree, filters, kernel_size):
    couches = [layers.Conv2D(filters, kernel_size, padding="same", activation="relu") for _ in range(n)]
    return keras.Sequential([*couches, layers.MaxPooling2D(2)])(entree)

def conv2_relu_max(x, filters, kernel_size):
    return bloc_de(2, x, filters, kernel_size)

def conv3_relu_max(x, filters, kernel_size):
    return bloc_de(3, x, filters, kernel_size)

e = keras.Input((32, 32, 3))
x = conv2_relu_max(e, filters=64, kernel_size=(3, 3))
x = conv2_relu_max(x, filters=128, kernel_size=(3, 3))
x = conv3_relu_max(x, filters=256, kernel_size=(3, 3))
x = conv3_relu_max(x, filters=512, kernel_size=(3, 3))
x = conv3_relu_max(x, filters=512, kernel_size=(3, 3))
decision = keras.Sequential([layers.Flatten(), layers.Dense(256, "relu"), layers.Dense(128, "relu"), layers.Dense(10, "softmax")])
vgg_court = keras.Model(e, decision(x))

# %% a layer of its own for convolution and ReLU
class ConvReLU(layers.Layer):
    def __init__(self, filters, kernel_size):
        super().__init__()
        self.conv = layers.Conv2D(filters, kernel_size, padding="same")
        self.relu = layers.ReLU()

    def call(self, x):
        return self.relu(self.conv(x))

def conv2_relu_max(x, filters, kernel_size):
    x = ConvReLU(filters, kernel_size)(x)
    x = ConvReLU(filters, kernel_size)(x)
    return layers.MaxPool2D()(x)

def conv3_relu_max(x, filters, kernel_size):
    x = ConvReLU(filters, kernel_size)(x)
    x = ConvReLU(filters, kernel_size)(x)
    x = ConvReLU(filters, kernel_size)(x)
    return layers.MaxPool2D()(x)

entree = keras.Input((32, 32, 3))
x = entree
for i, f in enumerate((64, 128, 256, 512, 512)):
    x = (conv2_relu_max if i < 2 else conv3_relu_max)(x, f, 3)
x = layers.Flatten()(x)
x = layers.Dense(256, activation="relu")(x)
x = layers.Dense(128, activation="relu")(x)
x = layers.Dense(10, activation="softmax")(x)
vgg_court = keras.Model(inputs=entree, outputs=x)

# %% a closure, the network a Sequential of it in a class
def fabrique(n):
    def bloc(x, filters, kernel_size):
        for _ in range(n):
            x = layers.Conv2D(filters, kernel_size, activation="relu", padding="same")(x)
        return layers.MaxPooling2D(2)(x)
    return bloc

conv2_relu_max, conv3_relu_max = fabrique(2), fabrique(3)

x = entree = keras.Input((32, 32, 3))
plan = [(conv2_relu_max, 64), (conv2_relu_max, 128)] + [(conv3_relu_max, n) for n in (256, 512, 512)]
while plan:
    bloc, filtres = plan.pop(0)
    x = bloc(x, filtres, 3)
x = layers.Flatten()(x)
x = layers.Dense(256)(x)
x = layers.Activation("relu")(x)
x = layers.Dense(128)(x)
x = layers.Activation("relu")(x)
x = layers.Dense(10)(x)
x = layers.Activation("softmax")(x)
vgg_court = keras.Model(entree, x)
