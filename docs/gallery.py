"""Copy the figures of the last run into the documentation: `python docs/gallery.py`."""

import json
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "results" / "figures"
GALLERY = ROOT / "docs" / "gallery"


def main() -> None:
    """Write docs/gallery.md and docs/gallery/<figure>.svg."""
    GALLERY.mkdir(exist_ok=True)
    lines = [
        "# Gallery",
        "",
        "Every figure of the demo study, drawn by `make run` and copied here by `make gallery`. The",
        "study is a synthetic reconstruction: no patient stands behind these data.",
        "",
    ]
    for source in sorted(FIGURES.glob("*.json")):
        name = source.stem
        words = json.loads(source.read_text(encoding="utf-8"))["description"]
        caption = ROOT / "workflow" / "report" / "captions" / f"{name}.rst"
        shutil.copyfile(source.with_suffix(".svg"), GALLERY / f"{name}.svg")
        alt = words.split(". ")[0].replace("[", "(").replace("]", ")")
        lines += [
            f"## {name.replace('_', ' ').capitalize()}",
            "",
            f"![{alt}](gallery/{name}.svg)",
            "",
            caption.read_text(encoding="utf-8").strip(),
            "",
        ]
    (ROOT / "docs" / "gallery.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
