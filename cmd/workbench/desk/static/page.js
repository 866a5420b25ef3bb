// The hands of the workbench's page. It asks for the state each second and
// draws what changed.
"use strict";

const el = (id) => document.getElementById(id);
let hands = null;

function say(text, bad) {
  el("word").textContent = text;
  el("word").classList.toggle("bad", !!bad);
}

async function post(path, body, done) {
  const reply = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  say(reply.ok ? done : (await reply.text()).trim(), !reply.ok);
  refresh();
}

const put = (change, done) => post("/api/hands", { ...hands, ...change }, done);

const pressed = (id) => el(id).getAttribute("aria-pressed") === "true";

document.addEventListener("click", (e) => {
  const b = e.target.closest("button");
  if (!b || !hands) return;
  const d = b.dataset;
  if (d.card) post("/api/scan/card", d.card, "scanned: " + b.textContent);
  else if (d.chip) post("/api/card/lay", { chip: d.chip, after: pressed("after") ? 14 : 0, each: pressed("slow") ? 25 : 0 }, "laid: " + b.textContent);
  else if (b.id === "lift") post("/api/card/lift", {}, "the card was lifted");
  else if (b.id === "after" || b.id === "slow") b.setAttribute("aria-pressed", String(!pressed(b.id)));
  else if (d.slip) post("/api/scan/slip", Number(d.slip), "scanned: the slip");
  else if (d.mode) post("/api/cable", d.mode, "network: " + b.textContent);
  else if (d.paper) put({ paper: d.paper }, "paper: " + b.textContent);
  else if (d.flag) put({ [d.flag]: !hands[d.flag] }, b.textContent + (hands[d.flag] ? ": no" : ": yes"));
  else if (d.unit) put({ [d.unit]: !hands[d.unit] }, d.unit + (hands[d.unit] ? " unplugged" : " plugged in"));
  else if (b.id === "garbage") post("/api/scan/garbage", 6000, "the scanner sent garbage");
  else if (b.id === "end") post("/api/paper-end", 160, "the roll ends in 20 mm");
});

el("own").addEventListener("submit", (e) => {
  e.preventDefault();
  post("/api/scan", e.target.text.value, "scanned: own text");
});

function press(selector, on) {
  for (const b of document.querySelectorAll(selector)) b.setAttribute("aria-pressed", String(on(b.dataset)));
}

const clock = (at) => new Date(at).toLocaleTimeString();

function node(name, attributes, ...children) {
  const svg = ["svg", "g", "rect", "text"].includes(name);
  const n = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) n.setAttribute(k, v);
  n.append(...children);
  return n;
}

// keep redraws a list only when what it shows has changed.
function keep(parent, key, draw) {
  if (parent.dataset.key === key) return;
  parent.dataset.key = key;
  parent.replaceChildren(...draw());
}

function drawScreen(s) {
  if (!s) {
    el("shown").textContent = "not running";
    keep(el("screen"), "", () => []);
    return;
  }
  el("shown").textContent = [s.screen, s.step, s.lang, s.over && "over: " + s.over, s.busy && "busy"].filter(Boolean).join(" · ");
  el("screen").setAttribute("viewBox", `0 0 ${s.width} ${s.height}`);
  keep(el("screen"), JSON.stringify(s), () => (s.targets || []).map((t) => {
    const fits = Math.max(3, Math.floor(t.w / 17));
    const word = t.label || t.id;
    return node("g", { class: t.enabled ? "on" : "off" },
      node("rect", { x: t.x, y: t.y, width: t.w, height: t.h, rx: 18 }),
      node("text", { x: t.x + t.w / 2, y: t.y + t.h / 2 }, word.length > fits ? word.slice(0, fits - 1) + "…" : word));
  }));
}

function draw(s) {
  hands = s.hands;
  press("[data-mode]", (d) => d.mode === s.cable);
  press("[data-paper]", (d) => d.paper === hands.paper);
  press("[data-flag]", (d) => hands[d.flag]);
  press("[data-unit]", (d) => hands[d.unit]);
  for (const b of document.querySelectorAll("[data-unit]")) b.textContent = hands[b.dataset.unit] ? "plugged in" : "unplugged";
  press("[data-chip]", (d) => d.chip === s.laid);
  el("noreader").textContent = s.no_reader || "";
  drawScreen(s.kiosk);
  const slips = s.slips.slice(-8).reverse();
  keep(el("roll"), slips.map((p) => p.at).join(), () => slips.map((p, i) => {
    const name = s.slips.length - 1 - i === s.slips.length - 1 ? "last" : p.id;
    const scan = node("button", { "data-slip": i === 0 ? "0" : String(p.id) }, "Scan");
    const picture = node("img", { src: `/api/slips/${name}.png?${encodeURIComponent(p.at)}`, alt: "printed slip", loading: "lazy" });
    return node("figure", {}, picture, node("figcaption", {}, `${clock(p.at)} · ${Math.round(p.mm)} mm${p.torn ? " · torn off" : ""}`, scan));
  }));
  const heard = s.heard.slice(-5).reverse();
  keep(el("heard"), heard.map((h) => h.n + ":" + h.seconds.toFixed(1)).join(), () => heard.map((h) =>
    node("li", {}, `${clock(h.at)} · ${h.seconds.toFixed(1)} s`,
      node("audio", { controls: "", preload: "none", src: `/api/voice/${h.n}.wav?${h.seconds}` }))));
}

async function refresh() {
  try {
    draw(await (await fetch("/api/state")).json());
  } catch {
    say("the workbench is gone", true);
  }
}

refresh();
setInterval(refresh, 1000);
