# %% subplot, numbered
def montre_cartes(vues, filtre):
    n, m = len(vues[0]), len(vues)
    plt.figure(figsize=(2 * m, 2 * n))
    numero = 1
    for i in range(n):
        for j in range(m):
            plt.subplot(n, m, numero)
            plt.imshow(vues[j][i][:, :, filtre], cmap="gray")
            plt.xticks([])
            plt.yticks([])
            numero += 1
    plt.show()

# %% axes by column, titles, another way to index
def montre_cartes(vues, filtre):
    fig, axes = plt.subplots(vues[0].shape[0], len(vues), squeeze=False)
    for i, ligne in enumerate(axes):
        for vue, axe in zip(vues, ligne):
            axe.matshow(vue[i, ..., filtre], cmap="Greys_r")
            axe.set_title(f"{vue.shape[1]} px")
    fig.tight_layout()
    return fig

# %% reshaped axes
def montre_cartes(vues, filtre):
    lignes, colonnes = vues[0].shape[0], len(vues)
    f, ax = plt.subplots(lignes, colonnes)
    ax = np.reshape(ax, (lignes, colonnes))
    for i in range(lignes):
        for j in range(colonnes):
            carte = vues[j][i, :, :, filtre]
            carte = (carte - carte.min()) / (carte.max() - carte.min() + 1e-9)
            ax[i][j].imshow(carte, "gray", vmin=0, vmax=1)
            ax[i][j].axis("off")
    plt.savefig("cartes.png")
