# %% axes and a title
fig, ax = plt.subplots()
ax.plot(pertes, "o-")
ax.set_xlabel("Époque")
ax.set_ylabel("Perte (entropie croisée)")
ax.set_title("Courbe d'apprentissage")

# %% epochs from zero, a grid, a legend
plt.figure(figsize=(6, 4))
plt.plot(np.arange(len(pertes)), pertes, color="red", label="perte")
plt.xlabel("epoch"); plt.ylabel("loss")
plt.grid(); plt.legend()
plt.show()
