# %% the shape as a list
huit_reduit = pooling_max(huit, 2)
print(list(huit_reduit.shape))

# %% an f-string
huit_reduit = pooling_max(huit, taille=2)
h, w = huit_reduit.shape
print(f"{h} x {w}")

# %% by NumPy, the array shown too
huit_reduit = huit.reshape(4, 2, 4, 2).max(axis=(1, 3))
print(huit_reduit)
print("Forme du 8 réduit (par 2) :", np.shape(huit_reduit))
assert huit_reduit.shape == (4, 4), "la forme attendue est (4, 4)"

# %% by the layer
couche = layers.MaxPooling2D((2, 2))
huit_reduit = couche(huit.reshape(1, 8, 8, 1)).numpy().reshape(4, 4)
plt.imshow(huit_reduit, cmap="gray")
plt.show()
print("hauteur :", huit_reduit.shape[0], "largeur :", huit_reduit.shape[1])

# %% before and after
huit_reduit = pooling_max(huit, 2)
print("avant", huit.shape, "après", huit_reduit.shape)

# %% unpacked, a line each
huit_reduit = pooling_max(huit, 2).astype(int)
for cote in huit_reduit.shape:
    print(cote)

# %% by TensorFlow, printed by it
huit_reduit = tf.nn.max_pool2d(huit[None, :, :, None], 2, 2, "VALID")[0, :, :, 0].numpy()
print(tf.shape(huit_reduit))

# %% magics and a comment
%matplotlib inline
huit_reduit = pooling_max(huit, 2)
plt.imshow(huit_reduit)
plt.show()
# la forme est (4, 4)
print(*huit_reduit.shape)
