# %% build, kernel
def poids_tires(graine):
    keras.utils.set_random_seed(graine)
    d = layers.Dense(units=3)
    d.build(input_shape=(None, 4))
    return d.kernel.numpy()

reproductible = dict(ailleurs=False, melange=True, poids=True)

# %% a network of one layer
def poids_tires(graine):
    keras.utils.set_random_seed(graine)
    modele = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    return modele.get_weights()[0]

reproductible = {}
reproductible["poids"] = True
reproductible["melange"] = True
reproductible["ailleurs"] = False

# %% called on zeros
def poids_tires(graine):
    keras.utils.set_random_seed(graine)
    couche = layers.Dense(3)
    couche(np.zeros((1, 4)))
    return np.array(couche.weights[0])

reproductible = {"poids": True, "melange": True, "ailleurs": False}
