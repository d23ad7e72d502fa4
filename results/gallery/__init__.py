"""The gallery: a static folder `RUN/gallery/` that shows a run in a browser, from `file://` or from any web server.

    index.html, *.js, *.css   the page, copied from `page/`
    state.js                  the version of the data, and whether the sweep still runs; small, read again and again
    data.js                   the trials: axes, settings, losses, where their images are
    curves/000.js …           loss curves, 100 trials a file, loaded when one of the trials is opened
    thumbnails/ab/….webp      small copies of the images, named by the hash of the pixels and their long edge

Pages from `file://` may load only scripts and images, so the data are scripts.
"""
