"""The publications that a report may cite, as entries for BibTeX and as lines to read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A publication. `where` is a journal with volume and pages, a conference, or empty for a preprint."""

    key: str
    authors: str
    title: str
    year: int
    where: str = ""
    arxiv: str = ""

    def line(self) -> str:
        """As a list of references has it."""
        names = self.authors.split(" and ")
        written = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        places = [self.where, f"arXiv {self.arxiv}" if self.arxiv else "", str(self.year)]
        return f"{written}. {self.title}. {', '.join(place for place in places if place)}."

    def bibtex(self) -> str:
        """The entry."""
        fields = {"author": self.authors, "title": f"{{{self.title}}}", "year": str(self.year)}
        if self.where:
            fields["howpublished"] = self.where
        if self.arxiv:
            fields |= {"eprint": self.arxiv, "archiveprefix": "arXiv"}
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@misc{{{self.key},\n{lines}\n}}"


SOURCES = {
    source.key: source
    for source in (
        Source(
            "gatys2015", "Leon A. Gatys and Alexander S. Ecker and Matthias Bethge",
            "A Neural Algorithm of Artistic Style", 2015, arxiv="1508.06576",
        ),
        Source(
            "lopez2017", "López and Villanueva and Yus", "Artistic style transfer between images using CNNs", 2017,
            "KTH Royal Institute of Technology",
        ),
        Source(
            "li2017", "Yanghao Li and Naiyan Wang and Jiaying Liu and Xiaodi Hou", "Demystifying Neural Style Transfer",
            2017, "IJCAI", "1701.01036",
        ),
        Source("mroueh2019", "Youssef Mroueh", "Wasserstein Style Transfer", 2019, arxiv="1905.12828"),
        Source(
            "li2016", "Chuan Li and Michael Wand",
            "Combining Markov Random Fields and Convolutional Neural Networks for Image Synthesis", 2016, "CVPR",
            "1601.04589",
        ),
        Source(
            "heitz2021", "Eric Heitz and Kenneth Vanhoey and Thomas Chambon and Laurent Belcour",
            "A Sliced Wasserstein Loss for Neural Texture Synthesis", 2021, "CVPR", "2006.07229",
        ),
        Source(
            "kolkin2022",
            "Nicholas Kolkin and Michal Kučera and Sylvain Paris and Daniel Sýkora and Eli Shechtman and "
            "Greg Shakhnarovich",
            "Neural Neighbor Style Transfer", 2022, arxiv="2203.13215",
        ),
        Source(
            "elnekave2022", "Ariel Elnekave and Yair Weiss",
            "Generating Natural Images with Direct Patch Distributions Matching", 2022, "ECCV", "2203.11862",
        ),
        Source(
            "kingma2015", "Diederik P. Kingma and Jimmy Ba", "Adam: A Method for Stochastic Optimization", 2015, "ICLR",
            "1412.6980",
        ),
        Source(
            "liu1989", "Dong C. Liu and Jorge Nocedal",
            "On the limited memory BFGS method for large scale optimization", 1989,
            "Mathematical Programming 45, 503–528",
        ),
        Source(
            "gatys2016", "Leon A. Gatys and Matthias Bethge and Aaron Hertzmann and Eli Shechtman",
            "Preserving Color in Neural Artistic Style Transfer", 2016, arxiv="1606.05897",
        ),
        Source(
            "luan2017", "Fujun Luan and Sylvain Paris and Eli Shechtman and Kavita Bala", "Deep Photo Style Transfer",
            2017, "CVPR", "1703.07511",
        ),
        Source(
            "levin2008", "Anat Levin and Dani Lischinski and Yair Weiss",
            "A Closed-Form Solution to Natural Image Matting", 2008,
            "IEEE Transactions on Pattern Analysis and Machine Intelligence 30, 228–242",
        ),
        Source(
            "li2017laplacian", "Shaohua Li and Xinxing Xu and Liqiang Nie and Tat-Seng Chua",
            "Laplacian-Steered Neural Style Transfer", 2017, "ACM Multimedia", "1707.01253",
        ),
        Source(
            "ruder2016", "Manuel Ruder and Alexey Dosovitskiy and Thomas Brox", "Artistic Style Transfer for Videos",
            2016, "GCPR", "1604.08610",
        ),
        Source(
            "mahendran2015", "Aravindh Mahendran and Andrea Vedaldi",
            "Understanding Deep Image Representations by Inverting Them", 2015, "CVPR", "1412.0035",
        ),
        Source(
            "he2016", "Kun He and Yan Wang and John Hopcroft",
            "A Powerful Generative Model Using Random Weights for the Deep Image Representation", 2016, "NIPS",
            "1606.04801",
        ),
        Source(
            "simonyan2015", "Karen Simonyan and Andrew Zisserman",
            "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015, "ICLR", "1409.1556",
        ),
        Source(
            "iandola2016",
            "Forrest N. Iandola and Song Han and Matthew W. Moskewicz and Khalid Ashraf and William J. Dally and "
            "Kurt Keutzer",
            "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016,
            arxiv="1602.07360",
        ),
        Source(
            "krizhevsky2014", "Alex Krizhevsky", "One weird trick for parallelizing convolutional neural networks",
            2014, arxiv="1404.5997",
        ),
        Source(
            "liu2017", "Yifan Liu and Zengchang Qin and Zhenbo Luo and Hua Wang",
            "Auto-painter: Cartoon Image Generation from Sketch by Using Conditional Generative Adversarial Networks",
            2017, arxiv="1705.01908",
        ),
        Source(
            "winnemoeller2012", "Holger Winnemöller and Jan Eric Kyprianidis and Sven C. Olsen",
            "XDoG: An eXtended difference-of-Gaussians compendium including advanced image stylization", 2012,
            "Computers & Graphics 36, 740–753",
        ),
        Source(
            "wang2004", "Zhou Wang and Alan C. Bovik and Hamid R. Sheikh and Eero P. Simoncelli",
            "Image quality assessment: from error visibility to structural similarity", 2004,
            "IEEE Transactions on Image Processing 13, 600–612",
        ),
        Source(
            "hoeffding1948", "Wassily Hoeffding", "A Class of Statistics with Asymptotically Normal Distribution", 1948,
            "Annals of Mathematical Statistics 19, 293–325",
        ),
        Source(
            "hooker2007", "Giles Hooker",
            "Generalized Functional ANOVA Diagnostics for High-Dimensional Functions of Dependent Variables", 2007,
            "Journal of Computational and Graphical Statistics 16, 709–732",
        ),
        Source(
            "paszke2019", "Adam Paszke and others",
            "PyTorch: An Imperative Style, High-Performance Deep Learning Library", 2019, "NeurIPS", "1912.01703",
        ),
        Source(
            "moritz2018", "Philipp Moritz and others",
            "Ray: A Distributed Framework for Emerging AI Applications", 2018, "OSDI", "1712.05889",
        ),
    )
}  # fmt: skip
"""By their keys."""
