# %% Pillow
from PIL import Image

def ouvre(chemin):
    image = Image.open(chemin).convert("L").resize((28, 28))
    x = np.array(image).astype("float32")
    x = 255 - x
    return (x / 255).flatten()

# %% Keras, step by step
def ouvre(chemin):
    img = keras.utils.load_img(chemin, color_mode="grayscale", target_size=(28, 28))
    x = keras.utils.img_to_array(img)
    x = x.reshape(-1) / 255
    return np.float32(1 - x)

# %% Matplotlib and the weights of colours
from PIL import Image as PILImage

def ouvre(chemin):
    pixels = np.asarray(PILImage.open(chemin).convert("RGB").resize((28, 28), PILImage.Resampling.BOX))
    gris = pixels @ np.array([0.2989, 0.5870, 0.1140]) / 255
    return np.clip(1 - gris, 0, 1).ravel().astype(np.float32)
