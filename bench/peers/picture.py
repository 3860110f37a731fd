"""The picture of a comparison: a row for each piece of work, a dot for each side at its share of the peak."""
from xml.sax.saxutils import escape

import table

WIDTH, LEFT, RIGHT, ROW = 1180, 196, 24, 22
STYLE = """
  .paper { fill: #ffffff }
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a; font-size: 13px }
  .title { fill: #1f2328; font-size: 19px; font-weight: 600 }
  .head { fill: #1f2328; font-size: 14px; font-weight: 600 }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  .axis { stroke: #8c959f; stroke-width: 1.2 }
  .span { stroke: #d8dee4; stroke-width: 3; stroke-linecap: round }
  .dot { stroke: #ffffff; stroke-width: 1 }
  .ahead { fill: #1f6feb; font-weight: 600 }
  .c0 { fill: #1f6feb } .c1 { fill: #d9480f } .c2 { fill: #2b8a3e } .c3 { fill: #8250df } .c4 { fill: #c2255c }
  .c5 { fill: #7d6608 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 }
    text { fill: #9198a1 }
    .title, .head { fill: #f0f6fc }
    .grid { stroke: #262c36 }
    .axis { stroke: #6e7681 }
    .span { stroke: #3d444d }
    .dot { stroke: #0d1117 }
    .ahead { fill: #58a6ff }
    .c0 { fill: #58a6ff } .c1 { fill: #ff922b } .c2 { fill: #51cf66 } .c3 { fill: #bc8cff } .c4 { fill: #f783ac }
    .c5 { fill: #d4b106 }
  }
"""
# One colour for one library, wherever it works.
COLOURS = {"inlay": 0, "OpenBLAS": 1, "PyTorch, OpenBLAS": 1, "BLIS": 2, "PyTorch, BLIS": 2, "libxsmm": 3, "llm.c": 3,
           "oneDNN": 4, "Eigen": 5, "llama2.c": 4}


def colour(name):
    return COLOURS.get(name, 5)


class Picture:
    def __init__(self):
        self.parts = []
        self.y = 0

    def text(self, x, y, words, style="", anchor="start"):
        self.parts.append(f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, style, x1, y1, x2, y2):
        self.parts.append(f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')

    def dot(self, x, y, name, words=""):
        radius = 6.5 if name == "inlay" else 4.5
        hint = f"<title>{escape(words)}</title>" if words else ""
        self.parts.append(f'<circle class="dot c{colour(name)}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">{hint}</circle>')

    def heading(self, title, subtitle, names):
        self.text(RIGHT, self.y + 36, title, "title")
        self.text(RIGHT, self.y + 58, subtitle)
        x = LEFT
        for name in names:
            self.dot(x, self.y + 80, name)
            self.text(x + 12, self.y + 84.5, name)
            x += 40 + 7.4 * len(name)
        self.y += 96

    def field(self, x, width, top, rows, end, step):
        """Vertical lines, and the percentages below them."""
        bottom = top + ROW * rows
        value = 0
        while value <= end:
            at = x + width * value / end
            self.line("axis" if value == 0 else "grid", at, top, at, bottom)
            self.text(at, bottom + 16, f"{value} %" if value == end else str(value), anchor="middle")
            value += step

    def row(self, x, width, y, row, end):
        places = {name: x + width * min(table.share(record), end) / end for name, record in row.items()}
        self.line("span", min(places.values()), y, max(places.values()), y)
        for name in sorted(places, key=lambda each: each == "inlay"):  # inlay on top
            self.dot(places[name], y, name, f"{name}: {table.share(row[name]):.1f} %")

    def ratio(self, x, y, row):
        value = table.ratio(row)
        if value is not None:
            self.text(x, y + 4.5, f"{value:.2f}", "ahead" if value >= 1 else "", "end")


def round_up(records):
    """The end of the axis."""
    most = max(map(table.share, records))
    return next((end for end in (10, 20, 40, 60, 80) if most <= end), 100)


def products(picture, records):
    picture.heading("Matrix products, one thread", "Share of the multiply-add peak; beside it, the speed of inlay over the fastest peer",
                    table.in_order(records, "peer"))
    forms = [form for form in table.FORMS if any(record["form"] == form for record in records)]
    shapes = table.in_order(records, "shape")
    column = (WIDTH - LEFT - RIGHT) / len(forms)
    top = picture.y + 24
    for place, shape in enumerate(shapes):
        picture.text(LEFT - 14, top + ROW * (place + 0.5) + 4.5, shape, anchor="end")
    for index, form in enumerate(forms):
        x, width = LEFT + column * index, column - 76
        picture.text(x, picture.y + 12, table.FORMS[form], "head")
        picture.field(x, width, top, len(shapes), 100, 25)
        chosen = table.rows([record for record in records if record["form"] == form], ["shape"])
        for place, shape in enumerate(shapes):
            y = top + ROW * (place + 0.5)
            if (shape,) in chosen:
                picture.row(x, width, y, chosen[(shape,)], 100)
                picture.ratio(x + width + 46, y, chosen[(shape,)])
    picture.y = top + ROW * len(shapes) + 30


def steps(picture, records):
    picture.heading("Whole training steps", "Share of the multiply-add peak; beside it, what inlay reaches and its speed over the fastest peer",
                    table.in_order(records, "peer"))
    work = table.rows(records, ["preset", "threads"])
    end = round_up(records)
    step = {10: 5, 20: 5, 40: 10}.get(end, 20)
    width, top = WIDTH - LEFT - RIGHT - 240, picture.y
    picture.field(LEFT, width, top, len(work), end, step)
    for place, ((preset, threads), row) in enumerate(work.items()):
        y = top + ROW * (place + 0.5)
        picture.text(LEFT - 14, y + 4.5, f"{preset}, {threads} thread{'s' if threads > 1 else ''}", anchor="end")
        picture.row(LEFT, width, y, row, end)
        if "inlay" in row:
            picture.text(LEFT + width + 170, y + 4.5, f"{table.tokens(row['inlay']['tokens_per_second'])} tokens/s", anchor="end")
        picture.ratio(WIDTH - RIGHT - 8, y, row)
    picture.y = top + ROW * len(work) + 30


def svg(results):
    picture = Picture()
    training = [record for record in results["steps"] if record["preset"] != "decode"]
    if results["matmul"]:
        products(picture, results["matmul"])
    if training:
        steps(picture, training)
    machine = results["machine"]
    picture.text(RIGHT, picture.y + 14, f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, {results['date']}. "
                 "All sides took turns in one run.")
    height = picture.y + 34
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        'aria-label="inlay and its peers: share of the multiply-add peak">',
        f"<style>{STYLE}</style>", '<rect class="paper" width="100%" height="100%" rx="8"/>', *picture.parts, "</svg>", ""])
