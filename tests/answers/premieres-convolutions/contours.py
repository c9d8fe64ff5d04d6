# %% subplot
def montre_contours(image):
    plt.figure(figsize=(8, 4))
    plt.subplot(1, 2, 1)
    plt.imshow(image, cmap="gray")
    plt.title("Image")
    plt.subplot(1, 2, 2)
    plt.imshow(applique(image, contour), cmap="gray")
    plt.title("Contours")

# %% axes, colour bars, returned
def montre_contours(image):
    fig, (gauche, droite) = plt.subplots(ncols=2)
    fig.suptitle("Filtrage")
    im = gauche.imshow(image, cmap=plt.cm.gray)
    gauche.set_title("avant")
    fig.colorbar(im, ax=gauche)
    im = droite.imshow(applique(image, contour), cmap=plt.cm.gray, interpolation="nearest")
    droite.set(title="après")
    fig.colorbar(im, ax=droite)
    return fig

# %% scaled to bytes, axes off, plt.gray
def montre_contours(image):
    plt.gray()
    for place, (im, t) in enumerate([(image * 255, "original"), (applique(image * 255, contour), "filtrée")]):
        ax = plt.subplot(121 + place)
        ax.imshow(im)
        ax.axis("off")
        ax.set_title(t, fontsize=9)
    plt.tight_layout()
    plt.show()
    plt.close("all")

# %% a mosaic, its axes set at once, grey by its other name
def montre_contours(image):
    figure, axes = plt.subplot_mosaic([["a", "b"]])
    for cle, (titre, montree) in zip(axes, {"originale": image, "filtrée": applique(image, contour)}.items()):
        axes[cle].imshow(montree, cmap="grey", interpolation="nearest")
        axes[cle].set(title=titre, xticks=[], yticks=[])
    figure.suptitle("Contours")
    figure.tight_layout()
    plt.show()
