"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const phone = () => window.innerWidth < 560;
  const DASH = "\u2013", MINUS = "-";

  /* ---------- words ---------- */
  const number = (value, places, sign) => {
    if (value === null || value === undefined) return DASH;
    const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
    const zero = Number(Math.abs(value).toFixed(places)) === 0;
    return (zero ? "" : value < 0 ? MINUS : sign ? "+" : "") + text;
  };
  const price = (value) => (value === null || value === undefined ? DASH : value.toLocaleString("en-US", { maximumSignificantDigits: 9, useGrouping: false }));
  const two = (value) => String(value).padStart(2, "0");
  const time = (seconds) => {
    if (seconds === null || seconds === undefined) return DASH;
    const moment = new Date(seconds * 1000);
    return `${moment.getUTCFullYear()}-${two(moment.getUTCMonth() + 1)}-${two(moment.getUTCDate())} ${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}`;
  };
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const day = (seconds) => { const moment = new Date(seconds * 1000); return `${MONTHS[moment.getUTCMonth()]} ${moment.getUTCDate()}`; };
  const span = (seconds) => {
    if (seconds === null || seconds < 0) return DASH;
    const minutes = Math.round(seconds / 60), days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24;
    if (days) return `${days}d ${hours}h`;
    return hours ? `${hours}h ${minutes % 60}m` : `${minutes}m`;
  };

  /* ---------- plots ---------- */
  // Named buttons only: the library's own set has one that sends the chart to its maker's server.
  const CONFIG = {
    responsive: true, displaylogo: false, displayModeBar: phone() ? false : "hover", showSendToCloud: false, plotlyServerURL: "",
    modeBarButtons: [["toImage"], ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
  };
  const layout = (extra) => Object.assign({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "x unified",
    font: { family: "system-ui, sans-serif", size: phone() ? 11 : 12, color: css("--ink") },
    margin: { l: phone() ? 46 : 64, r: phone() ? 8 : 16, t: 8, b: 44 },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    hoverlabel: { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--ink") } },
    dragmode: phone() ? false : "zoom",
    modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--soft"), activecolor: css("--accent") },
  }, extra);
  const axis = (extra) => Object.assign({ gridcolor: css("--faint"), linecolor: css("--line"), zerolinecolor: css("--line"), tickcolor: css("--line") }, extra);

  const drawCurve = () => {
    const c = data.curve, x = c.t.map((seconds) => seconds * 1000);
    const line = (y, name, color, style, extra) => Object.assign({ x, y, name, type: "scatter", mode: "lines", line: Object.assign({ color, width: 1.6 }, style), hovertemplate: "%{y:,.2f}" }, extra);
    const traces = [
      line(c.equity_low, "Lowest equity", css("--low"), { width: 1, dash: "dot" }),
      line(c.balance, "Balance", css("--balance"), { width: 1.2, shape: "hv", dash: "dash" }),
      line(c.equity, "Equity", css("--equity"), { width: 2 }),
      line(c.fall_low, "Drawdown inside bars", css("--low"), { width: 1, dash: "dot" }, { yaxis: "y2", hovertemplate: "%{y:.2f}%" }),
      line(c.fall, "Drawdown at closes", css("--down"), { width: 1.2 }, { yaxis: "y2", fill: "tozeroy", hovertemplate: "%{y:.2f}%" }),
    ];
    (data.floors || []).forEach((floor) => {
      traces.push({ x: floor.t.map((seconds) => seconds * 1000), y: floor.v, name: floor.name, type: "scatter", mode: "lines", line: { color: css("--stop"), width: 1.2, shape: "hv", dash: "dashdot" }, hovertemplate: "%{y:,.2f}" });
    });
    const shapes = [], annotations = [];
    data.limits.forEach((limit) => {
      shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: limit.value, y1: limit.value, line: { color: css("--stop"), width: 1.2, dash: "dashdot" } });
      annotations.push({ xref: "paper", x: 1, xanchor: "right", yref: "y", y: limit.value, yanchor: "bottom", text: `${limit.name} ${number(limit.value, 0)}`, showarrow: false, font: { size: 11, color: css("--stop") } });
    });
    Plotly.react("curve-plot", traces, layout({
      shapes, annotations,
      xaxis: axis({ type: "date", anchor: "y2" }),
      yaxis: axis({ domain: [0.34, 1], title: { text: phone() ? "" : data.currency }, tickformat: ",.6~r" }),
      yaxis2: axis({ domain: [0, 0.27], ticksuffix: "%", title: { text: phone() ? "" : "Drawdown" }, rangemode: "tozero" }),
    }), CONFIG);
  };

  /* ---------- trades ---------- */
  const { names, columns } = data.trades;
  const word = (column, row) => names[column][columns[column][row]];
  const closedAt = (row) => columns.closed[row];
  const held = (row) => (closedAt(row) === null ? null : closedAt(row) - columns.opened[row]);
  const tone = (value) => (!value ? "" : value > 0 ? "up" : "down");
  const COLUMNS = [
    { head: "#", key: (r) => columns.id[r], text: (r) => String(columns.id[r]) },
    { head: "Pair", words: true, key: (r) => word("pair", r), text: (r) => word("pair", r) },
    { head: "Strategy", words: true, key: (r) => word("strategy", r), text: (r) => word("strategy", r), skip: names.strategy.length < 2 },
    { head: "Side", words: true, key: (r) => word("side", r), text: (r) => `${word("side", r)}${word("kind", r) === "grid" ? " grid" : ""}` },
    { head: "Tag", words: true, key: (r) => word("tag", r), text: (r) => word("tag", r) },
    { head: "Opened (UTC)", key: (r) => columns.opened[r], text: (r) => time(columns.opened[r]) },
    { head: "Held", key: (r) => held(r), text: (r) => span(held(r)) },
    { head: "Entries", key: (r) => columns.entries[r], text: (r) => String(columns.entries[r] ?? DASH) },
    { head: "Entry", key: (r) => columns.entry_price[r], text: (r) => price(columns.entry_price[r]) },
    { head: "Exit", key: (r) => columns.exit_price[r], text: (r) => price(columns.exit_price[r]) },
    { head: `Profit ${data.currency}`, key: (r) => columns.pnl[r], text: (r) => number(columns.pnl[r], 2, true), tone: (r) => tone(columns.pnl[r]) },
    { head: "On margin", key: (r) => columns.pnl_on_margin[r], text: (r) => (columns.pnl_on_margin[r] === null ? DASH : `${number(columns.pnl_on_margin[r] * 100, 2, true)}%`) },
    { head: "R", key: (r) => columns.r[r], text: (r) => number(columns.r[r], 2, true) },
    { head: "Exit reason", words: true, key: (r) => word("exit_reason", r), text: (r) => (closedAt(r) === null ? "open" : word("exit_reason", r)) },
  ].filter((column) => !column.skip);
  const STEP = 100;
  let order = [], shown = 0, sorted = null, falling = false, chosen = -1;

  const haystack = columns.id.map((id, r) => `#${id} ${word("pair", r)} ${word("strategy", r)} ${word("side", r)} ${word("kind", r)} ${word("tag", r)} ${word("exit_reason", r)} ${time(columns.opened[r])}`.toLowerCase());
  const select = () => {
    const wanted = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcome = at("outcome").value, side = at("side").value, kind = at("kind").value;
    order = columns.id.map((_, r) => r).filter((r) =>
      wanted.every((piece) => haystack[r].includes(piece)) && (!side || word("side", r) === side) && (!kind || word("kind", r) === kind) &&
      (!outcome || (outcome === "open" ? closedAt(r) === null : outcome === "won" ? columns.pnl[r] > 0 : columns.pnl[r] < 0)));
    if (sorted !== null) {
      const key = COLUMNS[sorted].key, way = falling ? -1 : 1;
      order.sort((a, b) => {
        const one = key(a), other = key(b);
        if (one === null || other === null) return (one === null) - (other === null);
        return (typeof one === "string" ? one.localeCompare(other) : one - other) * way || a - b;
      });
    }
    const sum = order.reduce((total, r) => total + (columns.pnl[r] || 0), 0);
    at("found").textContent = `${order.length.toLocaleString("en-US")} of ${columns.id.length.toLocaleString("en-US")} trades, ${number(sum, 2, true)} ${data.currency}`;
    shown = 0;
    at("trade-table").tBodies[0].replaceChildren();
    grow();
  };

  const grow = () => {
    const body = at("trade-table").tBodies[0], rows = document.createDocumentFragment();
    order.slice(shown, shown + STEP).forEach((r) => {
      const row = document.createElement("tr");
      row.dataset.row = r;
      row.tabIndex = -1;
      row.setAttribute("aria-selected", String(r === chosen));
      COLUMNS.forEach((column, number) => {
        const cell = document.createElement(number ? "td" : "th");
        if (!number) cell.scope = "row";
        cell.textContent = column.text(r);
        cell.className = [column.words ? "words" : "", column.tone ? column.tone(r) : ""].join(" ").trim();
        row.append(cell);
      });
      rows.append(row);
    });
    body.append(rows);
    shown = Math.min(shown + STEP, order.length);
    const left = order.length - shown;
    at("more").hidden = left === 0;
    at("more").textContent = `Show ${Math.min(STEP, left)} more of ${left.toLocaleString("en-US")}`;
    if (body.rows.length && !body.querySelector('[tabindex="0"]')) body.rows[0].tabIndex = 0;
  };

  const heads = () => {
    const row = at("trade-table").tHead.rows[0];
    COLUMNS.forEach((column, number) => {
      const head = document.createElement("th"), button = document.createElement("button");
      head.scope = "col";
      head.className = column.words ? "words" : "";
      button.type = "button";
      button.textContent = column.head;
      button.addEventListener("click", () => {
        falling = sorted === number ? !falling : !column.words;
        sorted = number;
        [...row.cells].forEach((cell, other) => {
          cell.removeAttribute("aria-sort");
          cell.firstChild.textContent = COLUMNS[other].head;
        });
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        button.textContent = `${column.head} ${falling ? "▼" : "▲"}`;
        select();
      });
      head.append(button);
      row.append(head);
    });
  };

  const rowOf = (r) => at("trade-table").tBodies[0].querySelector(`tr[data-row="${r}"]`);
  const focusRow = (row) => {
    at("trade-table").tBodies[0].querySelectorAll('[tabindex="0"]').forEach((other) => { other.tabIndex = -1; });
    row.tabIndex = 0;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  const choose = (r, look) => {
    rowOf(chosen)?.setAttribute("aria-selected", "false");
    chosen = r;
    if (!rowOf(r) && order.indexOf(r) < shown + STEP) grow();
    const row = rowOf(r);
    row?.setAttribute("aria-selected", "true");
    if (row) at("list").scrollTop = Math.max(0, row.offsetTop - 120);
    at("trade-view").hidden = false;
    describe(r);
    drawTrade(r);
    if (look) at("trade-view").scrollIntoView({ block: "nearest" });
  };

  const describe = (r) => {
    const pnl = columns.pnl[r], place = order.indexOf(r);
    at("trade-name").textContent = `${word("pair", r)} ${word("side", r)} ${word("kind", r)} #${columns.id[r]}: ${number(pnl, 2, true)} ${data.currency}`;
    const facts = [
      word("strategy", r), word("tag", r) === "(none)" ? "" : `tag ${word("tag", r)}`,
      `${time(columns.opened[r])} to ${closedAt(r) === null ? "the end" : time(closedAt(r))} UTC (${span(held(r))})`,
      closedAt(r) === null ? "left open" : `exit ${word("exit_reason", r)}`,
      columns.r[r] === null ? "" : `${number(columns.r[r], 2, true)} R`,
      `fees ${number(columns.fees[r], 2)}, funding ${number(columns.funding[r], 2, true)}, rollover ${number(columns.rollover[r], 2, true)}, slippage ${number(columns.slippage[r], 2)}`,
      columns.mae[r] === null ? "" : `worst ${number(columns.mae[r], 2, true)}, best ${number(columns.mfe[r], 2, true)} while open`,
    ];
    at("trade-facts").textContent = facts.filter(Boolean).join(" · ");
    at("before").disabled = place <= 0;
    at("after").disabled = place < 0 || place >= order.length - 1;
  };

  /* ---------- one trade ---------- */
  const unpack = (pack) => {
    const scale = 10 ** pack.p, count = pack.v.length / 4;
    const bars = { t: [], o: [], h: [], l: [], c: [], scale: pack.p };
    let before = pack.c, now = pack.t;
    for (let i = 0; i < count; i += 1) {
      const [gap, above, below, body] = pack.v.slice(4 * i, 4 * i + 4);
      const open = before + gap, close = open + body;
      if (i) now += pack.d * (pack.s ? pack.s[i - 1] : 1);
      bars.t.push(now);
      bars.o.push(open / scale);
      bars.c.push(close / scale);
      bars.h.push((Math.max(open, close) + above) / scale);
      bars.l.push((Math.min(open, close) - below) / scale);
      before = close;
    }
    return bars;
  };
  const indexer = (times) => {
    const width = times.length > 1 ? Math.min(...times.slice(1).map((t, i) => t - times[i])) : 60;
    return (seconds) => {
      let low = 0, high = times.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (times[middle] <= seconds) low = middle; else high = middle - 1;
      }
      return low - 0.5 + Math.min(1, Math.max(0, (seconds - times[low]) / width));
    };
  };
  const steps = (changes, until, x) => {
    const line = { x: [], y: [] };
    changes.forEach(([seconds, value]) => { line.x.push(x(seconds)); line.y.push(value); });
    if (changes.length) { line.x.push(x(until)); line.y.push(changes[changes.length - 1][1]); }
    return line;
  };
  const SYMBOLS = { stop: "x", target: "diamond", exit: "square", liquidation: "star" };

  const lineTraces = (r, chart, x, until) => {
    const opened = columns.opened[r], traces = [];
    const add = (name, changes, color, dash, width, group) => {
      if (!changes.length) return;
      const first = !traces.some((trace) => trace.legendgroup === group);
      traces.push(Object.assign({ name, type: "scatter", mode: "lines", legendgroup: group, showlegend: first, line: { color, dash, width, shape: "hv" }, hovertemplate: `${name} %{y}<extra></extra>` }, steps(changes, until, x)));
    };
    const of = (kind) => chart.n.filter((note) => note[1] === kind);
    const stops = of("s").map((note) => [note[0], note[2]]);
    if (columns.stop_price[r] !== null && (!stops.length || stops[0][0] > opened)) stops.unshift([opened, columns.stop_price[r]]);
    add("Stop", stops, css("--stop"), "dash", 1.8, "stop");
    const groups = (kind) => of(kind).reduce((all, note) => { (all[note[3]] ||= []).push([note[0], note[2]]); return all; }, {});
    Object.values(groups("t")).forEach((changes) => add("Target", changes, css("--target"), "dot", 1.5, "target"));
    Object.values(groups("l")).forEach((changes) => add("Level", changes, css("--level"), "dot", 1.2, "level"));
    let quantity = 0, value = 0;
    const average = chart.f.filter((fill) => fill[1] === "entry").map((fill) => { quantity += fill[4]; value += fill[3] * fill[4]; return [fill[0], value / quantity]; });
    if (average.length > 1) add("Average entry", average, css("--accent"), "solid", 1.2, "average");
    return traces;
  };
  const fillTraces = (chart, x) => {
    const groups = {};
    chart.f.forEach((fill) => {
      const [, role, buy] = fill;
      const key = role === "entry" ? `entry ${buy ? "buy" : "sell"}` : role;
      (groups[key] ||= []).push(fill);
    });
    return Object.entries(groups).map(([key, fills]) => {
      const entry = key.startsWith("entry"), role = entry ? "entry" : key, buy = fills[0][2];
      return {
        name: entry ? `Entry (${buy ? "buy" : "sell"})` : key[0].toUpperCase() + key.slice(1), type: "scatter", mode: entry && fills.length > 1 ? "markers+text" : "markers",
        x: fills.map((fill) => x(fill[0])), y: fills.map((fill) => fill[3]),
        text: fills.map((fill) => (fill[5] === null ? "" : String(fill[5]))), textposition: buy ? "bottom center" : "top center", textfont: { size: 11, color: css("--ink") },
        marker: { symbol: entry ? (buy ? "triangle-up" : "triangle-down") : SYMBOLS[role] || "circle", size: entry ? 13 : 11, color: entry ? css("--accent") : role === "target" ? css("--target") : css("--stop"), line: { color: css("--card"), width: 1.5 } },
        customdata: fills.map((fill) => `${time(fill[0])}<br>${fill[2] ? "buy" : "sell"} ${price(fill[4])} at ${price(fill[3])}<br>fee ${number(fill[6], 2)}${fill[7] === null ? "" : fill[7] ? ", maker" : ", taker"}`),
        hovertemplate: `${key}: %{customdata}<extra></extra>`,
      };
    });
  };
  const ticks = (times, from, to) => {
    const first = Math.max(0, Math.ceil(from)), last = Math.min(times.length - 1, Math.floor(to)), most = phone() ? 3 : 7;
    const all = times.slice(first, last + 1).map((_, i) => first + i);
    const dawns = all.filter((i) => i > first && Math.floor(times[i] / 86400) !== Math.floor(times[i - 1] / 86400));
    const places = dawns.length > 2 ? dawns : all, every = Math.max(1, Math.ceil(places.length / most));
    const values = places.filter((_, i) => i % every === 0);
    return { tickvals: values, ticktext: values.map((i) => (places === dawns ? day(times[i]) : `${day(times[i])} ${time(times[i]).slice(11)}`)) };
  };
  const drawTrade = (r) => {
    const chart = data.charts[columns.id[r]];
    at("trade-plot").hidden = !chart;
    at("trade-none").hidden = Boolean(chart);
    at("trade-fills").replaceChildren();
    if (!chart) return;
    const bars = unpack(chart), x = indexer(bars.t), xs = bars.t.map((_, i) => i);
    const until = closedAt(r) === null ? bars.t[bars.t.length - 1] : closedAt(r);
    const candles = {
      type: "candlestick", name: chart.j > 1 ? `Bars (${chart.j} joined)` : "Bars", x: xs, open: bars.o, high: bars.h, low: bars.l, close: bars.c, text: bars.t.map(time), hoverinfo: "text+y",
      increasing: { line: { color: css("--bar-up"), width: 1 }, fillcolor: css("--card") }, decreasing: { line: { color: css("--bar-down"), width: 1 }, fillcolor: css("--bar-down") },
    };
    const range = [-1, bars.t.length];
    const shade = { type: "rect", xref: "x", yref: "paper", x0: x(columns.opened[r]), x1: x(until), y0: 0, y1: 1, fillcolor: css("--accent"), opacity: 0.06, line: { width: 0 }, layer: "below" };
    const settings = layout({
      hovermode: "closest", shapes: [shade],
      xaxis: axis(Object.assign({ range, rangeslider: { visible: false } }, ticks(bars.t, range[0], range[1]))),
      yaxis: axis({ tickformat: `.${bars.scale}~f`, side: "right" }),
      margin: { l: 10, r: phone() ? 54 : 70, t: 8, b: 30 },
    });
    Plotly.react("trade-plot", [candles, ...lineTraces(r, chart, x, until), ...fillTraces(chart, x)], settings, CONFIG).then((plot) => {
      plot.removeAllListeners?.("plotly_relayout");
      plot.on("plotly_relayout", (change) => {
        const from = change["xaxis.range[0]"], auto = change["xaxis.autorange"];
        if (from === undefined && !auto) return;
        const to = auto ? range[1] : change["xaxis.range[1]"], marks = ticks(bars.t, auto ? range[0] : from, to);
        Plotly.relayout(plot, { "xaxis.tickvals": marks.tickvals, "xaxis.ticktext": marks.ticktext });
      });
    });
    at("trade-fills").append(fillTable(chart));
  };
  const fillTable = (chart) => {
    const box = document.createElement("details"), table = document.createElement("table"), summary = document.createElement("summary");
    summary.textContent = `${chart.f.length} fills`;
    const heads = ["Time (UTC)", "Role", "Level", "Side", "Quantity", "Price", `Fee ${data.currency}`, "Liquidity"];
    table.createTHead().insertRow().append(...heads.map((text) => { const head = document.createElement("th"); head.scope = "col"; head.textContent = text; return head; }));
    const body = table.createTBody();
    chart.f.forEach(([seconds, role, buy, at_, quantity, index, fee, maker]) => {
      const row = body.insertRow(), head = document.createElement("th");
      head.scope = "row";
      head.textContent = time(seconds);
      row.append(head);
      [role, index ?? DASH, buy ? "buy" : "sell", price(quantity), price(at_), number(fee, 4), maker === null ? DASH : maker ? "maker" : "taker"].forEach((text) => { row.insertCell().textContent = text; });
    });
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    scroll.append(table);
    box.append(summary, scroll);
    return box;
  };

  /* ---------- hands and keys ---------- */
  const move = (by) => {
    const place = order.indexOf(chosen) + by;
    if (place < 0 || place >= order.length) return;
    choose(order[place]);
  };
  const wire = () => {
    ["find", "outcome", "side", "kind"].forEach((id) => at(id).addEventListener("input", select));
    at("more").addEventListener("click", grow);
    at("before").addEventListener("click", () => move(-1));
    at("after").addEventListener("click", () => move(1));
    const body = at("trade-table").tBodies[0];
    body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row) { focusRow(row); choose(Number(row.dataset.row), true); }
    });
    body.addEventListener("keydown", (event) => {
      const row = event.target.closest("tr");
      if (!row) return;
      if (event.key === "ArrowDown" && !row.nextElementSibling && shown < order.length) grow();
      const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: body.rows[0], End: body.rows[body.rows.length - 1] }[event.key];
      if (next) { event.preventDefault(); focusRow(next); }
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(Number(row.dataset.row), true); }
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { drawCurve(); if (chosen >= 0) drawTrade(chosen); });
  };

  drawCurve();
  heads();
  wire();
  select();
  const largest = columns.id.map((_, r) => r).filter((r) => data.charts[columns.id[r]]).sort((a, b) => Math.abs(columns.pnl[b] || 0) - Math.abs(columns.pnl[a] || 0))[0];
  if (largest !== undefined) choose(largest);
  document.documentElement.dataset.ready = "yes";
})();
