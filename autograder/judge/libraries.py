"""Libraries that notebooks on machine learning import, by the names of their modules."""

from __future__ import annotations

KNOWN = frozenset(
    """
    absl accelerate albumentations altair apex arviz astropy audioread autokeras av bertopic bitsandbytes bokeh
    boto3 bs4 cartopy catboost category_encoders chainer chex clip cloudpickle cmdstanpy colorama contextily cupy
    cv2 cvxpy cython dash dask datasets dateutil deap deeplake diffusers dill docx dvc easyocr efficientnet einops
    emoji evaluate faiss fastai fastapi fasttext feature_engine featuretools filterpy flask flax folium frozenset(
    fsspec gensim geopandas geopy gluonts gradio graphviz gym gymnasium h2o h5py haiku hdbscan hmmlearn holoviews
    huggingface_hub hvplot hydra hyperopt igraph imageio imageio_ffmpeg imblearn imgaug imutils ipympl ipywidgets
    jax jaxlib jieba joblib kaggle kagglehub keras keras_core keras_cv keras_hub keras_nlp keras_preprocessing
    keras_tuner keras_vggface kerastuner kmodes kornia langchain langdetect lazypredict librosa lifelines lightgbm
    lightning lime livelossplot llama_cpp loguru lpips lxml mahotas matplotlib medmnist minisom missingno mlflow
    mlxtend mne monai moviepy mpl_toolkits mplcyberpunk mplfinance mpmath mtcnn music21 mxnet nengo neptune netron
    networkx nibabel nilearn nltk noisereduce numba numexpr numpy numpyro odf onnx onnxruntime openai openpyxl optax
    optuna orbax osmnx paddle pandas pandas_datareader pandas_profiling papermill patsy peft PIL pingouin
    pkg_resources plotly plotnine pmdarima polars pretrainedmodels prettytable prophet psutil psycopg2 pyarrow
    pydantic pydicom pydot pydotplus pydub pyforest pygame pymc pymongo pyro pyspark pytesseract pytest
    pytorch_lightning pytorch_metric_learning pyvista pywt qiskit rasterio ray regex reportlab requests resampy rich
    sacrebleu safetensors scikeras scikitplot scipy seaborn segmentation_models segmentation_models_pytorch selenium
    sentence_transformers sentencepiece setuptools shap shapely SimpleITK simpletransformers skimage sklearn skopt
    sktime sounddevice soundfile spacy sqlalchemy stable_baselines3 stanza statsmodels streamlit sweetviz swifter
    sympy tables tabulate tensorboard tensorboardX tensorflow tensorflow_addons tensorflow_data_validation
    tensorflow_datasets tensorflow_decision_forests tensorflow_docs tensorflow_federated tensorflow_hub
    tensorflow_io tensorflow_model_optimization tensorflow_privacy tensorflow_probability tensorflow_similarity
    tensorflow_text tensorflow_transform tensorly textblob tf_agents tf_explain tf_keras tf_keras_vis tflearn theano
    thop tiktoken timm tokenizers torch torch_geometric torchaudio torchinfo torchmetrics torchsummary torchtext
    torchvision torchviz tpot tqdm transformers trax trimesh trl tsfresh tslearn ultralytics umap unidecode vaex
    visualkeras vit_keras wandb wget wikipedia wordcloud xarray xgboost xlrd xlsxwriter yaml ydata_profiling
    yellowbrick yfinance yolov5 zarr
    """.split()  # noqa: SIM905 (a list of three hundred strings is not to be read)
)

IMPORTED_AS = {
    "np": "numpy", "pd": "pandas", "plt": "matplotlib", "pyplot": "matplotlib", "tf": "tensorflow", "k": "keras",
    "sns": "seaborn", "nn": "torch", "sk": "sklearn", "sp": "scipy", "px": "plotly", "scikit": "sklearn",
    "scikit-learn": "sklearn", "scikit_learn": "sklearn", "scikit-image": "skimage", "opencv": "cv2",
    "opencv2": "cv2", "opencv-python": "cv2", "pillow": "PIL", "image": "PIL", "pytorch": "torch",
    "beautifulsoup": "bs4", "beautifulsoup4": "bs4", "pyyaml": "yaml", "python-dateutil": "dateutil",
    "tensorflow-datasets": "tensorflow_datasets", "tensorflow-hub": "tensorflow_hub", "umap-learn": "umap",
    "imbalanced-learn": "imblearn", "biopython": "Bio",
}  # fmt: skip
"""Modules by the short name they get when imported, and by what their library is installed as; in small letters."""

PACKAGES = {
    "Bio": "biopython", "PIL": "pillow", "bs4": "beautifulsoup4", "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil", "docx": "python-docx", "imblearn": "imbalanced-learn", "mpl_toolkits": "matplotlib",
    "pywt": "PyWavelets", "skimage": "scikit-image", "sklearn": "scikit-learn", "skopt": "scikit-optimize",
    "umap": "umap-learn", "yaml": "pyyaml",
}  # fmt: skip
"""What libraries are installed as, where that is not the name of their module."""
