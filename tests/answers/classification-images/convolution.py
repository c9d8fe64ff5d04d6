# %% shapes multiplied
convolutions = [c for c in profond.layers if "conv" in c.name]
noyau, b = convolutions[0].get_weights()
print(noyau.shape, b.shape)
poids = noyau.shape[0] * noyau.shape[1] * noyau.shape[2] * noyau.shape[3]
biais = len(b)

# %% from the arrays' shapes
premiere = [couche for couche in profond.layers if isinstance(couche, layers.Conv2D)][0]
poids = int(np.prod(premiere.get_weights()[0].shape))
biais = premiere.get_weights()[1].shape[0]

# %% by the model's own weights
poids, biais = (int(tf.size(v)) for v in profond.weights[:2])

# %% count_params and a subtraction
couche = next(c for c in profond.layers if c.__class__.__name__ == "Conv2D")
biais = couche.filters
poids = couche.count_params() - biais

# %% by itself: a layer like it, built on its own
seule = layers.Conv2D(32, (3, 3))
seule.build((None, 28, 28, 1))
noyau, b = seule.get_weights()
poids, biais = noyau.size, b.size

# %% the first convolution looked for
premiere = [c for c in profond.layers if isinstance(c, layers.Conv2D)][0]
poids = premiere.get_weights()[0].size
biais = premiere.get_weights()[1].shape[0]

# %% sizes multiplied
poids = 1
for dimension in profond.get_weights()[0].shape:
    poids *= dimension
biais = profond.get_weights()[1].size
