# %% in one line
X_train, X_test = (prepare(x, moyennes, ecarts) for x in (x_train, x_test))

# %% measured again
m, e = statistiques(x_train)
X_train = prepare(x_train, m, e)
X_test = prepare(x_test, m, e)
