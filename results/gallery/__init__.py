"""The gallery: a static folder `RUN/gallery/` that shows a run in a browser, from `file://` or from any web server.

    index.html, *.js, *.css   the page, copied from `page/`
    state.js                  which version of the data there is, and whether the sweep still runs; small, polled
    data.js                   the trials: axes, settings, losses, where their images are
    curves/000.js …           loss curves, 100 trials a file, loaded where they are looked at
    thumbnails/ab/….webp      small copies of the images, named by the hash of the pixels and their long edge

Pages from `file://` may load scripts and images and nothing else, hence data that are scripts.
"""
