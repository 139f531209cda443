"""A back-end of matplotlib where nobody has a window: ``show()`` leaves the open figures as pictures in the folder from
which a program's files come back, ``out/figure-1.png`` and so on, and closes them as a window would be.

``MPLBACKEND=module://coderunner_show`` (https://matplotlib.org/stable/users/explain/figure/writing_a_backend_pyplot.html).
"""

import os
from itertools import count

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

_FOLDER = os.path.join(os.getcwd(), "out")  # noqa: PTH109, PTH118 - pathlib is the program's to import
_numbers = count(1)


class FigureManager(FigureManagerBase):
    """The windows that there are not."""

    def show(self):
        """Leaves the picture of one figure, and closes it."""
        os.makedirs(_FOLDER, exist_ok=True)  # noqa: PTH103
        self.canvas.figure.savefig(os.path.join(_FOLDER, f"figure-{next(_numbers)}.png"))  # noqa: PTH118
        Gcf.destroy(self)

    @classmethod
    def pyplot_show(cls, *, block=None):
        """``plt.show()``: all that are open, in their order."""
        for manager in Gcf.get_all_fig_managers():
            manager.show()


class FigureCanvas(FigureCanvasAgg):
    """Draws as Agg does: pixels, without a display."""

    manager_class = FigureManager
