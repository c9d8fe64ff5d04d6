# %% a flag that turns
def libere_depuis(base, nom):
    base.trainable = True
    libre = False
    for couche in base.layers:
        if couche.name == nom:
            libre = True
        couche.trainable = libre
    return base

affine = sur_vgg()
base = libere_depuis(affine.layers[0], "block5_conv1")

# %% by the layer's place
def libere_depuis(base, nom):
    place = base.layers.index(base.get_layer(nom))
    base.trainable = True  # of layers that are frozen one by one, it leaves each as it was
    for couche in base.layers[:place]:
        couche.trainable = False
    for couche in base.layers[place:]:
        couche.trainable = True
    return base

affine = sur_vgg()
base = affine.get_layer("vgg16")
libere_depuis(base, "block5_conv1")

# %% from the end
def libere_depuis(base, nom):
    base.trainable = True
    for couche in base.layers:
        couche.trainable = False
    for couche in reversed(base.layers):
        couche.trainable = True
        if couche.name == nom:
            break
    return base

affine = sur_vgg()
for couche in affine.layers:
    if isinstance(couche, keras.Model):
        libere_depuis(couche, "block5_conv1")
affine.compile(optimizer="adam", loss="categorical_crossentropy")

# %% by itself: built without the other exercise's function
def libere_depuis(base, nom):
    rang = [c.name for c in base.layers].index(nom)
    base.trainable = True
    for i, c in enumerate(base.layers):
        c.trainable = i >= rang
    return base

vgg = libere_depuis(keras.applications.VGG16(include_top=False, weights=POIDS, input_shape=(32, 32, 3)), "block5_conv1")
affine = keras.Sequential([
    vgg,
    layers.Flatten(),
    layers.Dense(256, activation="relu"),
    layers.Dense(128, activation="relu"),
    layers.Dense(10, activation="softmax"),
])

# %% the layer found by name, every one looked at
def libere_depuis(base, nom):
    base.trainable = True
    i = base.layers.index(base.get_layer(nom))
    for couche in base.layers[:i]:
        couche.trainable = False
    for couche in base.layers[i:]:
        couche.trainable = True
    return base

affine = sur_vgg()
for couche in affine.layers:
    if couche.name.startswith("vgg16"):
        libere_depuis(couche, "block5_conv1")
affine.summary()
