"""The table of a comparison, in Markdown."""
import math

FORMS = {
    "A B": "A B (forward)",
    "A B^T": "A Bᵀ (gradient of the input)",
    "A^T B": "Aᵀ B (gradient of the weights)",
}


def in_order(records, key):
    return list(dict.fromkeys(record[key] for record in records))


def share(record):
    """Of the peak, as a percentage."""
    return 100 * record["gflops"] / record["peak_gflops"] if record["peak_gflops"] else 0.0


def rows(records, keys):
    """Records that agree in `keys`, by the name of their side."""
    result = {}
    for record in records:
        result.setdefault(tuple(record[key] for key in keys), {})[record["peer"]] = record
    return result


def ratio(row):
    """Speed of inlay over that of its best peer; None without a peer."""
    peers = [record["gflops"] for name, record in row.items() if name != "inlay"]
    return row["inlay"]["gflops"] / max(peers) if peers and "inlay" in row else None


def shown(value):
    return "" if value is None else f"{value:.2f}"


def line(cells):
    return "| " + " | ".join(cells) + " |"


def head(cells, left):
    return [line(cells), line(["---"] * left + ["---:"] * (len(cells) - left))]


def emphasised(row, names, text):
    """A cell for each name, the fastest one bold."""
    best = max(record["gflops"] for record in row.values())
    cells = []
    for name in names:
        cell = text(row[name]) if name in row else ""
        cells.append(f"**{cell}**" if name in row and row[name]["gflops"] == best else cell)
    return cells


def products(records):
    names = in_order(records, "peer")
    out = ["## Matrix products, one thread, % of the multiply-add peak", ""]
    for form, title in FORMS.items():
        chosen = rows([record for record in records if record["form"] == form], ["shape"])
        if not chosen:
            continue
        out += head([title, "M", "K", "N", *names, "inlay / best peer"], 1)
        for (shape,), row in chosen.items():
            any_of = next(iter(row.values()))
            out.append(line([shape, *(str(any_of[key]) for key in "mkn"),
                             *emphasised(row, names, lambda record: f"{share(record):.0f}"), shown(ratio(row))]))
        ratios = [value for value in map(ratio, chosen.values()) if value]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            out.append(line(["geometric mean of the ratios", *[""] * (3 + len(names)), f"{mean:.2f}"]))
        out.append("")
    return out


def tokens(value):
    """Three digits that count."""
    digits = max(0, 3 - len(str(int(value))))
    rounded = round(value, digits) if digits else round(value, 3 - len(str(int(value))))
    return f"{rounded:,.{digits}f}".replace(",", " ")


def steps(records):
    names = in_order(records, "peer")
    out = ["## Whole steps, tokens a second (% of the multiply-add peak)", ""]
    out += head(["preset", "threads", *names, "inlay / best peer"], 1)
    for (preset, threads), row in rows(records, ["preset", "threads"]).items():
        cells = emphasised(row, names, lambda record: f"{tokens(record['tokens_per_second'])} ({share(record):.1f})")
        out.append(line([preset if preset == "decode" else f"train {preset}", str(threads), *cells, shown(ratio(row))]))
    best = []
    for preset in in_order(records, "preset"):
        fastest = {}
        for record in records:
            if record["preset"] == preset:
                known = fastest.get(record["peer"])
                fastest[record["peer"]] = max(known, record, key=lambda r: r["gflops"]) if known else record
        value = ratio(fastest)
        if value is not None:
            best.append(f"{preset} {value:.2f}")
    out += ["", "Forward, backward, clipping (llm.c has none), AdamW and the loss read; `decode` writes with nano from its cache. "
            "Work is counted without masked keys. One thread is timed by processor time, two by the clock."]
    if best:
        out += ["", "Each at its best number of threads, inlay over the best peer: " + ", ".join(best) + "."]
    return out + [""]


def markdown(results):
    machine = results["machine"]
    peaks = sorted({round(record["peak_gflops"]) for record in results["matmul"]})
    out = ["# inlay and its peers", "",
           f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, {results['date']}; "
           f"load average {machine['load_before']} before and {machine.get('load_after', '')} after. "
           "All sides took turns in one run, and the fastest turn of each counts; the peak was measured between them"
           + (f" ({peaks[0]} to {peaks[-1]} GFLOP/s on one thread)." if peaks else "."), ""]
    if results["matmul"]:
        out += products(results["matmul"])
    if results["steps"]:
        out += steps(results["steps"])
    versions = {}
    for record in results["matmul"] + results["steps"]:
        if record["version"]:
            versions[record["peer"]] = record["version"]
    if versions:
        out += ["Versions: " + "; ".join(f"{name} ({version})" for name, version in versions.items()) + ".", ""]
    if results["missing"]:
        out += ["Left out: " + "; ".join(f"{entry['name']} ({entry['reason']})" for entry in results["missing"]) + ".", ""]
    return "\n".join(out).rstrip() + "\n"
