(() => {
  const canvas = document.getElementById("map-view"), ink = canvas.getContext("2d");
  const by = document.getElementById("by"), images = document.getElementById("images");
  const keys = document.getElementById("keys"), seen = document.getElementById("seen");
  const n = data.x.length, side = data.side, columns = data.columns;
  const sprite = new Image();
  const colour = (i, of) => of <= 10 ? ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
    "#000000", "#8c6d31", "#7a3fa0", "#9a9a9a"][i] : `hsl(${(i * 137.508) % 360} ${55 + i % 3 * 15}% ${38 + i % 4 * 7}%)`;
  const coloured = () => by.value === "group" ? {of: data.group, names: data.groups} : {of: data.cluster, names: data.clusters};
  let view = {x: 0, y: 0, scale: 1}, hover = -1;
  const at = i => [(data.x[i] - view.x) * view.scale * canvas.width, (data.y[i] - view.y) * view.scale * canvas.height];
  const piece = i => [(i % columns) * side, Math.floor(i / columns) * side, side, side];

  function draw() {
    const dense = window.devicePixelRatio || 1, c = coloured();
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, canvas.width, canvas.height);
    const size = images.checked ? Math.min(2.5, Math.max(.45, view.scale * Math.sqrt(400 / n))) * side * dense : 0;
    const dot = Math.min(7, 2.2 + view.scale * 30 / Math.sqrt(n)) * dense;
    for (let i = 0; i < n; i++) {
      const [x, y] = at(i);
      if (x < -size || y < -size || x > canvas.width + size || y > canvas.height + size) continue;
      ink.fillStyle = colour(c.of[i], c.names.length);
      if (size) {
        const b = 2 * dense;
        ink.fillRect(x - size / 2 - b, y - size / 2 - b, size + 2 * b, size + 2 * b);
        if (sprite.complete) ink.drawImage(sprite, ...piece(i), x - size / 2, y - size / 2, size, size);
      } else {
        ink.globalAlpha = .8;
        ink.beginPath(); ink.arc(x, y, dot / 2 + dense, 0, 7); ink.fill();
        ink.globalAlpha = 1;
      }
    }
    if (hover >= 0) {
      ink.strokeStyle = "#1c2733"; ink.lineWidth = dense;
      const [x, y] = at(hover);
      for (const [j] of data.near[hover]) {
        const [u, v] = at(j);
        ink.beginPath(); ink.moveTo(x, y); ink.lineTo(u, v); ink.stroke();
      }
      ink.beginPath(); ink.arc(x, y, 8 * dense, 0, 7); ink.stroke();
    }
  }
  function legend() {
    const c = coloured();
    keys.replaceChildren(...c.names.map((name, i) => {
      const key = document.createElement("span"), swatch = document.createElement("b");
      swatch.style.background = colour(i, c.names.length);
      key.append(swatch, name);
      return key;
    }));
  }
  function picture(i, width) {
    const p = document.createElement("i"), [x, y] = piece(i), f = width / side;
    p.style.cssText = `width:${width}px;height:${width}px;background-image:url(${sprite.src});` +
      `background-position:${-x * f}px ${-y * f}px;background-size:${columns * side * f}px auto`;
    return p;
  }
  function show(i) {
    const line = text => { const p = document.createElement("p"); p.textContent = text; return p; };
    const list = document.createElement("ol");
    for (const [j, cosine] of data.near[i]) {
      const item = document.createElement("li");
      item.title = `${data.names[j]}, cosine ${cosine}`;
      item.append(picture(j, 52), cosine.toFixed(3));
      list.append(item);
    }
    const group = data.groups.length ? data.groups[data.group[i]] + ", " : "";
    seen.replaceChildren(picture(i, 128), line(data.names[i]), line(group + data.clusters[data.cluster[i]]),
      line("Most similar, by cosine:"), list);
  }
  function fit() {
    const box = canvas.getBoundingClientRect(), dense = window.devicePixelRatio || 1;
    canvas.width = box.width * dense; canvas.height = box.height * dense;
    draw();
  }
  const local = e => {
    const box = canvas.getBoundingClientRect();
    return [(e.clientX - box.left) / box.width, (e.clientY - box.top) / box.height];
  };
  function zoom(x, y, f) {
    const scale = Math.min(60, Math.max(.8, view.scale * f));
    view.x += x / view.scale - x / scale; view.y += y / view.scale - y / scale; view.scale = scale;
    draw();
  }
  const down = new Map();
  canvas.addEventListener("wheel", e => { e.preventDefault(); zoom(...local(e), Math.exp(-e.deltaY / 400)); }, {passive: false});
  canvas.addEventListener("dblclick", () => { view = {x: 0, y: 0, scale: 1}; draw(); });
  canvas.addEventListener("pointerdown", e => { down.set(e.pointerId, local(e)); canvas.setPointerCapture(e.pointerId); });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, e => down.delete(e.pointerId));
  canvas.addEventListener("pointermove", e => {
    const [x, y] = local(e), before = down.get(e.pointerId);
    if (before && down.size === 2) {
      const [other] = [...down].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
      zoom(other[0], other[1], Math.hypot(x - other[0], y - other[1]) / Math.max(1e-3, Math.hypot(before[0] - other[0], before[1] - other[1])));
    } else if (before) {
      view.x -= (x - before[0]) / view.scale; view.y -= (y - before[1]) / view.scale;
    }
    if (before) { down.set(e.pointerId, [x, y]); draw(); return; }
    let best = .02 / view.scale, found = -1;
    for (let i = 0; i < n; i++) {
      const d = Math.hypot(data.x[i] - view.x - x / view.scale, data.y[i] - view.y - y / view.scale);
      if (d < best) { best = d; found = i; }
    }
    if (found !== hover) { hover = found; if (found >= 0) show(found); draw(); }
  });
  by.addEventListener("change", () => { legend(); draw(); });
  images.addEventListener("change", draw);
  addEventListener("resize", fit);
  sprite.onload = draw;
  sprite.src = data.sprite;
  images.checked = n <= 1500;
  legend(); fit();
})();
