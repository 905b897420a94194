// A click on a head sorts a table by that column, numbers by value.
for (const table of document.querySelectorAll("table.sort")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const value = cell => {
    const n = parseFloat(cell.textContent.replace("−", "-").replace(/,/g, ""));
    return cell.classList.contains("n") ? (isNaN(n) ? -Infinity : n) : cell.textContent;
  };
  heads.forEach((head, i) => head.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    heads.forEach(h => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...body.rows].sort((a, b) => {
      const x = value(a.cells[i]), y = value(b.cells[i]);
      return (typeof x === "string" ? x.localeCompare(y) : x - y) * (up ? 1 : -1);
    });
    body.append(...rows);
  }));
}
// A pointer names the cell of a large confusion matrix.
for (const figure of document.querySelectorAll("figure.large")) {
  const classes = JSON.parse(figure.dataset.classes), counts = JSON.parse(figure.dataset.counts);
  const image = figure.querySelector("img"), out = figure.querySelector("output");
  image.addEventListener("pointermove", e => {
    const box = image.getBoundingClientRect(), n = classes.length;
    const at = (v, from, size) => Math.min(n - 1, Math.max(0, Math.floor((v - from) / size * n)));
    const i = at(e.clientY, box.top, box.height), j = at(e.clientX, box.left, box.width);
    const total = counts[i].reduce((a, b) => a + b, 0);
    out.textContent = `${classes[i]} taken for ${classes[j]}: ${counts[i][j]} of ${total}`;
  });
}
// What is folded away is printed.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { d.open = true; }));
