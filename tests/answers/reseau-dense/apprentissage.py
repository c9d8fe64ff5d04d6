# %% objects
reseau.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
historique = reseau.fit(x_entrainement, y_entrainement, epochs=3, batch_size=64, validation_split=0.2)

# %% a metric as an object, a set kept aside by hand
n = int(0.8 * len(x_entrainement))
reseau.compile(loss="categorical_crossentropy", optimizer="Adam", metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")])
historique = reseau.fit(
    x_entrainement[:n], y_entrainement[:n], batch_size=64, epochs=3, validation_data=(x_entrainement[n:], y_entrainement[n:]), verbose=2
)
print(historique.history.keys())

# %% positional, the rate spelled out
adam = keras.optimizers.Adam(learning_rate=0.001)
reseau.compile(adam, "categorical_crossentropy", metrics=["accuracy"])
historique = reseau.fit(x_entrainement, y_entrainement, 64, 3, validation_split=0.2, verbose=0)
plt.plot(historique.history["loss"])
plt.show()
