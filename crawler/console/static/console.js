// Everything here only makes shorter what links and forms do without it.
"use strict";

(() => {
  const find = (what, where = document) => where.querySelector(what);
  const all = (what, where = document) => [...where.querySelectorAll(what)];

  // ------------------------------------------------------------ times that go on

  const units = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];
  const spoken = (moment) => {
    const seconds = Math.round((Date.now() - moment) / 1000);
    const size = Math.abs(seconds);
    if (size < 1) return "now";
    const [unit, length] = units.find(([, each]) => size >= each);
    const amount = Math.floor(size / length) + unit;
    return seconds >= 0 ? `${amount} ago` : `in ${amount}`;
  };
  const renew = () => all("time[datetime]").forEach((one) => {
    const told = spoken(Date.parse(one.dateTime));
    if (one.textContent !== told) one.textContent = told;
  });
  setInterval(renew, 5000);

  // ------------------------------------------------------------ keys

  const items = () => all("[data-item]").filter((one) => one.offsetParent !== null);
  const current = () => find("[data-item].at");
  const move = (step) => {
    const list = items();
    if (!list.length) return;
    const at = list.indexOf(current());
    const next = list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + step, 0), list.length - 1)];
    all("[data-item].at").forEach((one) => one.classList.remove("at"));
    next.classList.add("at");
    next.scrollIntoView({ block: "nearest" });
    const link = find("[data-open]", next);
    if (link) link.focus({ preventScroll: true });
  };
  const help = find("#help");
  const search = () => {
    const box = find("[data-search]") || find("#find");
    box.focus();
    box.select();
  };
  let going = false;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && typing) typing.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || typing || (help && help.open)) return;
    if (going) {
      going = false;
      const link = find(`nav a[data-go="${CSS.escape(event.key)}"]`);
      if (link) link.click();
      return;
    }
    const acts = { j: () => move(1), k: () => move(-1), "/": search, "?": () => help.showModal(), g: () => { going = true; setTimeout(() => { going = false; }, 1500); } };
    if (event.key in acts) {
      event.preventDefault();
      acts[event.key]();
    }
  });
  const keys = find("#keys");
  if (keys) {
    keys.hidden = false;
    keys.addEventListener("click", () => help.showModal());
  }
  all("[data-submit]").forEach((one) => one.addEventListener("change", () => one.form.requestSubmit()));

  // ------------------------------------------------------------ cards that come by themselves

  const live = find("[data-live]");
  if (live && window.EventSource) {
    const cards = find("#cards");
    const stream = new EventSource(live.dataset.live);
    let fresh = 0;
    const title = document.title;
    stream.addEventListener("open", () => { live.textContent = "live"; live.classList.add("good"); });
    stream.addEventListener("error", () => { live.textContent = "not connected; tried again"; live.classList.remove("good"); });
    stream.addEventListener("card", (event) => {
      const facts = JSON.parse(event.data);
      const card = find("article", new DOMParser().parseFromString(facts.html, "text/html"));
      const old = document.getElementById(card.id);
      if (old) {
        if (old.classList.contains("at")) card.classList.add("at");
        old.replaceWith(card);
        return;
      }
      const newer = all("article.card", cards).find((one) => one.id < card.id);
      if (facts.known && !newer && cards.childElementCount) return;
      if (!facts.known) card.classList.add("fresh");
      const nothing = find("#nothing");
      if (nothing) nothing.remove();
      cards.insertBefore(card, newer || null);
      if (document.hidden && !facts.known) document.title = `(${++fresh}) ${title}`;
    });
    document.addEventListener("visibilitychange", () => { fresh = 0; document.title = title; });
    window.addEventListener("pagehide", () => stream.close());
  }

  // ------------------------------------------------------------ the workbench

  const form = find("#bench");
  if (form) {
    const text = find("#text");
    const result = find("#result");
    let asking = null;
    const ask = async (check) => {
      if (asking) asking.abort();
      const mine = asking = new AbortController();
      const fields = new URLSearchParams(new FormData(form));
      fields.set("part", "1");
      if (check) fields.set("check", "1");
      if (!check) result.classList.add("busy");
      try {
        const answer = await fetch(form.action, { method: "POST", body: fields, signal: mine.signal });
        if (!answer.ok) throw new Error(`${answer.status}`);
        const html = await answer.text();
        if (check && find(".rows", result) && !html.includes('role="alert"')) return;
        result.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
        copies();
      } catch (error) {
        if (error.name !== "AbortError" && !check) form.submit();
      } finally {
        if (asking === mine) result.classList.remove("busy");
      }
    };
    form.addEventListener("submit", (event) => { event.preventDefault(); ask(false); });
    let later = 0;
    text.addEventListener("input", () => { clearTimeout(later); later = setTimeout(() => ask(true), 400); });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        clearTimeout(later);
        ask(false);
      }
    });
    result.addEventListener("click", (event) => {
      const link = event.target.closest("[data-line]");
      if (!link) return;
      event.preventDefault();
      const before = text.value.split("\n").slice(0, Number(link.dataset.line) - 1);
      const at = before.reduce((sum, line) => sum + line.length + 1, 0) + Number(link.dataset.column) - 1;
      text.focus();
      text.setSelectionRange(at, at + 1);
    });
  }
  const copies = () => all("[data-copy]").forEach((one) => {
    one.hidden = !navigator.clipboard;
    one.onclick = async () => {
      await navigator.clipboard.writeText(document.getElementById(one.dataset.copy).textContent);
      one.textContent = "Copied";
    };
  });
  copies();
})();
