"""Papers that a report refers to."""

from collections.abc import Sequence

__all__ = ["references_in"]

#: By how texts name them
PAPERS = {
    "Benjamini and Hochberg, 1995": "Benjamini Y, Hochberg Y (1995). Controlling the "
    "false discovery rate: a practical and powerful approach to multiple testing. "
    "Journal of the Royal Statistical Society B 57, 289-300.",
    "Dunn, 1961": "Dunn OJ (1961). Multiple comparisons among means. Journal of the "
    "American Statistical Association 56, 52-64.",
    "Fonov et al., 2011": "Fonov V, Evans AC, Botteron K, Almli CR, McKinstry RC, "
    "Collins DL (2011). Unbiased average age-appropriate atlases for pediatric "
    "studies. NeuroImage 54, 313-327.",
    "Friston et al., 1995": "Friston KJ, Holmes AP, Worsley KJ, Poline JB, Frith CD, "
    "Frackowiak RSJ (1995). Statistical parametric maps in functional imaging: a "
    "general linear approach. Human Brain Mapping 2, 189-210.",
    "Friston et al., 1998": "Friston KJ, Fletcher P, Josephs O, Holmes A, Rugg MD, "
    "Turner R (1998). Event-related fMRI: characterizing differential responses. "
    "NeuroImage 7, 30-40.",
    "Genovese et al., 2002": "Genovese CR, Lazar NA, Nichols T (2002). Thresholding of "
    "statistical maps in functional neuroimaging using the false discovery rate. "
    "NeuroImage 15, 870-878.",
    "Glover, 1999": "Glover GH (1999). Deconvolution of impulse response in "
    "event-related BOLD fMRI. NeuroImage 9, 416-429.",
    "Holmes and Friston, 1998": "Holmes AP, Friston KJ (1998). Generalisability, "
    "random effects and population inference. NeuroImage 7, S754.",
    "Patterson and Thompson, 1971": "Patterson HD, Thompson R (1971). Recovery of "
    "inter-block information when block sizes are unequal. Biometrika 58, 545-554.",
    "Satterthwaite, 1946": "Satterthwaite FE (1946). An approximate distribution of "
    "estimates of variance components. Biometrics Bulletin 2, 110-114.",
    "Walker, 1931": "Walker G (1931). On periodicity in series of related terms. "
    "Proceedings of the Royal Society A 131, 518-532.",
    "Worsley and Friston, 1995": "Worsley KJ, Friston KJ (1995). Analysis of fMRI "
    "time-series revisited -- again. NeuroImage 2, 173-181.",
    "Worsley et al., 2002": "Worsley KJ, Liao CH, Aston J, Petre V, Duncan GH, "
    "Morales F, Evans AC (2002). A general statistical analysis for fMRI data. "
    "NeuroImage 15, 1-15.",
    "Yule, 1927": "Yule GU (1927). On a method of investigating periodicities in "
    "disturbed series, with special reference to Wolfer's sunspot numbers. "
    "Philosophical Transactions of the Royal Society A 226, 267-298.",
}


def references_in(paragraphs: Sequence[str]) -> tuple[str, ...]:
    """Papers that are named in a text, by author.

    Parameters
    ----------
    paragraphs : sequence of str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> references_in(["The threshold is that of Bonferroni (Dunn, 1961)."])
    ('Dunn OJ (1961). Multiple comparisons among means. Journal of the ...',)
    """
    text = " ".join(paragraphs)
    return tuple(paper for named, paper in PAPERS.items() if named in text)
